"""The OpenID Connect issuer: staff can sign in, and services can verify their tokens."""

import httpx
from joserfc.errors import JoseError

from deploy.doctor.deployment import Deployment
from deploy.doctor.findings import Findings, broken, out_of_reach, well
from deploy.doctor.replicas import date_finding, date_of
from deploy.doctor.token import judge, not_tried
from services.runtime.http.issuer_keys import ForeignIssuer, fetch_keys, tls_context
from services.runtime.http.staff_tokens import LEEWAY_SECONDS
from services.runtime.text import Text

_SECONDS = 5

_ENCRYPTED = Text(fr="L'émetteur répond en https.", en="The issuer answers by https.")
_IN_CLEAR_LOCALLY = Text(
    fr="L'émetteur répond en clair, ce qu'un panel local peut se permettre.",
    en="The issuer answers in clear, which a local panel may.",
)
_IN_CLEAR = Text(
    fr="L'émetteur répond en clair : quiconque est sur le chemin peut signer à sa place.",
    en="The issuer answers in clear: whoever is on the way can sign in its place.",
)
_HTTPS = Text(
    fr="Mettez dans PANEL_ISSUER son adresse en https.", en="Put its https address in PANEL_ISSUER."
)
_KEYS = Text(
    fr="L'émetteur se nomme comme prévu et publie ses clés.",
    en="The issuer goes by the name it should and publishes its keys.",
)
_FOREIGN = Text(
    fr="Qui répond à cette adresse dit être un autre émetteur.",
    en="Who answers at this address says that it is another issuer.",
)
_SAME_NAME = Text(
    fr="Mettez dans PANEL_ISSUER, à la lettre, le champ « issuer » de"
    " {url}/.well-known/openid-configuration.",
    en="Put in PANEL_ISSUER, to the letter, the `issuer` field of"
    " {url}/.well-known/openid-configuration.",
)
_NO_KEYS = Text(
    fr="L'émetteur ne publie pas de clé qui convienne : personne ne peut se connecter.",
    en="The issuer publishes no key that will do: nobody can sign in.",
)
_SIGNING = Text(
    fr="Demandez-lui des jetons signés par RSA, ECDSA ou Ed25519, et ses clés à « jwks_uri ».",
    en="Have it sign tokens by RSA, ECDSA or Ed25519, and publish its keys at `jwks_uri`.",
)
_DEVICE = Text(
    fr="L'émetteur offre la connexion par code (RFC 8628).",
    en="The issuer offers the device grant (RFC 8628).",
)
_NO_DEVICE = Text(
    fr="L'émetteur n'offre pas la connexion par code : la console ne peut pas s'y connecter.",
    en="The issuer does not offer the device grant: the console cannot sign in.",
)
_ALLOW_DEVICE = Text(
    fr="Activez « device authorization grant » (RFC 8628) pour le client panel-console.",
    en="Switch the device authorization grant (RFC 8628) on for the client panel-console.",
)


async def sign_in(deployment: Deployment) -> Findings:
    url = deployment.issuer.rstrip("/")
    if url.startswith("https://"):
        yield well("issuer.https", url, _ENCRYPTED)
    elif deployment.local:
        yield well("issuer.https", url, _IN_CLEAR_LOCALLY)
    else:
        yield broken("issuer.https", url, _IN_CLEAR, _HTTPS)
    try:
        trust = tls_context(deployment.issuer_authority)
        async with httpx.AsyncClient(timeout=_SECONDS, verify=trust) as client:
            asked_at = deployment.clock()
            answer = await client.get(f"{url}/.well-known/openid-configuration")
            answered = deployment.clock()
            answer.raise_for_status()
            metadata = answer.json()
        keys = await fetch_keys(deployment.issuer, deployment.issuer_authority)
    except ForeignIssuer:
        yield broken("issuer.keys", url, _FOREIGN, _SAME_NAME, url=url)
        return
    except (JoseError, KeyError, TypeError, ValueError):
        yield broken("issuer.keys", url, _NO_KEYS, _SIGNING)
        return
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        yield out_of_reach("issuer.keys", url, error)
        return
    yield well("issuer.keys", url, _KEYS)
    if {"device_authorization_endpoint", "token_endpoint"} <= metadata.keys():
        yield well("issuer.device", url, _DEVICE)
    else:
        yield broken("issuer.device", url, _NO_DEVICE, _ALLOW_DEVICE)
    if date := date_of(answer):
        yield date_finding("issuer.clock", url, asked_at, answered, date, LEEWAY_SECONDS)
    if deployment.token is None:
        if not deployment.local:
            yield not_tried(url)
        return
    for finding in judge(
        deployment, keys, deployment.token.get_secret_value(), deployment.renewable
    ):
        yield finding
