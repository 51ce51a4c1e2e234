"""Keys of a deployment: separate for each container, replaced atomically; renewed certificates."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from deploy.bootstrap import NoAuthority, bootstrap, main, renew
from deploy.hand_over import hand_over, shares
from deploy.kafka.acls import SERVICES

NOW = datetime(2030, 1, 31, tzinfo=UTC)
DOMAIN = "panel.example.org"


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    bootstrap(tmp_path / "secrets", DOMAIN, NOW)
    return tmp_path / "secrets"


@pytest.fixture
def volumes(tmp_path: Path, secrets: Path) -> Path:
    for share in shares(secrets):
        (tmp_path / "volumes" / share.volume).mkdir(parents=True)
    return tmp_path / "volumes"


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def certificate(file: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(file.read_bytes())


def names(file: Path) -> set[str]:
    alternative_names = certificate(file).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    return set(alternative_names.value.get_values_for_type(x509.DNSName))


def test_each_container_has_its_own_keys_and_no_others(secrets: Path, volumes: Path) -> None:
    owners: dict[str, tuple[int, int]] = {}
    (volumes / "registry" / "of_before").touch()
    hand_over(secrets, volumes, lambda path, user, group: owners.update({path.name: (user, group)}))
    for name in (*SERVICES, "setup", "proxy", "kafka", "postgres", "grafana"):
        assert content(volumes / name) == content(secrets / name), name
    assert owners["registry"] == (10001, 10001)
    assert owners["postgres"] == (999, 999)
    assert set(content(volumes / "doctor")) == {*SERVICES, "authority", "kafka_password"}
    assert set(content(volumes / "backup")) == {*SERVICES, "authority", "recipient"}
    for path in volumes.rglob("*"):
        assert path.is_dir() or path.stat().st_mode & 0o777 == 0o400


def test_a_mail_password_of_the_operators_reaches_registry_and_the_doctor(
    secrets: Path, volumes: Path
) -> None:
    (secrets / "registry" / "smtp_password").write_text("swordfish")
    hand_over(secrets, volumes, lambda *_: None)
    holders = {path.parent.name for path in volumes.rglob("smtp_password")}
    assert holders == {"registry", "doctor"}


def test_renewal_replaces_certificates_and_no_key_that_seals(secrets: Path) -> None:
    contents = {path: path.read_bytes() for path in secrets.rglob("*") if path.is_file()}
    later = NOW + timedelta(days=800)
    assert renew(secrets, DOMAIN, later) == ["postgres", "kafka", "proxy"]
    changed = {path for path, bytes_ in contents.items() if path.read_bytes() != bytes_}
    files = ("postgres/server_crt", "postgres/server_key", "kafka/keystore", "proxy/certificate")
    assert changed == {secrets / name for name in (*files, "proxy/key")}
    for name in ("postgres/server_crt", "kafka/keystore", "proxy/certificate"):
        assert certificate(secrets / name).not_valid_after_utc == later + timedelta(days=825)
        assert (secrets / name).stat().st_mode & 0o077 == 0
    assert names(secrets / "kafka" / "keystore") == {"kafka", "localhost", f"kafka.{DOMAIN}"}


def test_renewal_leaves_another_authoritys_certificate_alone(secrets: Path, tmp_path: Path) -> None:
    bootstrap(tmp_path / "other", DOMAIN, NOW)
    foreign = (tmp_path / "other" / "proxy" / "certificate").read_bytes()
    (secrets / "proxy" / "certificate").write_bytes(foreign)
    assert renew(secrets, DOMAIN, NOW) == ["postgres", "kafka"]
    assert (secrets / "proxy" / "certificate").read_bytes() == foreign


def test_no_certificate_outlives_its_authority(secrets: Path) -> None:
    late = NOW + timedelta(days=3600)
    renew(secrets, DOMAIN, late)
    ends = certificate(secrets / "authority" / "authority").not_valid_after_utc
    assert certificate(secrets / "kafka" / "keystore").not_valid_after_utc == ends
    with pytest.raises(NoAuthority):
        renew(secrets, DOMAIN, NOW + timedelta(days=3651))
    (secrets / "authority" / "key").unlink()
    with pytest.raises(NoAuthority):
        renew(secrets, DOMAIN, NOW)


@pytest.mark.parametrize(
    "domain",
    [
        "https://panel.example.org",
        "panel.example.org:8443",
        "panel.example.org/",
        "Panel.example.org",
        "préfecture.example.org",
        "panel example.org",
        "panel..example.org",
        '"panel.example.org"',
        f"{'a' * 60}.example.org",
        "",
    ],
)
@pytest.mark.parametrize("option", [[], ["--renew"]])
def test_a_wrong_domain_is_a_sentence_before_any_key_is_made(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    domain: str,
    option: list[str],
) -> None:
    """No browser would accept its certificate, and the folder would refuse a second attempt."""
    monkeypatch.setattr("sys.argv", ["bootstrap", str(tmp_path / "new"), domain, *option])
    assert main() == 78
    assert "PANEL_DOMAIN" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("domain", ["panel.test", "panel.gouv.xn--fr-lia", "localhost"])
def test_any_domain_that_browsers_write_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, domain: str
) -> None:
    monkeypatch.setattr("sys.argv", ["bootstrap", str(tmp_path / "new"), domain])
    assert main() == 0
    assert f"members.{domain}" in names(tmp_path / "new" / "proxy" / "certificate")
