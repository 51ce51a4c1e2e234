"""Secrets, certificates and keys of a deployment: made once, readable by their owner only.

Usage: python -m deploy.bootstrap FOLDER DOMAIN [--renew]      (deploy/bootstrap and deploy/renew)

It refuses a folder that is not empty: a key that is lost or replaced cannot be made again, and
everything that it encrypted is lost with it. Each container has a folder of its own and gets
nothing else. `--renew` replaces only certificates, which encrypt nothing.
"""

import base64
import ipaddress
import json
import re
import secrets
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from joserfc.jwk import OKPKey

from deploy.backup import new_identity
from deploy.kafka.acls import PRINCIPALS, PUBLIC, SERVICES, SETUP

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


# Lower case, as browsers compare origins literally. A certificate's common name has at most 64
# characters.
_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?=.{{1,64}}$){_LABEL}(\.{_LABEL})*")


class NotEmpty(Exception):
    """The folder already contains files, perhaps keys."""


class NoAuthority(Exception):
    """The folder has no certificate authority with its key, or it has expired."""


@dataclass(frozen=True)
class Certified:
    """Certificate and private key, as PEM."""

    certificate: str
    key: str


class Authority:
    """Certificate authority of this deployment."""

    def __init__(
        self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey, instant: datetime
    ) -> None:
        self._now = instant
        self._key = key
        self._certificate = certificate

    @classmethod
    def new(cls, instant: datetime) -> Self:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("Citizen panel, own authority")
        certificate = (
            _builder(name, name, key, instant, instant + _AUTHORITY_LIVES)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_others=True), critical=True)
            .sign(key, hashes.SHA256())
        )
        return cls(certificate, key, instant)

    @classmethod
    def load(cls, folder: Path, instant: datetime) -> Self:
        """Load the authority from its folder. Raises NoAuthority."""
        try:
            certificate = x509.load_pem_x509_certificate((folder / "authority").read_bytes())
            key = load_pem_private_key((folder / "key").read_bytes(), None)
        except (OSError, ValueError) as error:
            raise NoAuthority(folder) from error
        if (
            not isinstance(key, ec.EllipticCurvePrivateKey)
            or certificate.not_valid_after_utc < instant
        ):
            raise NoAuthority(folder)
        return cls(certificate, key, instant)

    @property
    def certified(self) -> Certified:
        return _pem(self._certificate, self._key)

    def signed(self, certificate: Path) -> bool:
        """Whether this authority issued the certificate in the file."""
        try:
            leaf = x509.load_pem_x509_certificate(certificate.read_bytes())
            leaf.verify_directly_issued_by(self._certificate)
        except (OSError, ValueError, TypeError, InvalidSignature):
            return False
        return True

    def certify(self, names: Sequence[str]) -> Certified:
        """Issue a server certificate for these names or addresses."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _builder(_name(names[0]), self._certificate.subject, key, self._now, self._ends())
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

    def _ends(self) -> datetime:
        """Expiry of a new certificate: never later than the authority's."""
        return min(self._now + _CERTIFICATES_LIVE, self._certificate.not_valid_after_utc)


def _servers(authority: Authority, domain: str) -> dict[str, dict[str, str]]:
    """Issue every server's certificate: folder → file → PEM."""
    postgres = authority.certify(["postgres", "localhost"])
    # Subscribers connect under a name of the domain.
    kafka = authority.certify(["kafka", "localhost", f"kafka.{domain}"])
    proxy = authority.certify([domain, *(f"{site}.{domain}" for site in SITES.values())])
    return {
        "postgres": {"server_crt": postgres.certificate, "server_key": postgres.key},
        "kafka": {"keystore": kafka.key + kafka.certificate},
        "proxy": {"certificate": proxy.certificate, "key": proxy.key},
    }


def renew(folder: Path, domain: str, instant: datetime) -> list[str]:
    """Renew the certificates that this authority issued and return the names of their servers.

    Raises NoAuthority.
    """
    authority = Authority.load(folder / "authority", instant)
    renewed = []
    for server, texts in _servers(authority, domain).items():
        # The first file is, or ends with, the current certificate.
        if not authority.signed(folder / server / next(iter(texts))):
            continue
        for name, text in texts.items():
            draft = folder / server / f".{name}"
            draft.unlink(missing_ok=True)
            draft.touch(mode=0o600)
            draft.write_text(text)
            draft.replace(folder / server / name)
        renewed.append(server)
    return renewed


def bootstrap(folder: Path, domain: str, instant: datetime) -> None:
    """Make all secrets, certificates and keys of a deployment. Raises NotEmpty."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise NotEmpty(folder)
    authority = Authority.new(instant)
    servers = _servers(authority, domain)
    _write(
        folder / "authority", authority=authority.certified.certificate, key=authority.certified.key
    )
    passwords = {name: _password() for name in PRINCIPALS}
    database = {name: _password() for name in SERVICES}
    migration = {name: _password() for name in SERVICES}

    _write(
        folder / "postgres",
        **servers["postgres"],
        superuser=_password(),
        **database,
        **{f"{name}_migration": migration[name] for name in SERVICES},
    )
    _write(
        folder / "kafka",
        **servers["kafka"],
        **{f"user_{name}": password for name, password in passwords.items()},
    )
    _write(folder / "proxy", **servers["proxy"])

    link, journal = _pair(), _pair()
    public = json.dumps([OKPKey.import_key(json.loads(link)).as_dict(private=False)])
    keys_of_service = {
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
            authority=authority.certified.certificate,
            database_dsn=_dsn(name, name, database[name]),
            kafka_password=passwords[name],
            **keys_of_service[name],
        )
    _write(
        folder / SETUP,
        kafka_password=passwords[SETUP],
        **{name: _dsn(f"{name}_migration", name, migration[name]) for name in SERVICES},
    )
    _write(folder / "grafana", admin_password=_password())
    # The backup container gets no key that decrypts.
    identity, recipient = new_identity()
    _write(folder / "backup", recipient=recipient)
    _write(folder / "restore", identity=identity)
    # For subscribers downstream: a password and the authority.
    _write(
        folder / PUBLIC, authority=authority.certified.certificate, kafka_password=passwords[PUBLIC]
    )


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
    instant: datetime,
    ends: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(instant - timedelta(hours=1))
        .not_valid_after(ends)
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


def _renew(folder: Path, domain: str) -> int:
    try:
        renewed = renew(folder, domain, datetime.now(UTC))
    except NoAuthority:
        print(
            f"{folder}/authority holds no authority that can sign: nothing was changed. Put it back"
            " from your copy of the secrets, with its key.",
            file=sys.stderr,
        )
        return 66
    print(f"New certificates, for {_CERTIFICATES_LIVE.days} days: {', '.join(renewed)}.")
    return 0


def main() -> int:
    arguments = [argument for argument in sys.argv[1:] if argument != "--renew"]
    if len(arguments) != 2:
        print("usage: python -m deploy.bootstrap FOLDER DOMAIN [--renew]", file=sys.stderr)
        return 64
    if not _DOMAIN.fullmatch(arguments[1]):
        print(
            f"PANEL_DOMAIN is “{arguments[1]}”, which is no domain: write it in small letters,"
            " without https://, port or path, such as panel.example.org (accents as xn--…)."
            " Nothing was made.",
            file=sys.stderr,
        )
        return 78
    if "--renew" in sys.argv:
        return _renew(Path(arguments[0]), arguments[1])
    try:
        bootstrap(Path(arguments[0]), arguments[1], datetime.now(UTC))
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
