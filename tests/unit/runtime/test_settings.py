"""What an operator says to a service: by the environment or by files, secrets without a trace."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError
from pydantic_core import PydanticUndefined

from deploy.configuration import MODELS, is_secret, reference
from services.feedback.settings import FeedbackSettings
from services.runtime.settings import Settings

GIVEN: dict[str, Any] = {
    "PANEL_DATABASE_DSN": "postgresql://panel:swordfish@db/panel",
    "PANEL_KAFKA_BOOTSTRAP": "kafka:9092",
    "PANEL_HTTP_PORT": "8000",
    "PANEL_ISSUER": "https://issuer.example",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_a_secret_can_come_from_a_file(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "dsn").write_text("postgresql://panel:opensesame@db/panel\n")
    environment.delenv("PANEL_DATABASE_DSN")
    environment.setenv("PANEL_DATABASE_DSN_FILE", str(tmp_path / "dsn"))
    settings = Settings()
    assert settings.database_dsn.get_secret_value() == "postgresql://panel:opensesame@db/panel"


def test_what_the_environment_says_itself_comes_first(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "issuer").write_text("https://other.example")
    environment.setenv("PANEL_ISSUER_FILE", str(tmp_path / "issuer"))
    assert Settings().issuer == "https://issuer.example"


def test_no_secret_has_a_default_and_none_is_shown() -> None:
    models: list[type[Settings]] = [Settings, *MODELS.values()]
    for model in models:
        for name, field in model.model_fields.items():
            if is_secret(field):
                assert field.default in (PydanticUndefined, None), name
    page = reference()
    assert page.count("**secret**, text") >= 6


@pytest.mark.usefixtures("environment")
def test_a_secret_is_in_no_representation_and_in_no_error() -> None:
    settings = Settings()
    for shown in (repr(settings), str(settings), settings.model_dump_json()):
        assert "swordfish" not in shown
    with pytest.raises(ValidationError) as refused:
        Settings(database_dsn=SecretStr("swordfish"), http_port="swordfish")
    assert "swordfish" not in str(refused.value)


@pytest.mark.usefixtures("environment")
def test_a_user_of_kafka_has_a_password() -> None:
    with pytest.raises(ValidationError, match="go together"):
        Settings(kafka_username="registry")
    kafka = Settings(kafka_username="registry", kafka_password=SecretStr("swordfish")).kafka()
    assert kafka.options()["security_protocol"] == "SASL_SSL"
    assert "swordfish" not in repr(kafka)
    assert "security_protocol" not in Settings().kafka().options()


def test_every_setting_of_every_service_is_in_the_reference_with_its_meaning() -> None:
    page = reference()
    for model in MODELS.values():
        for name, field in model.model_fields.items():
            assert f"`PANEL_{name.upper()}`" in page
            assert field.description, f"{name} of {model.__name__} says nothing of itself"


def test_the_journal_needs_its_key(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PANEL_PUBLIC_URL", "https://account.example")
    with pytest.raises(ValidationError) as refused:
        FeedbackSettings()
    missing = {error["loc"][0] for error in json.loads(refused.value.json())}
    assert "journal_key" in missing


def test_an_empty_variable_says_nothing(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PANEL_KAFKA_USERNAME", "")
    environment.setenv("PANEL_LOG_LEVEL", "")
    assert Settings().kafka_username is None
    assert Settings().log_level == "INFO"


@pytest.mark.usefixtures("environment")
def test_only_addresses_are_trusted_proxies() -> None:
    assert Settings(trusted_proxies="10.0.0.0/8, 192.0.2.1, 2001:db8::/32").trusted_proxies
    for not_one in ("*", "proxy", "10.0.0.0/8,"):
        with pytest.raises(ValidationError, match="trusted_proxies"):
            Settings(trusted_proxies=not_one)
