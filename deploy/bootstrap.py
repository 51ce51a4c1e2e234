"""Secrets, certificates and keys of a deployment: made once, readable by their owner only.

Usage: python -m deploy.bootstrap FOLDER DOMAIN      (deploy/bootstrap calls it in the image)

It refuses a folder that has anything in it: keys that are lost or replaced cannot be had again, and
with them everything that they sealed. One folder for each container, which gets nothing else.
"""

import base64
import ipaddress
import json
import secrets
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from joserfc.jwk import OKPKey

from deploy.acls import PRINCIPALS, PUBLIC, SERVICES, SETUP
from deploy.backup import new_identity

_AES_BYTES = 32
_AUTHORITY_LIVES = timedelta(days=3650)
_CERTIFICATES_LIVE = timedelta(days=825)
# The part of each public name before the domain.
SITES = {
    "registry": "members",
    "campaigns": "projects",
    "responses": "answers",
    "feedback": "account",
}


class NotEmpty(Exception):
    """There are keys in the folder already."""


@dataclass(frozen=True)
class Certified:
    """PEM texts."""

    certificate: str
    key: str


class Authority:
    """A certificate authority of this deployment alone."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Citizen panel, own authority")
        self._certificate = (
            _builder(self._name, self._name, self._key, now, _AUTHORITY_LIVES)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_others=True), critical=True)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def own(self) -> Certified:
        return _pem(self._certificate, self._key)

    def certify(self, names: Sequence[str]) -> Certified:
        """A server's certificate for these names or addresses."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _builder(_name(names[0]), self._name, key, self._now, _CERTIFICATES_LIVE)
            .add_extension(x509.SubjectAlternativeName([_known_as(n) for n in names]), False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_others=False), critical=True)
            # RFC 5280 §4.2.1.1; Python refuses a chain without since 3.13.
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), False
            )
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
            .sign(self._key, hashes.SHA256())
        )
        return _pem(certificate, key)


def bootstrap(folder: Path, domain: str, now: datetime) -> None:
    """Raises NotEmpty."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise NotEmpty(folder)
    authority = Authority(now)
    _write(folder / "authority", authority=authority.own.certificate, key=authority.own.key)
    passwords = {name: _password() for name in PRINCIPALS}
    database = {name: _password() for name in SERVICES}
    migration = {name: _password() for name in SERVICES}

    postgres = authority.certify(["postgres", "localhost"])
    _write(
        folder / "postgres",
        server_crt=postgres.certificate,
        server_key=postgres.key,
        superuser=_password(),
        **database,
        **{f"{name}_migration": migration[name] for name in SERVICES},
    )
    kafka = authority.certify(["kafka", "localhost"])
    _write(
        folder / "kafka",
        keystore=kafka.key + kafka.certificate,
        **{f"user_{name}": password for name, password in passwords.items()},
    )
    sites = [domain, *(f"{site}.{domain}" for site in SITES.values())]
    proxy = authority.certify(sites)
    _write(folder / "proxy", certificate=proxy.certificate, key=proxy.key)

    link, journal = _pair(), _pair()
    public = json.dumps([OKPKey.import_key(json.loads(link)).as_dict(private=False)])
    own = {
        "registry": {
            "contact_keys": _keys(),
            "lookup_key": _key(),
            "link_signing_key": link,
        },
        "campaigns": {"credential_keys": _keys(), "link_public_keys": public},
        "responses": {"answer_keys": _keys()},
        "feedback": {"journal_key": journal},
    }
    for name in SERVICES:
        _write(
            folder / name,
            authority=authority.own.certificate,
            database_dsn=_dsn(name, name, database[name]),
            kafka_password=passwords[name],
            **own[name],
        )
    _write(
        folder / SETUP,
        kafka_password=passwords[SETUP],
        **{name: _dsn(f"{name}_migration", name, migration[name]) for name in SERVICES},
    )
    _write(folder / "grafana", admin_password=_password())
    # Who makes backups cannot open them.
    identity, recipient = new_identity()
    _write(folder / "backup", recipient=recipient)
    _write(folder / "restore", identity=identity)
    # For whoever is downstream: a password and the authority, nothing else.
    _write(folder / PUBLIC, authority=authority.own.certificate, kafka_password=passwords[PUBLIC])


def _write(folder: Path, **texts: str) -> None:
    folder.mkdir(mode=0o700)
    for name, text in texts.items():
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(text)


def _dsn(user: str, database: str, password: str) -> str:
    tls = "sslmode=verify-full&sslrootcert=/keys/authority"
    return f"postgresql://{user}:{password}@postgres:5432/{database}?{tls}"


def _password() -> str:
    return secrets.token_urlsafe(32)


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(_AES_BYTES)).decode()


def _keys() -> str:
    return json.dumps([_key()])


def _pair() -> str:
    key = OKPKey.generate_key(
        "Ed25519", {"use": "sig", "alg": "Ed25519"}, private=True, auto_kid=True
    )
    return json.dumps(key.as_dict(private=True))


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _known_as(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    now: datetime,
    lives: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + lives)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    )


def _usage(*, signs_others: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_others,
        key_cert_sign=signs_others,
        crl_sign=signs_others,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Certified:
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Certified(certificate.public_bytes(Encoding.PEM).decode(), private.decode())


def main() -> int:
    if len(sys.argv) != 3:
        print("usage: python -m deploy.bootstrap FOLDER DOMAIN", file=sys.stderr)
        return 64
    try:
        bootstrap(Path(sys.argv[1]), sys.argv[2], datetime.now(UTC))
    except NotEmpty:
        print(
            "There is something in this folder already: nothing was changed. Keys that are replaced"
            " take with them what they sealed; move the folder away only for a new panel.",
            file=sys.stderr,
        )
        return 73
    print(
        "Secrets, certificates and keys are made. Keep a copy where no backup of data is; then take"
        " restore/identity away from this machine: it opens backups, and nothing else needs it."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
