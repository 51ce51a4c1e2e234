"""A staff token verified part by part, so that the faulty part is named."""

from collections.abc import Iterator, Mapping
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from deploy.doctor.deployment import Deployment
from deploy.doctor.findings import Finding, broken, warn, well
from services.contracts.http.common import Role
from services.runtime.http.issuer_keys import STAFF_ALGORITHMS
from services.runtime.http.staff_tokens import LEEWAY_SECONDS, unverified_claims
from services.runtime.text import Text

_SHORTEST_SECONDS, _LONGEST_SECONDS = 60, 12 * 3600

_NOT_TRIED = Text(
    fr="Personne ne s'est connecté : le jeton de l'émetteur n'a pas été examiné.",
    en="Nobody signed in: the issuer's token was not looked at.",
)
_TRY = Text(
    fr="Lancez le diagnostic avec --sign-in et connectez-vous à l'adresse qu'il donne.",
    en="Run the doctor with --sign-in and sign in at the address that it gives.",
)
_SIGNED = Text(fr="Le jeton est signé par une clé publiée.", en="A published key signed the token.")
_OPAQUE = Text(
    fr="Le jeton d'accès est opaque : les services ne peuvent pas le lire.",
    en="The access token is opaque: services cannot read it.",
)
_JWT = Text(
    fr="Demandez à l'émetteur des jetons d'accès signés (JWT, RFC 9068) pour panel-console.",
    en="Have the issuer give panel-console signed access tokens (JWT, RFC 9068).",
)
_UNSIGNED = Text(
    fr="La signature du jeton n'est d'aucune clé publiée qui convienne.",
    en="No usable published key made the token's signature.",
)
_SIGNING = Text(
    fr="Demandez une signature par l'un de {algorithms}, et la clé à « jwks_uri ».",
    en="Have it signed by one of {algorithms}, with the key at `jwks_uri`.",
)
_ISSUER = Text(fr="Le jeton nomme son émetteur comme prévu.", en="The token names its issuer.")
_OTHER_ISSUER = Text(
    fr="Le jeton nomme un autre émetteur : {value}.", en="The token names another issuer: {value}."
)
_NAME_ISSUER = Text(
    fr="Mettez cette valeur dans PANEL_ISSUER, à la lettre.",
    en="Put that value in PANEL_ISSUER, to the letter.",
)
_AUDIENCE = Text(fr="Le jeton est pour les services.", en="The token is for the services.")
_OTHER_AUDIENCE = Text(
    fr="Le jeton n'est pas pour « {audience} » mais pour : {value}.",
    en="The token is not for `{audience}` but for: {value}.",
)
_MAP_AUDIENCE = Text(
    fr="Chez l'émetteur, ajoutez au client panel-console l'audience « {audience} » (Keycloak :"
    " un « audience mapper »), ou mettez la sienne dans PANEL_AUDIENCE.",
    en="At the issuer, add the audience `{audience}` to the client panel-console (Keycloak: an"
    " audience mapper), or put its own in PANEL_AUDIENCE.",
)
_CLOCK = Text(fr="Les horloges s'accordent.", en="The clocks agree.")
_FUTURE = Text(
    fr="Le jeton vient de {seconds} s dans l'avenir : l'horloge de l'émetteur avance sur celle-ci.",
    en="The token comes from {seconds} s in the future: the issuer's clock is ahead of this one.",
)
_PAST = Text(
    fr="Le jeton, tout juste émis, a expiré depuis {seconds} s.",
    en="The token, just issued, expired {seconds} s ago.",
)
_SET_CLOCKS = Text(
    fr="Réglez les deux horloges par NTP ; {leeway} s d'écart sont admises.",
    en="Set both clocks by NTP; {leeway} s between them are allowed.",
)
_ROLES = Text(fr="Rôles reconnus : {roles}.", en="Roles understood: {roles}.")
_NO_ROLES = Text(
    fr="Aucun rôle reconnu à « {claim} » (le jeton y dit : {value}).",
    en="No role understood at `{claim}` (the token says there: {value}).",
)
_MAP_ROLES = Text(
    fr="Donnez le chemin de la liste dans PANEL_ROLES_CLAIM et les correspondances dans"
    " PANEL_ROLES_MAP, ou des rôles à ce compte.",
    en="Give the list's path in PANEL_ROLES_CLAIM and what its words mean in PANEL_ROLES_MAP, or"
    " give this account roles.",
)
_ROLES_TOGETHER = Text(
    fr="Ce compte a registry et analysis ensemble : les services le refusent.",
    en="This account holds registry and analysis together: services refuse it.",
)
_PART_ROLES = Text(
    fr="Retirez-lui l'un des deux : personne n'a accès aux personnes et à leurs contributions.",
    en="Take one of them away: nobody may see both people and their contributions.",
)
_LIFE = Text(fr="Durée de vie du jeton : {seconds} s.", en="The token lives for {seconds} s.")
_NO_END = Text(fr="Le jeton n'a pas de fin (exp).", en="The token has no end (exp).")
_SHORT = Text(
    fr="Le jeton ne vit que {seconds} s et l'émetteur ne donne pas de quoi le renouveler.",
    en="The token lives only {seconds} s and the issuer gives no refresh token.",
)
_LONG = Text(
    fr="Le jeton vit {seconds} s : un rôle retiré resterait en vigueur aussi longtemps.",
    en="The token lives {seconds} s: a role taken away would stay in force as long.",
)
_SET_LIFE = Text(
    fr="Réglez chez l'émetteur la vie des jetons d'accès entre cinq minutes et une heure.",
    en="At the issuer, set the lifetime of access tokens to between five minutes and an hour.",
)


def not_tried(subject: str) -> Finding:
    return warn("issuer.token", subject, _NOT_TRIED, _TRY)


def judge(deployment: Deployment, keys: KeySet, token: str, renewable: bool) -> Iterator[Finding]:
    """Yield one finding for each verified part; none contains the token itself."""
    subject = deployment.issuer
    try:
        claims = unverified_claims(token)
    except ValueError:
        yield broken("issuer.token", subject, _OPAQUE, _JWT)
        return
    try:
        jws.deserialize_compact(token, keys, algorithms=STAFF_ALGORITHMS)
    except (JoseError, ValueError):
        algorithms = ", ".join(STAFF_ALGORITHMS)
        yield broken("issuer.token", subject, _UNSIGNED, _SIGNING, algorithms=algorithms)
    else:
        yield well("issuer.token", subject, _SIGNED)
    issuer = claims.get("iss")
    if issuer == deployment.issuer:
        yield well("issuer.name", subject, _ISSUER)
    else:
        yield broken("issuer.name", subject, _OTHER_ISSUER, _NAME_ISSUER, value=issuer)
    yield _audience(deployment, claims)
    yield _clock(deployment, claims)
    yield _roles(deployment, claims)
    yield _life(deployment, claims, renewable)


def _audience(deployment: Deployment, claims: Mapping[str, Any]) -> Finding:
    value = claims.get("aud")
    audiences = value if isinstance(value, list) else [value]
    if deployment.audience in audiences:
        return well("issuer.audience", deployment.issuer, _AUDIENCE)
    names = ", ".join(str(audience) for audience in audiences if audience) or "–"
    return broken(
        "issuer.audience",
        deployment.issuer,
        _OTHER_AUDIENCE,
        _MAP_AUDIENCE,
        audience=deployment.audience,
        value=names,
    )


def _clock(deployment: Deployment, claims: Mapping[str, Any]) -> Finding:
    timestamp = deployment.clock().timestamp()
    begins = max(_seconds(claims, "iat", timestamp), _seconds(claims, "nbf", timestamp))
    ends = _seconds(claims, "exp", timestamp)
    sentence, seconds = _CLOCK, 0.0
    if begins > timestamp + LEEWAY_SECONDS:
        sentence, seconds = _FUTURE, begins - timestamp
    elif ends < timestamp - LEEWAY_SECONDS:
        sentence, seconds = _PAST, timestamp - ends
    if sentence is _CLOCK:
        return well("issuer.token_clock", deployment.issuer, sentence)
    return broken(
        "issuer.token_clock",
        deployment.issuer,
        sentence,
        _SET_CLOCKS,
        seconds=round(seconds),
        leeway=LEEWAY_SECONDS,
    )


def _roles(deployment: Deployment, claims: Mapping[str, Any]) -> Finding:
    claim = deployment.role_claim
    roles = claim.roles(claims)
    if {Role.REGISTRY, Role.ANALYSIS} <= roles:
        return broken("issuer.roles", deployment.issuer, _ROLES_TOGETHER, _PART_ROLES)
    if roles:
        names = ", ".join(sorted(roles))
        return well("issuer.roles", deployment.issuer, _ROLES, roles=names)
    value = claim.issuer_names(claims) or "–"
    return broken(
        "issuer.roles", deployment.issuer, _NO_ROLES, _MAP_ROLES, claim=claim.name, value=value
    )


def _life(deployment: Deployment, claims: Mapping[str, Any], renewable: bool) -> Finding:
    if "exp" not in claims:
        return broken("issuer.life", deployment.issuer, _NO_END, _SET_LIFE)
    timestamp = deployment.clock().timestamp()
    seconds = round(_seconds(claims, "exp", timestamp) - _seconds(claims, "iat", timestamp))
    if seconds < _SHORTEST_SECONDS and not renewable:
        return warn("issuer.life", deployment.issuer, _SHORT, _SET_LIFE, seconds=seconds)
    if seconds > _LONGEST_SECONDS:
        return warn("issuer.life", deployment.issuer, _LONG, _SET_LIFE, seconds=seconds)
    return well("issuer.life", deployment.issuer, _LIFE, seconds=seconds)


def _seconds(claims: Mapping[str, Any], name: str, otherwise: float) -> float:
    value = claims.get(name, otherwise)
    return float(value) if isinstance(value, int | float) else otherwise
