"""Where the answer page of responses, on its own origin, has its request signed.

No staff token: the ticket from the invitation says who asks. Other origins may not read what this
says; the answer page may, and nothing else of this service.
"""

from uuid import UUID

from fastapi import APIRouter, FastAPI
from joserfc.jwk import KeySet
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from services.campaigns.keyring import Keyring
from services.campaigns.pages import PURPOSE
from services.campaigns.store.credentials import SealedKey
from services.campaigns.use_cases import credentials
from services.contracts.http.credentials import CredentialRequest, CredentialSignature
from services.runtime.auth import read_link
from services.runtime.blind_rsa import RequestDamaged, base64url, from_base64url
from services.runtime.clock import Clock
from services.runtime.db import Database
from services.runtime.limits import small_bodies

PATH = "/credentials"
LARGEST_BODY_BYTES = 4096


def router(database: Database, clock: Clock, keys: KeySet, keyring: Keyring) -> APIRouter:
    routes = APIRouter(route_class=small_bodies(LARGEST_BODY_BYTES))

    async def read_key(project_id: UUID) -> SealedKey:
        async with database.reading() as conn:
            return await credentials.read_key(conn, project_id)

    @routes.post(PATH)
    async def issue_credential(asked: CredentialRequest) -> CredentialSignature:
        link = read_link(keys, asked.ticket, PURPOSE, clock.now())
        try:
            request = from_base64url(asked.request)
        except ValueError:
            raise RequestDamaged from None
        # Signed first, so that a damaged request is not recorded as the one; given out last.
        signature = await keyring.sign(asked.project_id, request, read_key)
        async with database.transaction() as conn:
            await credentials.record_request(
                conn, clock, link.subject_id, link.member_id, asked.project_id, request
            )
        return CredentialSignature(signature=base64url(signature))

    return routes


class _OneSharedPath:
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


def share_with(app: FastAPI, origin: str) -> None:
    """Let pages of `origin` (scheme, host and port) post to `PATH` and read what it says."""
    app.add_middleware(_OneSharedPath, origin=origin)
