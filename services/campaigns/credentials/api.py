"""Endpoint for the response page of responses, on its own origin, to have a request signed.

No staff token: the ticket from the invitation identifies the participant. Only the response page
may read the HTTP response, and it may read nothing else of this service.
"""

from fastapi import APIRouter, FastAPI
from joserfc.jwk import KeySet
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from services.campaigns.credentials.issuer import CredentialIssuer
from services.campaigns.credentials.rules import BlindedRequest
from services.campaigns.invitations.pages import PURPOSE
from services.contracts.http.credentials import CredentialRequest, CredentialSignature
from services.runtime.clock import Clock
from services.runtime.crypto.blind_rsa import RequestDamaged, base64url, from_base64url
from services.runtime.http.bodies import body_limit
from services.runtime.http.member_links import verify_link

PATH = "/credentials"
LARGEST_BODY_BYTES = 4096


def router(clock: Clock, keys: KeySet, issuer: CredentialIssuer) -> APIRouter:
    routes = APIRouter(route_class=body_limit(LARGEST_BODY_BYTES))

    @routes.post(PATH)
    async def issue_credential(body: CredentialRequest) -> CredentialSignature:
        link = verify_link(keys, body.ticket, PURPOSE, clock.now())
        try:
            blinded = from_base64url(body.request)
        except ValueError:
            raise RequestDamaged from None
        request = BlindedRequest(link.subject_id, link.member_id, blinded)
        signature = await issuer.issue(body.project_id, request)
        return CredentialSignature(signature=base64url(signature))

    return routes


class _SinglePathCors:
    """Cross-origin rules for `PATH` alone: the rest of the service is not shared."""

    def __init__(self, app: ASGIApp, origin: str) -> None:
        self._app = app
        self._shared = CORSMiddleware(
            app,
            allow_origins=[origin],
            allow_methods=["POST"],
            allow_headers=["Content-Type"],
            max_age=3600,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        shared = scope["type"] == "http" and scope["path"] == PATH
        await (self._shared if shared else self._app)(scope, receive, send)


def allow_origin(app: FastAPI, origin: str) -> None:
    """Let pages of `origin` (scheme, host and port) post to `PATH` and read the HTTP response."""
    app.add_middleware(_SinglePathCors, origin=origin)
