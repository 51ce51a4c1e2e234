"""The doctor names the part of a staff token that services would refuse."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey
from pydantic import SecretStr

from deploy.doctor.deployment import Deployment
from deploy.doctor.findings import Verdict
from deploy.doctor.token import judge
from services.contracts.http.common import Role
from services.registry.deliveries.smtp import MailServer
from services.runtime.http.staff_tokens import LEEWAY_SECONDS, RoleClaim
from services.runtime.messaging.kafka import KafkaServer

ISSUER = "https://login.example"
KEY = OKPKey.generate_key("Ed25519", {"kid": "k"})
KEYS = KeySet([KEY])
NOW = int(time.time())
WELL = {
    "iss": ISSUER,
    "aud": "panel",
    "sub": "claire",
    "roles": ["campaigns"],
    "iat": NOW,
    "exp": NOW + 900,
}


def deployment(claim: RoleClaim | None = None) -> Deployment:
    return Deployment(
        local=False,
        databases={},
        database_connections=10,
        kafka=KafkaServer("kafka:9093"),
        services={},
        sites=(),
        proxy=None,
        mail=MailServer("smtp.example", 25, 1.0),
        sender="panel@example.org",
        mail_queue_hours=4,
        issuer=ISSUER,
        role_claim=claim or RoleClaim(),
        token=SecretStr("given"),
        clock=lambda: datetime.fromtimestamp(NOW, UTC),
    )


def verdicts(
    claims: dict[str, Any],
    key: OKPKey = KEY,
    renewable: bool = False,
    claim: RoleClaim | None = None,
) -> dict[str, str]:
    """Checks that failed, each with its sentence."""
    present = {name: value for name, value in claims.items() if value is not None}
    token = jwt.encode({"alg": "Ed25519", "kid": "k"}, present, key, algorithms=["Ed25519"])
    findings = list(judge(deployment(claim), KEYS, token, renewable))
    for finding in findings:
        assert token not in finding.message("en") + finding.message("fr")
    return {f.check: f.message("en") for f in findings if f.verdict is not Verdict.WELL}


def test_a_token_as_services_want_it_is_well() -> None:
    assert verdicts(WELL) == {}
    assert verdicts(WELL | {"aud": ["account", "panel"]}) == {}


@pytest.mark.parametrize(
    ("check", "changes", "sentence"),
    [
        ("issuer.name", {"iss": "https://login.example/realms/x"}, "realms/x"),
        ("issuer.audience", {"aud": "account"}, "account"),
        ("issuer.audience", {"aud": None}, "for: –"),
        ("issuer.token_clock", {"iat": NOW + LEEWAY_SECONDS + 15}, "45 s in the future"),
        ("issuer.token_clock", {"exp": NOW - 90, "iat": NOW - 400}, "expired 90 s ago"),
        ("issuer.roles", {"roles": ["panel-officers"]}, "panel-officers"),
        ("issuer.roles", {"roles": None}, "there: –"),
        ("issuer.roles", {"roles": ["registry", "analysis"]}, "together"),
        ("issuer.life", {"exp": NOW + 30}, "30 s"),
        ("issuer.life", {"exp": NOW + 86_400}, "86400 s"),
        ("issuer.life", {"exp": None}, "no end"),
    ],
)
def test_the_part_that_is_wrong_is_named_and_no_other(
    check: str, changes: dict[str, Any], sentence: str
) -> None:
    wrong = verdicts(WELL | changes)
    assert list(wrong) == [check]
    assert sentence in wrong[check]


def test_a_short_life_is_well_where_the_token_can_be_renewed() -> None:
    assert verdicts(WELL | {"exp": NOW + 30}, renewable=True) == {}


def test_roles_are_looked_for_where_the_settings_say() -> None:
    claim = RoleClaim("realm_access.roles", {"officers": [Role.CAMPAIGNS]})
    nested = WELL | {"roles": None, "realm_access": {"roles": ["officers"]}}
    assert verdicts(nested, claim=claim) == {}
    assert "realm_access.roles" in verdicts(WELL, claim=claim)["issuer.roles"]


def test_a_signature_of_an_unpublished_key_and_an_opaque_token_are_named() -> None:
    stranger = OKPKey.generate_key("Ed25519", {"kid": "k"})
    assert list(verdicts(WELL, key=stranger)) == ["issuer.token"]
    (opaque,) = judge(deployment(), KEYS, "an-opaque-token", renewable=False)
    assert "opaque" in opaque.message("en")
