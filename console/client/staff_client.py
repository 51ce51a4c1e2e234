"""The staff API as typed calls: contract models in, contract models out, problems as types.

The one client of the screens, the commands and the demonstration; they differ in whose tokens its
provider hands out.
"""

from types import TracebackType
from typing import Self

from console.client.analysis import AnalysisCalls
from console.client.calls import TokenProvider
from console.client.campaigns import CampaignsCalls
from console.client.collection import CollectionCalls
from console.client.feedback import FeedbackCalls
from console.client.operations import OperationsCalls
from console.client.registry import RegistryCalls


class StaffClient(
    RegistryCalls, CampaignsCalls, CollectionCalls, AnalysisCalls, FeedbackCalls, OperationsCalls
):
    """Owns its HTTP client: close it, or use it as a context manager."""

    def acting_as(self, tokens: TokenProvider) -> "StaffClient":
        """The same connections with other tokens; only the original is closed."""
        return StaffClient(self.endpoints, self._http, tokens, self._language)

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
