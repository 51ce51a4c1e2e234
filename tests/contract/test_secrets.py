"""A secret has no default, and is in no log, no help and no message of what went wrong."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main
from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from deploy.backup import BackupSettings
from deploy.doctor.deployment import DoctorSettings
from deploy.generate.configuration import MODELS, is_secret
from deploy.generate.describe import SERVICES, build
from panel.main import application, run
from services.runtime.settings import Environment

SENTINEL = "Xq7-never-to-be-seen"
EVERY: list[type[Environment]] = [*MODELS.values(), DoctorSettings, BackupSettings]
SECRET_WORDS = ("key", "password", "secret", "dsn", "identity")
# Named after secrets, and none: a public half, an account's name, a way to a file.
PUBLIC = {"link_public_keys", "document_store_key", "answer_key_days"}
# Each goes wrong at another place: the library's reading, its way to the server, the server.
ADDRESSES = (
    f"mysql://panel:{SENTINEL}@127.0.0.1:1/panel",
    f"postgresql://panel:a:{SENTINEL}@127.0.0.1:1/panel",
    f"postgresql://panel@127.0.0.1:{SENTINEL}/panel",
    f"postgresql://panel:{SENTINEL}@127.0.0.1:1/panel",
    f"postgresql://panel:{SENTINEL}@nowhere.invalid:1/panel",
    f"postgresql://panel@127.0.0.1:1/panel?sslmode={SENTINEL}",
    f"postgresql://panel@127.0.0.1:1/panel?password={SENTINEL}&sslrootcert=/nowhere",
)


def secrets(model: type[Environment]) -> list[str]:
    return [name for name, field in model.model_fields.items() if is_secret(field)]


@pytest.mark.parametrize("model", EVERY)
def test_no_secret_has_a_default(model: type[Environment]) -> None:
    for name in secrets(model):
        assert model.model_fields[name].default in (None, PydanticUndefined), name


@pytest.mark.parametrize("model", EVERY)
def test_whatever_is_named_like_a_secret_is_one(model: type[Environment]) -> None:
    named = {name for name in model.model_fields if any(word in name for word in SECRET_WORDS)}
    assert named - PUBLIC == set(secrets(model)) - PUBLIC


@pytest.mark.parametrize("service", SERVICES)
def test_settings_show_no_secret(service: str) -> None:
    settings = build(service, kafka_username="panel", kafka_password=SENTINEL).settings
    kept = [
        value.get_secret_value()
        for value in vars(settings).values()
        if isinstance(value, SecretStr)
    ]
    assert SENTINEL in kept
    shown = f"{settings} {settings!r} {settings.model_dump()} {settings.model_dump_json()}"
    for secret in kept:
        assert secret not in shown


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_cannot_read_its_secrets_does_not_show_them(service: str) -> None:
    spoilt = {f"PANEL_{name.upper()}": SENTINEL for name in secrets(MODELS[service])}
    said = started(service, spoilt)
    assert "PANEL_DATABASE_DSN: is no postgresql" in said
    assert "Traceback" not in said
    assert SENTINEL not in said


@pytest.mark.parametrize(
    ("command", "address"),
    # Serving reads and reaches it by a pool, which has words of its own.
    [("setup", one) for one in ADDRESSES] + [("serve", one) for one in ADDRESSES[3:6]],
)
def test_a_service_that_cannot_reach_its_database_does_not_show_how(
    command: str, address: str
) -> None:
    environment = good_for("feedback") | {"PANEL_DATABASE_DSN": address}
    said = started("feedback", environment, command)
    assert said
    assert SENTINEL not in said


def test_the_help_of_a_service_shows_nothing_that_is_set() -> None:
    spoilt = {f"PANEL_{name.upper()}": SENTINEL for name in secrets(MODELS["registry"])}
    said = started("registry", spoilt, "--help", ends_well=True)
    assert "usage:" in said
    assert SENTINEL not in said


def test_no_help_shows_what_is_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for model in EVERY:
        for name in secrets(model):
            prefix = model.model_config["env_prefix"]
            monkeypatch.setenv(f"{prefix}{name}".upper(), SENTINEL)
    for words in every_command(typer.main.get_command(application())):
        assert run([*words, "--help"]) == 0
        said = capsys.readouterr()
        assert "Usage:" in said.out
        assert SENTINEL not in said.out + said.err, words


def started(
    service: str, environment: dict[str, str], command: str = "setup", *, ends_well: bool = False
) -> str:
    """What a service's command says until its end."""
    ended = subprocess.run(
        [sys.executable, "-m", "services", service, command],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PATH": os.environ["PATH"], "PANEL_LOG_LEVEL": "DEBUG"} | environment,
    )
    assert (ended.returncode == 0) == ends_well
    return ended.stdout + ended.stderr


def good_for(service: str) -> dict[str, str]:
    """The environment of settings that `deploy.generate.describe` builds from."""
    found: dict[str, str] = {}
    for name, value in vars(build(service).settings).items():
        plain: Any = value.get_secret_value() if isinstance(value, SecretStr) else value
        if isinstance(plain, str | int | float) and not isinstance(plain, bool):
            found[f"PANEL_{name.upper()}"] = str(plain)
    return found


def every_command(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield words
    for name, inner in getattr(command, "commands", {}).items():
        yield from every_command(inner, (*words, name))
