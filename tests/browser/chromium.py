"""A real Chromium, found or installed, and a small site that serves it files on 127.0.0.1."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = (
    "No Chromium was found and none could be installed: install the package `chromium` (Debian), "
    "run `playwright install chromium`, or say where one is with PANEL_CHROMIUM."
)
# As root without a sandbox of its own; silent on the network, where only the tested site answers.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--in-process-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# The policy of the answer page: no inline code, no other origin.
POLICY = "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'"
_TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
_INSTALL_SECONDS = 600


class NoChromium(RuntimeError):
    def __init__(self) -> None:
        super().__init__(MISSING)


def find_or_install() -> str:
    """Path of Chromium. Raises NoChromium."""
    if executable := _find():
        return executable
    commands = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        commands.insert(0, ["apt-get", "install", "-y", "-qq", "chromium"])
        commands.insert(0, ["apt-get", "update", "-qq"])
    for command in commands:
        if executable := _find():
            return executable
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(command, check=False, timeout=_INSTALL_SECONDS, stdout=sys.stderr)
    if executable := _find():
        return executable
    raise NoChromium


def _find() -> str | None:
    if configured := os.environ.get("PANEL_CHROMIUM"):
        return configured
    for name in NAMES:
        if (path := shutil.which(name)) and _starts(path):
            return path
    with sync_playwright() as playwright:
        bundled = playwright.chromium.executable_path
    return bundled if Path(bundled).exists() and _starts(bundled) else None


def _starts(path: str) -> bool:
    """Whether it runs: it is no stub of a package, and its libraries are installed."""
    return subprocess.run([path, "--version"], check=False, capture_output=True).returncode == 0


@contextmanager
def site(files: Mapping[str, Path]) -> Iterator[str]:
    """Serves an empty page at `/` and these files under their URL paths; gives the base URL.

    A path ending in "/" serves a whole folder.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body, kind = self._content(self.path.partition("?")[0])
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Security-Policy", POLICY)
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(body or b"")

        def _content(self, path: str) -> tuple[bytes | None, str]:
            if path == "/":
                return b"<!doctype html><title>test</title>", _TYPES[".html"]
            for prefix, target in files.items():
                file = target / path.removeprefix(prefix) if prefix.endswith("/") else target
                if path.startswith(prefix) and file.is_file():
                    return file.read_bytes(), _TYPES.get(file.suffix, "application/octet-stream")
            return None, "text/plain"

        def log_message(self, format: str, *args: object) -> None:
            """Silent: tests read the browser's console."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
