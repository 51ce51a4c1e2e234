"""Services as supervised child processes."""

import asyncio
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic

import httpx
import structlog

from deploy.local import children
from deploy.local.errors import TRUSTED, LocalError, readable_disk_errors
from services.runtime.text import Text

READY_WITHIN = 60.0
STOP_WITHIN = 10.0
# Seldom enough not to compete with the start that it waits for.
READY_POLL = 0.1
SHORTEST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
# A process that ran this long starts anew with the shortest pause.
HEALTHY_AFTER = 30.0

log = structlog.get_logger()


class ServiceProcess:
    """One service, restarted when it ends by itself.

    Some exits are deliberate: a relay fenced by its successor, a consumer whose watchdog detected a
    stall. A fresh process is the remedy, so every unexpected exit leads to a restart.
    """

    def __init__(
        self, name: str, argv: Sequence[str | Path], env: Mapping[str, str], log_path: Path
    ) -> None:
        """`env` is the whole environment; nothing is inherited behind the caller's back."""
        self.name = name
        self.log_path = log_path
        self.restarts = 0
        self._argv = argv
        self._env = env
        self._child: subprocess.Popen[bytes] | None = None
        self._stopping = False

    @property
    def pid(self) -> int:
        return self._running.pid

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def start(self) -> None:
        """From the event loop's thread, whose end would otherwise be taken for the runner's."""
        with readable_disk_errors(self.log_path.parent):
            self.log_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._child = children.spawn(self._argv, log=self.log_path, env=self._env)

    async def wait_ready(self, url: str, within: float = READY_WITHIN) -> None:
        """Until `url` answers 2xx; a service that dies instead is reported with its last words."""
        deadline = monotonic() + within
        async with httpx.AsyncClient(timeout=2, trust_env=False, verify=TRUSTED) as client:
            while not await _succeeds(client, url):
                if not self.alive:
                    code = self._running.returncode
                    raise LocalError(
                        Text(
                            fr=f"{self.name} s'est arrêté au démarrage ({code}).",
                            en=f"{self.name} ended at start ({code}).",
                        ),
                        self.log_path,
                    )
                if monotonic() > deadline:
                    raise LocalError(
                        Text(
                            fr=f"{self.name} n'était pas prêt en {within:.0f} secondes.",
                            en=f"{self.name} was not ready within {within:.0f} seconds.",
                        ),
                        self.log_path,
                    )
                await asyncio.sleep(READY_POLL)

    async def supervise(self) -> None:
        """Restart after each end until `terminate` or cancellation; run it as a task."""
        pause = SHORTEST_PAUSE
        while not self._stopping:
            started = monotonic()
            await children.ended(self._running)
            if self._stopping:
                return
            code = self._running.returncode
            children.kill_group(self._running)
            if monotonic() - started > HEALTHY_AFTER:
                pause = SHORTEST_PAUSE
            log.warning("service ended", service=self.name, code=code, restart_in=pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            if not self._stopping:
                self.restarts += 1
                self.start()

    async def terminate(self) -> None:
        """Ask it to finish, and end it after ten seconds; harmless when not started."""
        self._stopping = True
        if self._child is not None:
            await children.stop(self._child, signal.SIGTERM, STOP_WITHIN)

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            raise RuntimeError(f"{self.name} has not been started")
        return self._child


async def _succeeds(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).is_success
    except httpx.TransportError:
        return False
