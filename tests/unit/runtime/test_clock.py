"""Time is passed in; in local mode every process sees the same settable time."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from services.runtime.clock import ClockSetting, FixedClock, SharedClock
from services.runtime.settings import Settings

COMMON = {
    "database_dsn": "postgresql://x",
    "kafka_bootstrap": "x:1",
    "http_port": 1,
    "issuer": "https://issuer.example",
}


def test_a_civil_day_depends_on_where_the_member_lives() -> None:
    clock = FixedClock(datetime(2026, 11, 24, 23, 30, tzinfo=UTC))
    assert clock.today("Europe/Paris") == date(2026, 11, 25)
    assert clock.today("America/Guadeloupe") == date(2026, 11, 24)


def test_two_processes_see_a_change_at_once(tmp_path: Path) -> None:
    first, other = SharedClock(tmp_path / "clock.json"), SharedClock(tmp_path / "clock.json")
    start = other.now()
    first.change(lambda setting: ClockSetting(setting.offset + timedelta(days=31)))
    assert other.now() - start >= timedelta(days=31)
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    first.change(lambda setting: ClockSetting(stopped_at=noon))
    assert other.now() == noon == other.now()


def test_time_cannot_be_set_in_production(tmp_path: Path) -> None:
    Settings(**COMMON, mode="local", clock_file=tmp_path / "clock.json")  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="local mode only"):
        Settings(**COMMON, clock_file=tmp_path / "clock.json")  # type: ignore[arg-type]


def test_settings_are_read_when_asked_for_and_secrets_are_never_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in COMMON.items():
        monkeypatch.setenv(f"PANEL_{name.upper()}", str(value))
    monkeypatch.setenv("PANEL_DATABASE_DSN", "postgresql://panel:hunter2@db/registry")
    settings = Settings()
    assert "hunter2" in settings.database_dsn.get_secret_value()
    assert "hunter2" not in repr(settings)
