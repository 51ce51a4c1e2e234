"""Calls that every service answers: readiness, hints of change, dead letters, republication."""

from contextlib import AbstractAsyncContextManager

import httpx

from console.client.calls import Calls
from services.contracts.http.common import DeadLetter, Replay, Republished, Role

_ROLE = Role.OPERATIONS
_READINESS_SECONDS = 2.0


class OperationsCalls(Calls):
    async def is_ready(self, service: str) -> bool:
        url = f"{self.endpoints.of(service)}/health/ready"
        try:
            response = await self._http.get(url, timeout=_READINESS_SECONDS)
        except (httpx.HTTPError, httpx.InvalidURL):
            return False
        return response.is_success

    def hints(self, service: str) -> AbstractAsyncContextManager[httpx.Response]:
        """An open response whose lines are read as they come; the caller handles httpx errors."""
        # No read timeout: the caller judges silence by the heartbeats.
        return self._http.stream(
            "GET",
            f"{self.endpoints.of(service)}/api/hints",
            headers=self._headers(Role.CAMPAIGNS) | {"Accept": "text/event-stream"},
            timeout=httpx.Timeout(None, connect=2),
        )

    async def dead_letters(self, service: str) -> list[DeadLetter]:
        return await self._get(service, "/dead-letters", list[DeadLetter], _ROLE)

    async def replay(self, service: str, letter_id: int) -> Replay:
        return await self._post(service, f"/dead-letters/{letter_id}/replay", Replay, _ROLE)

    async def republish(self, service: str) -> Republished:
        return await self._post(service, "/republish", Republished, _ROLE)
