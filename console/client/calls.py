"""One HTTP call to a service: its token, its language, and every way that it can fail, as types.

Imports httpx and the contracts, which cost more than Textual itself: load it after the first paint.
"""

from collections.abc import AsyncIterable, Callable, Mapping
from functools import cache
from typing import Any, Protocol, TypeVar, cast

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from console.client.endpoints import Endpoints
from console.client.problems import Refused, SignedOut, Unreachable
from services.contracts.http.common import Problem, Role

T = TypeVar("T")
Content = bytes | AsyncIterable[bytes]

_UNAUTHORIZED = 401
_GATEWAY_ERRORS = {502, 503, 504}
_JSON = {"Content-Type": "application/json"}


class TokenProvider(Protocol):
    """Access tokens for calls: of one person who signed in, or of several on a local panel."""

    def token(self, role: Role) -> str | None:
        """A token for an operation that needs this role; None: nobody is signed in."""


@cache
def _adapter(model: Any) -> TypeAdapter[Any]:
    return TypeAdapter(model)


class Calls:
    """Base of the calls of each service. Raises Refused, Unreachable or SignedOut, and nothing else
    that is expected."""

    def __init__(
        self,
        endpoints: Endpoints,
        http: httpx.AsyncClient,
        tokens: TokenProvider,
        language: Callable[[], str],
    ) -> None:
        self.endpoints = endpoints
        self._http = http
        self._tokens = tokens
        self._language = language

    def _headers(self, role: Role) -> dict[str, str]:
        token = self._tokens.token(role)
        return {"Accept-Language": self._language()} | (
            {"Authorization": f"Bearer {token}"} if token else {}
        )

    async def _get(
        self,
        service: str,
        path: str,
        model: type[T],
        role: Role,
        params: Mapping[str, Any] | None = None,
    ) -> T:
        response = await self._request("GET", service, path, role, params=params)
        return _parsed(service, response, model)

    async def _post(
        self, service: str, path: str, model: type[T], role: Role, body: BaseModel | None = None
    ) -> T:
        response = await self._request("POST", service, path, role, **_json(body))
        return _parsed(service, response, model)

    async def _put(self, service: str, path: str, model: type[T], role: Role, body: BaseModel) -> T:
        response = await self._request("PUT", service, path, role, **_json(body))
        return _parsed(service, response, model)

    async def _upload(
        self,
        service: str,
        path: str,
        model: type[T],
        role: Role,
        content: Content,
        media_type: str | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> T:
        headers = {"Content-Type": media_type} if media_type else {}
        response = await self._request(
            "POST", service, path, role, content=content, headers=headers, params=params
        )
        return _parsed(service, response, model)

    async def _download(
        self, service: str, path: str, role: Role, params: Mapping[str, Any]
    ) -> bytes:
        return (await self._request("GET", service, path, role, params=params)).content

    async def _request(
        self,
        method: str,
        service: str,
        path: str,
        role: Role,
        *,
        headers: Mapping[str, str] | None = None,
        content: Content | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        try:
            response = await self._http.request(
                method,
                f"{self.endpoints.of(service)}/api{path}",
                headers={**self._headers(role), **(headers or {})},
                content=content,
                params=params,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(service) from error
        if not response.is_success:
            raise _problem(service, response)
        return response


def _json(body: BaseModel | None) -> dict[str, Any]:
    return {"content": body.model_dump_json().encode(), "headers": _JSON} if body else {}


def _parsed(service: str, response: httpx.Response, model: type[T]) -> T:
    try:
        parsed: T = _adapter(cast("Any", model)).validate_json(response.content)
    except ValidationError as error:
        raise Unreachable(service) from error
    return parsed


def _problem(service: str, response: httpx.Response) -> Refused | SignedOut | Unreachable:
    if response.status_code == _UNAUTHORIZED:
        return SignedOut()
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError:
        # Not problem details: a proxy between this program and the service responded.
        return Unreachable(service)
    if response.status_code in _GATEWAY_ERRORS:
        return Unreachable(service)
    return Refused(problem.detail, problem.way_out, tuple(problem.errors), problem.status)
