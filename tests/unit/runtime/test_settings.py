"""Settings come from the environment or from files, and secrets leave no trace."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError
from pydantic_core import PydanticUndefined

from deploy.bootstrap import bootstrap
from deploy.generate.configuration import MODELS, is_secret, reference
from services.feedback.settings import FeedbackSettings
from services.runtime.command import main
from services.runtime.settings import Settings, from_environment

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
    for text in (repr(settings), str(settings), settings.model_dump_json()):
        assert "swordfish" not in text
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


SERVICE_ENVIRONMENT = GIVEN | {
    "PANEL_SMTP_HOST": "smtp.example.org",
    "PANEL_SMTP_PORT": "587",
    "PANEL_MAIL_FROM": "panel@example.org",
    "PANEL_REGISTRY_URL": "https://members.example.org",
    "PANEL_CAMPAIGNS_URL": "https://projects.example.org",
    "PANEL_RESPONSES_URL": "https://answers.example.org",
    "PANEL_PUBLIC_URL": "https://account.example.org",
    "PANEL_JOURNAL_ORIGIN": "account.example.org/journal",
}
WRONG = [
    ("registry", "PANEL_ISSUER", "login.example.org", "begins with https://"),
    ("registry", "PANEL_ISSUER", "", "is missing"),
    ("registry", "PANEL_LOG_LEVEL", "LOUD", "'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
    ("registry", "PANEL_KAFKA_BOOTSTRAP", "kafka", "host:port"),
    ("registry", "PANEL_HTTP_PORT", "eighty", "valid integer"),
    ("registry", "PANEL_SMTP_PORT", "0", "greater than or equal to 1"),
    ("registry", "PANEL_KAFKA_CA_FILE", "/nowhere", "No such file"),
    ("registry", "PANEL_LOOKUP_KEY", "swordfish", "base64"),
    ("registry", "PANEL_LINK_SIGNING_KEY", "swordfish", "Ed25519"),
    ("registry", "PANEL_CONTACT_KEYS", "swordfish", "JSON list"),
    ("registry", "PANEL_TRUSTED_PROXIES", "proxy", "IPv4 or IPv6"),
    ("registry", "PANEL_ROLES_MAP", "{", "JSON"),
    ("registry", "PANEL_ROLES_MAP", '{"staff": ["king"]}', "PANEL_ROLES_MAP"),
    ("registry", "PANEL_TRACES_ENDPOINT", "collector", "begins with https://"),
    ("registry", "PANEL_DATABASE_DSN_FILE", "/nowhere", "No such file"),
    ("campaigns", "PANEL_LINK_PUBLIC_KEYS", '[{"kty": "fish"}]', "public keys"),
    ("campaigns", "PANEL_RESPONSES_URL", "answers.example.org", "begins with https://"),
    ("responses", "PANEL_DOCUMENT_STORE_URL", "https://store/bucket", "given together"),
    ("feedback", "PANEL_JOURNAL_KEY", "swordfish", "Ed25519"),
]


@pytest.mark.parametrize(("service", "variable", "value", "expected"), WRONG)
def test_a_wrong_setting_is_a_sentence_that_names_its_variable(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    service: str,
    variable: str,
    value: str,
    expected: str,
) -> None:
    bootstrap(tmp_path / "secrets", "example.org", datetime.now(UTC))
    for name, text in SERVICE_ENVIRONMENT.items():
        monkeypatch.setenv(name, text)
    for file in (tmp_path / "secrets" / service).iterdir():
        monkeypatch.setenv(f"PANEL_{file.name.upper()}_FILE", str(file))
    monkeypatch.delenv("PANEL_KAFKA_PASSWORD_FILE")
    assert from_environment(MODELS[service])
    for name in (variable, f"{variable}_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, value)
    if variable.endswith("_FILE"):
        monkeypatch.delenv(variable.removesuffix("_FILE"), raising=False)
    monkeypatch.setattr("sys.argv", [service, "serve"])
    with pytest.raises(SystemExit) as ended:
        main(service, MODELS[service], lambda _: pytest.fail("it was built"))
    assert ended.value.code == 78
    (sentence,) = capsys.readouterr().err.splitlines()
    assert sentence.startswith("PANEL_")
    assert variable in sentence
    assert expected in sentence
    assert "swordfish" not in sentence
