"""A secret has no default, and appears in no log, help text or error message."""

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
# Names that sound secret and are not: a public key, an account's name, a path.
PUBLIC = {"link_public_keys", "document_store_key", "answer_key_days"}
# Each fails at another stage: parsing by the library, the connection, the server.
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
def test_settings_named_like_a_secret_are_secret(model: type[Environment]) -> None:
    secret_fields = {
        name for name in model.model_fields if any(word in name for word in SECRET_WORDS)
    }
    assert secret_fields - PUBLIC == set(secrets(model)) - PUBLIC


@pytest.mark.parametrize("service", SERVICES)
def test_settings_show_no_secret(service: str) -> None:
    settings = build(service, kafka_username="panel", kafka_password=SENTINEL).settings
    plain_fields = [
        value.get_secret_value()
        for value in vars(settings).values()
        if isinstance(value, SecretStr)
    ]
    assert SENTINEL in plain_fields
    printed = f"{settings} {settings!r} {settings.model_dump()} {settings.model_dump_json()}"
    for secret in plain_fields:
        assert secret not in printed


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_cannot_read_its_secrets_does_not_show_them(service: str) -> None:
    spoilt = {f"PANEL_{name.upper()}": SENTINEL for name in secrets(MODELS[service])}
    output = started(service, spoilt)
    assert "PANEL_DATABASE_DSN: is no postgresql" in output
    assert "Traceback" not in output
    assert SENTINEL not in output


@pytest.mark.parametrize(
    ("command", "address"),
    # `serve` connects with a pool, which has error messages of its own.
    [("setup", address) for address in ADDRESSES]
    + [("serve", address) for address in ADDRESSES[3:6]],
)
def test_a_service_that_cannot_reach_its_database_does_not_show_how(
    command: str, address: str
) -> None:
    environment = good_for("feedback") | {"PANEL_DATABASE_DSN": address}
    output = started("feedback", environment, command)
    assert output
    assert SENTINEL not in output


def test_the_help_of_a_service_shows_no_setting() -> None:
    spoilt = {f"PANEL_{name.upper()}": SENTINEL for name in secrets(MODELS["registry"])}
    output = started("registry", spoilt, "--help", ends_well=True)
    assert "usage:" in output
    assert SENTINEL not in output


def test_no_help_shows_a_setting(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for model in EVERY:
        for name in secrets(model):
            prefix = model.model_config["env_prefix"]
            monkeypatch.setenv(f"{prefix}{name}".upper(), SENTINEL)
    for command in every_command(typer.main.get_command(application())):
        assert run([*command, "--help"]) == 0
        output = capsys.readouterr()
        assert "Usage:" in output.out
        assert SENTINEL not in output.out + output.err, command


def started(
    service: str, environment: dict[str, str], command: str = "setup", *, ends_well: bool = False
) -> str:
    """Output of a service's command until its end."""
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
    """Environment variables of the settings that `deploy.generate.describe` uses."""
    environment: dict[str, str] = {}
    for name, value in vars(build(service).settings).items():
        plain: Any = value.get_secret_value() if isinstance(value, SecretStr) else value
        if isinstance(plain, str | int | float) and not isinstance(plain, bool):
            environment[f"PANEL_{name.upper()}"] = str(plain)
    return environment


def every_command(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, inner in getattr(command, "commands", {}).items():
        yield from every_command(inner, (*path, name))
