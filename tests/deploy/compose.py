"""A stack of containers for one test run, published on the loopback only."""

import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
DOMAIN = "panel.test"
VERSION, LATER_VERSION = "tried", "tried-later"
SERVICES = ("registry", "campaigns", "responses", "feedback")
FILES = ("deploy/compose.yaml", "deploy/compose.demo.yaml")


@dataclass(frozen=True)
class Compose:
    root: Path
    project: str
    port: int
    subscribers_port: int

    @property
    def secrets(self) -> Path:
        return self.root / "deploy" / "secrets"

    @property
    def backups(self) -> Path:
        return self.root / "deploy" / "backups"

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "DOCKER_BUILDKIT": "1",
            "COMPOSE_PROJECT_NAME": self.project,
            "COMPOSE_FILE": ":".join(str(self.root / file) for file in FILES),
        }

    def fill_in(self, version: str) -> None:
        """Fill in the file of variables, as the guide tells the operator."""
        variables = {
            "PANEL_VERSION": version,
            "PANEL_DOMAIN": DOMAIN,
            "PANEL_LISTEN": f"127.0.0.1:{self.port}",
            "PANEL_SUBSCRIBERS_LISTEN": f"127.0.0.1:{self.subscribers_port}",
            "PANEL_SUBSCRIBERS_ADDRESS": f"localhost:{self.subscribers_port}",
        }
        file = self.root / "deploy" / ".env"
        lines = [
            line
            for line in file.read_text().splitlines()
            if line.partition("=")[0] not in variables
        ]
        lines += [f"{name}={value}" for name, value in variables.items()]
        file.write_text("\n".join(lines) + "\n")

    def follow(self, commands: Iterable[str]) -> None:
        """Run commands exactly as written in the guide."""
        for command in commands:
            began = time.monotonic()
            self.run("sh", "-euc", command)
            print(f"\n{time.monotonic() - began:5.0f} s  {command}")

    def run(self, *command: str, check: bool = True, judged: bool = False) -> str:
        """Run a command and return its output. `judged`: it may fail if it prints a result."""
        ended = subprocess.run(
            command,
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        well = ended.returncode == 0 or (judged and ended.stdout)
        assert not check or well, f"{command}\n{ended.stdout}\n{ended.stderr}"
        return ended.stdout

    def __call__(self, *arguments: str, check: bool = True, judged: bool = False) -> str:
        command = ("docker", "compose", "--env-file", "deploy/.env", *arguments)
        return self.run(*command, check=check, judged=judged)

    def containers(self, service: str) -> list[str]:
        return self("ps", "-q", service).split()

    def inspect(self, container: str, field: str) -> str:
        return self.run("docker", "inspect", "-f", field, container).strip()

    def healthy(self, container: str) -> bool:
        return self.inspect(container, "{{.State.Health.Status}}") == "healthy"

    def kill(self, container: str) -> None:
        """Kill by the kernel: the engine would not restart a container after its own `kill`."""
        os.kill(int(self.inspect(container, "{{.State.Pid}}")), signal.SIGKILL)

    def works(self, container: str) -> bool:
        command = ("docker", "exec", container, "python", "-m", "services.runtime.http.healthcheck")
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def tried_out(self, action: str) -> dict[str, Any]:
        """Run the demonstration or the charter check in the container `demo`."""
        output = self(
            "exec", "-T", "demo", "python", "-m", "deploy.demo.try_out", action, judged=True
        )
        answer: dict[str, Any] = json.loads(output.splitlines()[-1])
        return answer

    def doctor(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(
            self("run", "--rm", "-T", "doctor", "--json", "--lang", "en", check=False)
        )
        return answer

    def restore(self, *arguments: str) -> str:
        return self("run", "--rm", "-T", "restore", "--lang", "en", *arguments)

    def sql(self, database: str, statement: str) -> str:
        """Run a statement as the superuser, inside the server's container."""
        inside = f'psql -qtA -U postgres -d {database} -c "{statement}"'
        return self("exec", "-T", "-u", "postgres", "postgres", "sh", "-c", inside).strip()

    @contextmanager
    def browser(self) -> Iterator[httpx.Client]:
        """Client that trusts only this deployment's own authority."""
        trusted = ssl.create_default_context(cafile=self.secrets / "authority" / "authority")
        with httpx.Client(verify=trusted, trust_env=False, timeout=20) as client:
            yield client

    def get(self, client: httpx.Client, site: str, path: str) -> httpx.Response:
        name = f"{site}.{DOMAIN}"
        return client.get(
            f"https://127.0.0.1:{self.port}{path}",
            headers={"Host": name},
            extensions={"sni_hostname": name},
        )


def guide(section: str, block: int = 0) -> list[str]:
    """The commands of a block of the operators' guide, by the title of its section."""
    text = (ROOT / "docs" / "operations.md").read_text()
    _, title, rest = text.partition(f" {section}\n")
    assert title, f"the guide has no section {section}"
    inside = re.split(r"^#{2,} ", rest, maxsplit=1, flags=re.MULTILINE)[0]
    blocks = re.findall(r"^```sh\n(.*?)^```$", inside, re.MULTILINE | re.DOTALL)
    lines = blocks[block].splitlines()
    return [line.partition("  #")[0].strip() for line in lines]


def checkout(folder: Path) -> Path:
    """Copy a clone of this repository, with local changes, into `folder`."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def until(condition: Callable[[], bool], description: str, within: float = 180) -> float:
    """Wait for a condition; returns the seconds that it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < within, f"not within {within:.0f} s: {description}"
        time.sleep(0.1)
    return time.monotonic() - began


def engine_answers() -> bool:
    try:
        command = subprocess.run(["docker", "version"], capture_output=True, check=False)
    except FileNotFoundError:
        return False
    return command.returncode == 0
