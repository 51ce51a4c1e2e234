"""A project with opened responses, and the officers who read them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from services.contracts.http.common import Role
from services.contracts.http.proposals import ProposalBoard, ProposalView
from services.contracts.http.reading import ContributionPage, ContributionView, NextReading
from tests.support.responses import LAST_DAY, QUESTIONNAIRE, World, facing, project
from tests.support.running import Issuer, signing_in
from tests.support.servers import PostgresServer

NO_SUGGESTION = {"seconds": 10.0, "mark": "no_suggestion"}


@dataclass
class Room:
    world: World
    issuer: Issuer

    async def request(
        self, method: str, path: str, body: Any = None, *, reader: str = "Ada L.", **query: Any
    ) -> httpx.Response:
        """As a reader; `path` is below the project's collection, or absolute."""
        url = path if path.startswith("/") else f"/api/collections/{self.world.project_id}/{path}"
        return await self.world.client.request(
            method,
            url.rstrip("/"),
            json=body,
            params=query,
            headers=self.issuer.headers(Role.ANALYSIS, name=reader),
        )

    async def next(self, reader: str = "Ada L.") -> NextReading:
        response = await self.request("GET", "readings/next", reader=reader)
        assert response.status_code == 200, response.text
        return NextReading.model_validate_json(response.content)

    async def record(self, id: UUID, reader: str = "Ada L.", **reading: Any) -> httpx.Response:
        """Once as much time has passed as the reader says."""
        self.world.later(reading.get("seconds", 10.0))
        return await self.record_at_once(id, reader, **reading)

    async def record_at_once(
        self, id: UUID, reader: str = "Ada L.", **reading: Any
    ) -> httpx.Response:
        body = reading if "mark" in reading or "proposals" in reading else NO_SUGGESTION | reading
        return await self.request(
            "POST", f"/api/contributions/{id}/readings", {"seconds": 10.0} | body, reader=reader
        )

    async def contributions(self, **query: Any) -> list[ContributionView]:
        response = await self.request("GET", "contributions", limit=200, **query)
        assert response.status_code == 200, response.text
        return ContributionPage.model_validate_json(response.content).found

    async def read_all(self, reader: str = "Ada L.", **reading: Any) -> list[UUID]:
        """In this reader's order, until nothing is left for them."""
        read_ids: list[UUID] = []
        while (contribution := (await self.next(reader)).contribution) is not None:
            assert (await self.record(contribution.id, reader, **reading)).status_code == 200
            read_ids.append(contribution.id)
        return read_ids

    async def draft(self, title: str = "Dire la date", **more: Any) -> ProposalView:
        body = {"title": title, "text": f"{title}, en premier.", "theme": None} | more
        response = await self.request("POST", "proposals", body)
        assert response.status_code == 201, response.text
        return ProposalView.model_validate_json(response.content)

    async def board(self) -> ProposalBoard:
        response = await self.request("GET", "proposals")
        assert response.status_code == 200, response.text
        return ProposalBoard.model_validate_json(response.content)

    async def merge(self, proposal: ProposalView, into: ProposalView) -> httpx.Response:
        return await self.request(
            "POST",
            f"/api/proposals/{proposal.id}/merge",
            {"into": str(into.id), "version": proposal.version},
        )

    async def unmerge(self, proposal: ProposalView) -> httpx.Response:
        path = f"/api/proposals/{proposal.id}/unmerge"
        return await self.request("POST", path, {"version": proposal.version})

    async def synthesise(self, listed: Sequence[ProposalView] | None = None) -> httpx.Response:
        if listed is None:
            listed = [
                proposal for proposal in (await self.board()).proposals if proposal.state == "draft"
            ]
        body = [{"id": str(proposal.id), "version": proposal.version} for proposal in listed]
        return await self.request("POST", "synthesis", {"proposals": body})

    async def end(self) -> None:
        """The last day passes: what is sealed is opened, and the collection ends."""
        self.world.on(LAST_DAY)
        await self.world.becomes("collected", 9, issued=50)
        await self.world.open_sealed()


@asynccontextmanager
async def reading_room(
    server: PostgresServer,
    folder: Path,
    answers: int,
    questionnaire: dict[str, Any] = QUESTIONNAIRE,
    ended: bool = True,
) -> AsyncIterator[Room]:
    """With as many answers ("Avis 0", …): opened, as collection has ended, or else still sealed."""
    async with signing_in() as issuer, facing(server, folder, issuer.url) as world:
        await world.follow(project(project_id=world.project_id))
        await world.make_ready(questionnaire)
        await world.becomes("open", 2)
        await world.send_many(answers)
        room = Room(world, issuer)
        if ended:
            await room.end()
            assert await world.count("contribution") == answers
        yield room
