"""A project whose collection has ended, and the reports that it owes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.contracts.events.campaigns import OrderKind, OrderState
from services.contracts.events.registry import (
    DeliveryOutcome,
    MemberStatus,
)
from tests.support.campaigns import World, gone

SENT = DeliveryOutcome.SENT


@dataclass
class ReportedProject:
    """A project whose collection has ended, and its participants."""

    world: World
    id: UUID
    people: Sequence[tuple[UUID, UUID]]  # invitation, member

    async def state(self) -> str:
        return str(await self.world.value("SELECT state FROM project WHERE id = $1", self.id))

    async def duties(self, version: int = 1) -> dict[UUID, str]:
        """State of each invitation's duty, with the reason where there is one."""
        rows = await self.world.rows(
            "SELECT invitation_id, concat_ws(' ', state, reason) AS duty FROM report_duty"
            " WHERE project_id = $1 AND report_version = $2",
            self.id,
            version,
        )
        return {row["invitation_id"]: row["duty"] for row in rows}

    async def duty(self, person: int, version: int = 1) -> str:
        return (await self.duties(version))[self.people[person][0]]

    async def order(self, person: int, version: int = 1) -> UUID:
        """The current order of this person's report."""
        order: UUID = await self.world.value(
            "SELECT order_id FROM report_duty WHERE project_id = $1 AND report_version = $2"
            " AND invitation_id = $3",
            self.id,
            version,
            self.people[person][0],
        )
        return order

    async def settle(
        self, person: int, *outcome_and_reason: Any, version: int = 1, report: int = 1
    ) -> None:
        outcome, reason = (*outcome_and_reason, None)[:2]
        order = await self.order(person, report)
        await self.world.deliver(order, outcome, version, reason=reason)

    async def all_sent(self, version: int = 1) -> None:
        for person, (invitation, _) in enumerate(self.people):
            if (await self.duties(version))[invitation] == "owed":
                await self.settle(person, SENT, report=version)

    async def leaves_panel(self, person: int, status: MemberStatus = MemberStatus.LEFT) -> None:
        await self.world.apply_members(gone(self.people[person][1], status, version=5))

    async def reports_ordered(self) -> list[OrderState]:
        return [order for order in await self.world.orders() if order.kind is OrderKind.REPORT]


async def collected(world: World, people: int = 3) -> ReportedProject:
    """A project in which everybody joined and took a credential, after its collection."""
    await world.members(people)
    project, _ = await world.launched(max(people, 1))
    await world.deliver_all()
    reported = ReportedProject(world, project, [])
    for row in await world.invitations(project):
        await world.accept(row["id"], row["member_id"])
        await world.take_credential(project, row["id"], row["member_id"])
        reported.people = [*reported.people, (row["id"], row["member_id"])]
    await world.deliver_all()
    world.advance(days=91)
    await world.sweep()
    await world.sweep()
    assert await reported.state() == "collected"
    return reported


async def reporting(world: World, people: int = 3) -> ReportedProject:
    reported = await collected(world, people)
    await world.synthesised(reported.id)
    await world.report(reported.id)
    assert await reported.state() == "reporting"
    return reported
