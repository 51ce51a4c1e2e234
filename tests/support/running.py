"""Services of a test, running in this process on real servers, with staff who can sign in."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn
from joserfc.jwk import OKPKey
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from deploy.local.issuer import Person, mint
from services.contracts.accounts import account_code
from services.contracts.http.common import Role
from services.runtime.service import Service
from tests.support.servers import eventually


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def subject_of(name: str) -> str:
    return name.split()[0].lower()


class Issuer:
    """Publishes keys as any issuer does; `token` signs in whoever a test needs."""

    def __init__(self, key: OKPKey | None = None) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self.key = key or OKPKey.generate_key("Ed25519")
        # A test may publish anything else, strange keys and nonsense too.
        self.published: Any = [self.key.as_dict(private=False, kid=self.key.thumbprint())]

    def token(
        self,
        *roles: Role,
        now: float | None = None,
        name: str = "Test T.",
        subject: str | None = None,
    ) -> str:
        """The subject is the first word of the name, unless another one is asked for."""
        return mint(self.key, self.url, Person(subject or subject_of(name), name, roles), now)

    def headers(
        self, *roles: Role, name: str = "Test T.", subject: str | None = None
    ) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(*roles, name=name, subject=subject)}"}

    def account(self, name: str) -> str:
        """The code by which a mandate names the person whom `token` signs in under this name."""
        return account_code(self.url, subject_of(name))

    def app(self) -> Starlette:
        async def configuration(_: Any) -> JSONResponse:
            return JSONResponse({"issuer": self.url, "jwks_uri": f"{self.url}/jwks"})

        async def jwks(_: Any) -> JSONResponse:
            return JSONResponse({"keys": self.published})

        return Starlette(
            routes=[Route("/.well-known/openid-configuration", configuration), Route("/jwks", jwks)]
        )


@asynccontextmanager
async def listening(app: Any, url: str) -> AsyncIterator[str]:
    """An ASGI application on a real port."""
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            port=int(url.rpartition(":")[2]),
            lifespan="off",
            log_config=None,
            timeout_graceful_shutdown=1,
        )
    )
    task = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await eventually(started, f"{url} listens")
    try:
        yield url
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def signing_in() -> AsyncIterator[Issuer]:
    issuer = Issuer()
    async with listening(issuer.app(), issuer.url):
        yield issuer


@asynccontextmanager
async def serving(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """The whole service, its HTTP face on its own port; yields a client without credentials."""
    url = f"http://127.0.0.1:{service.settings.http_port}"
    async with (
        service.running(),
        listening(service.api, url),
        httpx.AsyncClient(base_url=url, timeout=10) as client,
    ):
        yield client
