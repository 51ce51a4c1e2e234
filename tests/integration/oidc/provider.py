"""The npm package `oidc-provider`, a certified implementation, as the issuer of a test.

Node comes with playwright's wheel; npm fetches the locked packages once, into the user's cache.
"""

import asyncio
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey
from playwright._impl._driver import compute_driver_executable

HERE = Path(__file__).parent
CACHE = Path.home() / ".cache" / "citizen-panel"
_FETCHED_IN_SECONDS = 90
_FILES = ("package.json", "package-lock.json")


def installed() -> Path:
    """Where the provider is ready to run; fetched when its lock file is new here."""
    content = b"".join((HERE / name).read_bytes() for name in _FILES)
    folder = CACHE / f"oidc-provider-{hashlib.sha256(content).hexdigest()[:16]}"
    if folder.exists():
        return folder
    npm = shutil.which("npm")
    if npm is None:
        why = "npm is needed once, to fetch the OpenID Connect provider that these tests run on"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    making = folder.with_name(f"{folder.name}.{os.getpid()}")
    making.mkdir(parents=True)
    for name in _FILES:
        shutil.copy(HERE / name, making)
    try:
        installation = subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
            cwd=making,
            capture_output=True,
            text=True,
            check=False,
            timeout=_FETCHED_IN_SECONDS,
        )
    except subprocess.TimeoutExpired:
        shutil.rmtree(making)
        pytest.fail(f"npm did not fetch the provider in {_FETCHED_IN_SECONDS} seconds")
    if installation.returncode:
        shutil.rmtree(making)
        pytest.fail(f"npm could not fetch the provider: {installation.stderr}")
    try:
        making.rename(folder)
    except OSError:  # another run was faster
        shutil.rmtree(making)
    return folder


def signing_key(algorithm: str, id: str) -> dict[str, Any]:
    match algorithm:
        case "ES256":
            key: Any = ECKey.generate_key("P-256")
        case "EdDSA" | "Ed25519":
            key = OKPKey.generate_key("Ed25519")
        case _:
            key = RSAKey.generate_key(2048)
    return {**key.as_dict(private=True), "alg": algorithm, "use": "sig", "kid": id}


@dataclass
class Provider:
    """A provider at one address, which can be stopped and started again with other keys."""

    port: int
    directory: Path
    literal: bool = False
    _process: asyncio.subprocess.Process | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self, keys: Sequence[dict[str, Any]]) -> None:
        """`keys[0]` signs; all are published."""
        file = self.directory / f"keys-{self.port}.json"
        file.write_text(json.dumps(list(keys)))
        folder = await asyncio.to_thread(installed)
        node, _ = compute_driver_executable()
        self._process = await asyncio.create_subprocess_exec(
            node,
            HERE / "issuer.mjs",
            str(self.port),
            str(file),
            str(folder / "node_modules"),
            *(["literal"] if self.literal else []),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert self._process.stdout
        line = await asyncio.wait_for(self._process.stdout.readline(), 60)
        assert line == b"listening\n", line

    async def stop(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        self._process = None

    async def token(self, machine: str = "campaigns", resource: str = "urn:panel") -> str:
        """A program's own access token (client credentials)."""
        async with httpx.AsyncClient() as client:
            answer = await client.post(
                f"{self.url}/token",
                auth=(machine, machine),
                data={"grant_type": "client_credentials", "resource": resource},
            )
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    async def published(self) -> list[dict[str, Any]]:
        async with httpx.AsyncClient() as client:
            return list((await client.get(f"{self.url}/jwks")).json()["keys"])


@asynccontextmanager
async def provider(
    port: int, directory: Path, *keys: dict[str, Any], literal: bool = False
) -> AsyncIterator[Provider]:
    running = Provider(port, directory, literal)
    await running.start(keys)
    try:
        yield running
    finally:
        await running.stop()


class _Form(HTMLParser):
    """The first form of a page: its address and its prefilled fields."""

    def __init__(self) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "form" and self.action is None:
            self.action = attributes.get("action") or ""
        field_name = attributes.get("name")
        if tag in ("input", "button") and field_name:
            self.fields[field_name] = attributes.get("value") or ""


async def approve(verification_uri: str, user_code: str, person: str, denied: bool = False) -> str:
    """Act as a person in a browser: type the code, sign in, agree. Return the last page."""
    async with httpx.AsyncClient(follow_redirects=True) as browser:
        page = await browser.get(verification_uri)
        for _ in range(8):
            form = _Form()
            form.feed(page.text)
            if form.action is None:
                return page.text
            known = {"user_code": user_code, "login": person, "password": "any"}
            filled = {**form.fields, **{k: v for k, v in known.items() if k in form.fields}}
            aborts = filled.pop("abort", None) is not None and denied
            if aborts:
                filled["abort"] = "yes"
            page = await browser.post(urljoin(str(page.url), form.action), data=filled)
            if aborts:
                return page.text
    raise AssertionError("signing in has no end")
