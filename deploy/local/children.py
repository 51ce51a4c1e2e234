"""Child processes that never outlive the runner.

Each child leads a session of its own, so Ctrl-C in the terminal reaches only the runner, which
then stops its children in order. On Linux the kernel also signals them when the runner is killed;
elsewhere the next start finds the survivor and stops it.
"""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from pwd import struct_passwd
from signal import Signals
from time import monotonic

import psutil

from deploy.local.errors import LocalError, open_privately
from services.runtime.text import Text

POLL = 0.02
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _die_with(parent: int, death_signal: Signals) -> Callable[[], None] | None:
    libc = _libc
    if libc is None:
        return None

    def in_child() -> None:
        libc.prctl(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:
            os._exit(1)

    return in_child


def spawn(
    argv: Sequence[str | Path],
    *,
    log: Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    user: struct_passwd | None = None,
    death_signal: Signals = signal.SIGKILL,
) -> subprocess.Popen[bytes]:
    """Start a child with its output appended to `log`.

    The kernel sends `death_signal` when the runner dies. Linux ties that to the calling *thread*,
    so call it from the event loop's thread, which lives as long as the runner.
    """
    with open(log, "ab", opener=open_privately) as output:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=env,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
            start_new_session=True,
            # Data and logs of the servers are nobody else's either.
            umask=0o077,
            preexec_fn=_die_with(os.getpid(), death_signal),
        )


async def ended(child: subprocess.Popen[bytes], within: float | None = None) -> bool:
    """Wait for the child's end; False when it is still alive after `within` seconds."""
    deadline = None if within is None else monotonic() + within
    while child.poll() is None:
        if deadline is not None and monotonic() > deadline:
            return False
        await asyncio.sleep(POLL)
    return True


async def run(
    argv: Sequence[str | Path],
    *,
    log: Path,
    purpose: Text,
    cwd: Path | None = None,
    user: struct_passwd | None = None,
) -> None:
    """Run a tool to its end; its failure is one sentence with the end of its log."""
    child = spawn(argv, log=log, cwd=cwd, user=user)
    try:
        await ended(child)
    finally:
        await stop(child, signal.SIGKILL, within=0)
    if child.returncode != 0:
        raise LocalError(
            Text(
                fr=f"Échec (code {child.returncode}) : {purpose.fr}",
                en=f"Failed (exit code {child.returncode}): {purpose.en}",
            ),
            log,
        )


async def stop(child: subprocess.Popen[bytes], polite: Signals, within: float) -> None:
    """Send a signal, wait, then kill the whole group, so that no grandchild survives.

    A child that has ended is left alone: its process id may belong to another process.
    """
    if child.poll() is None:
        child.send_signal(polite)
        await ended(child, within)
        kill_group(child)
        await ended(child)


def kill_group(child: subprocess.Popen[bytes]) -> None:
    """Kill the rest of the child's session, which is usually empty."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


async def stop_survivor(pid: int, marker: Path, polite: Signals, within: float = 20) -> None:
    """End a server that outlived its runner.

    Called only while holding the data directory's lock, so no living runner owns that server.
    `marker`, a path on the server's command line, tells it from a stranger that got the number.
    """
    try:
        survivor = psutil.Process(pid)
        if str(marker) not in " ".join(survivor.cmdline()):
            return
        survivor.send_signal(polite)
        deadline = monotonic() + within
        while survivor.is_running() and survivor.status() != psutil.STATUS_ZOMBIE:
            if monotonic() > deadline:
                survivor.kill()
            await asyncio.sleep(POLL)
    except psutil.NoSuchProcess:
        return
