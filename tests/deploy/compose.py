"""A stack of containers of this test run alone, published on the loopback only."""

import json
import os
import signal
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
DOMAIN = "panel.test"
VERSION = "tried"
SERVICES = ("registry", "campaigns", "responses", "feedback")
FILES = ("-f", "deploy/compose.yaml", "-f", "deploy/compose.demo.yaml")


@dataclass(frozen=True)
class Compose:
    project: str
    secrets: Path
    backups: Path
    port: int
    subscribers_port: int

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "DOCKER_BUILDKIT": "1",
            "COMPOSE_ENV_FILES": str(ROOT / "deploy" / ".env.example"),
            "COMPOSE_PROJECT_NAME": self.project,
            "PANEL_VERSION": VERSION,
            "PANEL_SECRETS": str(self.secrets),
            "PANEL_BACKUPS": str(self.backups),
            "PANEL_DOMAIN": DOMAIN,
            "PANEL_LISTEN": f"127.0.0.1:{self.port}",
            "PANEL_SUBSCRIBERS_LISTEN": f"127.0.0.1:{self.subscribers_port}",
            "PANEL_SUBSCRIBERS_ADDRESS": f"localhost:{self.subscribers_port}",
        }

    def run(self, *command: str, check: bool = True, judged: bool = False) -> str:
        """What a command says. `judged`: it may end badly, as long as it gives its answer."""
        ended = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        well = ended.returncode == 0 or (judged and ended.stdout)
        assert not check or well, f"{command}\n{ended.stdout}\n{ended.stderr}"
        return ended.stdout

    def __call__(self, *arguments: str, check: bool = True, judged: bool = False) -> str:
        asked = ("docker", "compose", "-p", self.project, *FILES, *arguments)
        return self.run(*asked, check=check, judged=judged)

    def containers(self, service: str) -> list[str]:
        return self("ps", "-q", service).split()

    def inspect(self, container: str, what: str) -> str:
        return self.run("docker", "inspect", "-f", what, container).strip()

    def healthy(self, container: str) -> bool:
        return self.inspect(container, "{{.State.Health.Status}}") == "healthy"

    def kill(self, container: str) -> None:
        """As the kernel would: the engine takes its own `kill` for somebody's wish."""
        os.kill(int(self.inspect(container, "{{.State.Pid}}")), signal.SIGKILL)

    def works(self, container: str) -> bool:
        asked = ("docker", "exec", container, "python", "-m", "services.runtime.healthy")
        return subprocess.run(asked, capture_output=True, check=False).returncode == 0

    def tried_out(self, what: str) -> dict[str, Any]:
        """The demonstration, or the judge, in the container that plays everybody else."""
        said = self("exec", "-T", "demo", "python", "-m", "deploy.local.try_out", what, judged=True)
        answer: dict[str, Any] = json.loads(said.splitlines()[-1])
        return answer

    def doctor(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(
            self("run", "--rm", "-T", "doctor", "--json", "--lang", "en", check=False)
        )
        return answer

    def restore(self, *arguments: str) -> str:
        return self("run", "--rm", "-T", "restore", "--lang", "en", *arguments)

    def sql(self, database: str, statement: str) -> str:
        """As the superuser, inside the server's container."""
        inside = f'psql -qtA -U postgres -d {database} -c "{statement}"'
        return self("exec", "-T", "-u", "postgres", "postgres", "sh", "-c", inside).strip()

    @contextmanager
    def browser(self) -> Iterator[httpx.Client]:
        """Trusts this deployment's own authority and nobody else."""
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


def until(condition: Callable[[], bool], what: str, within: float = 180) -> float:
    """Returns how long it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < within, f"not within {within:.0f} s: {what}"
        time.sleep(0.1)
    return time.monotonic() - began


def engine_answers() -> bool:
    try:
        asked = subprocess.run(["docker", "version"], capture_output=True, check=False)
    except FileNotFoundError:
        return False
    return asked.returncode == 0
