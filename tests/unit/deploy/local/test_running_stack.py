"""State that a local stack keeps: ports, addresses and the clock."""

import os
import random
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.demo.demonstration import start_of, wipe
from deploy.local import clock as clocks
from deploy.local import endpoints
from deploy.local.errors import DataDir, LocalError
from deploy.local.ports import Ports
from services.runtime.clock import SharedClock

NOW = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)


def test_ports_are_remembered_because_sent_links_name_them(tmp_path: Path) -> None:
    first = Ports(tmp_path, random.Random(1))
    assert first.take("registry") != first.take("campaigns")
    assert Ports(tmp_path, random.Random(2)).take("registry") == first.take("registry")


def test_a_remembered_port_in_use_is_refused_in_a_sentence(tmp_path: Path) -> None:
    port = Ports(tmp_path, random.Random(3)).take("registry")
    with socket.create_server(("127.0.0.1", port)), pytest.raises(LocalError, match=str(port)):
        Ports(tmp_path).take("registry")


def described(data_dir: Path, pid: int) -> endpoints.Endpoints:
    return endpoints.Endpoints(
        runner_pid=pid,
        data_dir=data_dir,
        services={},
        kafka=endpoints.KafkaEndpoint(bootstrap="127.0.0.1:1", pid=1),
        postgres=endpoints.PostgresEndpoint(pid=1, dsns={}),
        smtp=endpoints.SmtpEndpoint(host="127.0.0.1", port=1),
        issuer=endpoints.IssuerEndpoint(url="http://127.0.0.1:1"),
        mail_journal=data_dir / "mail.jsonl",
        clock_file=data_dir / "clock.json",
        logs=data_dir / "logs",
    )


def test_what_cannot_be_a_directory_is_refused_in_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "panel"
    file.touch()
    for path in (file, file / "below", Path("/proc/panel")):
        with pytest.raises(LocalError, match="is not a directory"):
            DataDir(path).acquire()


def test_a_stack_is_found_by_its_directory_while_it_runs(tmp_path: Path) -> None:
    with pytest.raises(endpoints.StackNotRunning):
        endpoints.read(tmp_path)
    described(tmp_path, os.getpid()).write()
    assert endpoints.read(tmp_path) == described(tmp_path, os.getpid())
    assert (tmp_path / "stack.json").stat().st_mode & 0o077 == 0


def test_what_a_killed_runner_left_behind_is_no_running_stack(tmp_path: Path) -> None:
    beyond_the_largest = 2**22 + 1
    described(tmp_path, beyond_the_largest).write()
    with pytest.raises(endpoints.StackNotRunning):
        endpoints.read(tmp_path)


def test_moving_the_clock_keeps_it_moving_or_stopped(tmp_path: Path) -> None:
    clock = SharedClock(tmp_path / "clock.json")
    clock.change(lambda _: clocks.at(NOW, stopped=True))
    assert clock.now() == NOW
    assert clock.change(clocks.advanced(timedelta(days=31))) == NOW + timedelta(days=31)
    clock.change(clocks.going)
    assert timedelta(0) <= clock.now() - NOW - timedelta(days=31) < timedelta(seconds=5)
    clock.change(clocks.set_to(NOW))
    assert clock.setting().stopped_at is None
    stood = clock.change(clocks.stopped)
    assert clock.now() == stood


@pytest.mark.parametrize("days", range(14))
def test_the_demonstration_starts_on_a_tuesday_when_everybody_can_get_a_message(days: int) -> None:
    from zoneinfo import ZoneInfo

    instant = NOW + timedelta(days=days * 27)
    start = start_of(instant)
    assert start.astimezone(ZoneInfo("Europe/Paris")).weekday() == 1
    assert timedelta(0) - timedelta(days=1) < instant - start < timedelta(days=8)
    for moment in (start, start + timedelta(days=32)):
        for zone in ("Europe/Paris", "America/Martinique", "Indian/Reunion", "America/Cayenne"):
            assert 8 <= moment.astimezone(ZoneInfo(zone)).hour < 19


def test_a_running_demonstration_is_not_wiped(tmp_path: Path) -> None:
    (tmp_path / "mail.jsonl").write_text("kept")
    with DataDir(tmp_path), pytest.raises(LocalError, match="in use"):
        wipe(tmp_path)
    assert (tmp_path / "mail.jsonl").exists()
    wipe(tmp_path)
    assert {entry.name for entry in tmp_path.iterdir()} == {"lock"}
