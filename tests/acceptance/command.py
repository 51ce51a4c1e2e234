"""The command `panel`, run in a process of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import psutil

from deploy.local import endpoints

PANEL = [sys.executable, "-c", "from panel.main import main; main()"]
ENVIRONMENT = os.environ | {"CONSOLE": "no"}


def panel(*arguments: str, data_dir: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PANEL, *arguments, "--data-dir", str(data_dir), "--lang", "en"],
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        check=False,
    )


@contextmanager
def started(data_dir: Path, *options: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [*PANEL, "up", *options, "--data-dir", str(data_dir), "--lang", "en"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=ENVIRONMENT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(60)


def wait_until_up(process: "subprocess.Popen[str]", data_dir: Path) -> None:
    deadline = monotonic() + 90
    while not (data_dir / endpoints.FILE).exists():
        assert process.poll() is None, process.communicate()[0]
        assert monotonic() < deadline
        sleep(0.1)


def children_of(process: "subprocess.Popen[str]") -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)
