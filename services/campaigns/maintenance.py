"""What the passing of days does to projects, and what operators ask of the service as a whole."""

from uuid import UUID

from services.campaigns import maintenance_store as upkeep
from services.campaigns.draws import store as draws
from services.campaigns.projects import store as projects
from services.campaigns.projects import store_shuffles as shuffles
from services.campaigns.projects.events import project_state
from services.campaigns.projects.use_cases import save
from services.contracts.events.campaigns import ErasureApplied, OrderState, ProjectState
from services.contracts.topics import topic_of
from services.runtime.clock import Clock
from services.runtime.messaging import outbox
from services.runtime.observability.metrics import Sample
from services.runtime.postgres.database import Connection


async def sweep(conn: Connection, clock: Clock) -> int:
    """End recruitment, then collection, of the projects whose day has passed; returns how many.

    Under the lock of the draws, so that none invites to a project whose roster is frozen.
    """
    await draws.allocation_lock(conn)
    today = clock.today()
    ended = await projects.over_recruitment(conn, today)
    for project_id in ended:
        project = await projects.lock_project(conn, project_id)
        await projects.expire_invitations(conn, project_id)
        roster = await projects.roster(conn, project_id)
        await save(conn, clock, project.end_recruitment(roster))
        await shuffles.shuffle(conn, project_id, today)
    collected = await projects.over_collection(conn, today)
    for project_id in collected:
        project = await projects.lock_project(conn, project_id)
        issued = await projects.credentials_issued(conn, project_id)
        await save(conn, clock, project.end_collection(issued))
        await shuffles.shuffle(conn, project_id, today)
    return len(ended) + len(collected)


async def due_shuffles(conn: Connection, clock: Clock) -> list[UUID]:
    return await shuffles.due_shuffles(conn, clock.today())


async def shuffle(conn: Connection, clock: Clock, project_id: UUID) -> None:
    """Put the rows of a project's people in random order, once a day while it recruits or collects:
    a dump from before its end shows the order of one day at most. Raises NotFound."""
    await projects.lock_project(conn, project_id)
    await shuffles.shuffle(conn, project_id, clock.today())


async def republish(conn: Connection, clock: Clock) -> dict[str, int]:
    """Every public project and every order that waits for an answer, as they stand; and whom this
    service has forgotten, for a registry that has to forget them again."""
    known = await projects.published_projects(conn)
    launches = await projects.all_launches(conn)
    changes = await projects.all_mandate_changes(conn)
    await outbox.write_many(
        conn,
        clock,
        [project_state(p, launches.get(p.id, []), changes.get(p.id, [])) for p in known],
    )
    orders = await upkeep.send_unanswered_again(conn, topic_of(OrderState).name, clock.now())
    erased = await upkeep.erased(conn, clock.today())
    await outbox.write_many(
        conn,
        clock,
        [
            ErasureApplied(member_id=one.member_id, version=one.version, applied_on=one.gone_on)
            for one in erased
        ],
    )
    return {
        ProjectState.event_type: len(known),
        OrderState.event_type: orders,
        ErasureApplied.event_type: len(erased),
    }


async def measure(conn: Connection, clock: Clock) -> list[Sample]:
    samples = [
        Sample(
            "orders_unanswered",
            "orders whose window is over without an answer",
            await upkeep.unanswered_orders(conn, clock.today()),
        ),
        Sample(
            "reports_owed",
            "participants whose report is still to be sent",
            await upkeep.reports_owed(conn, clock.today()),
        ),
    ]
    for state, number in (await upkeep.ledger_states(conn)).items():
        samples.append(Sample("ledger_entries", "contact ledger", number, {"state": state}))
    for state, number in (await upkeep.invitation_states(conn)).items():
        samples.append(Sample("invitations", "invitations", number, {"state": state}))
    for kind, number in (await upkeep.incident_kinds(conn)).items():
        samples.append(Sample("incidents", "contradictions kept", number, {"kind": kind}))
    return samples
