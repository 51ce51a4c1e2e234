"""Projects, from the draft to the end of collection.

The version grows under the project's row lock, and each change from publication on is an event, so
that subscribers see the same phases in the same order.
"""

from uuid import UUID, uuid4

from services.campaigns.orders.store import cancel_solicitations
from services.campaigns.projects import store
from services.campaigns.projects.rules import Phase, Project
from services.campaigns.projects.signing_keys import KeyPair
from services.campaigns.projects.views import project_state, project_view
from services.contracts.events.campaigns import ProjectState
from services.contracts.http.campaigns import ChangeDecisionMaker, ProjectSheet, ProjectView
from services.runtime.clock import Clock
from services.runtime.http.staff_tokens import Staff
from services.runtime.messaging import outbox
from services.runtime.postgres.database import Connection
from services.runtime.refusal import require_found
from services.runtime.text import Language


async def list_projects(conn: Connection, language: Language = "fr") -> list[ProjectView]:
    return [project_view(progress, language) for progress in await store.list_progress(conn)]


async def show_project(
    conn: Connection, project_id: UUID, language: Language = "fr"
) -> ProjectView:
    """Raises NotFound."""
    progress = await store.list_progress(conn, project_id)
    return project_view(require_found(next(iter(progress), None), project_id), language)


async def create_project(conn: Connection, clock: Clock, sheet: ProjectSheet) -> UUID:
    """Store a draft; it may be incomplete, and it is not public."""
    project = _draft(sheet)
    await store.insert_project(conn, project, clock.now())
    await outbox.write_hint(conn, clock, "project", project.id, project.version)
    return project.id


async def edit_project(
    conn: Connection, clock: Clock, project_id: UUID, sheet: ProjectSheet
) -> None:
    """Raises NotFound, ProjectRefuses."""
    edited = (await store.lock_project(conn, project_id)).edit(_draft(sheet))
    await store.update_project(conn, edited, clock.now())
    await store.update_places(conn, project_id, sheet.places)
    await outbox.write_hint(conn, clock, "project", project_id, edited.version)


async def publish_project(conn: Connection, clock: Clock, project_id: UUID, key: KeyPair) -> None:
    """Raises NotFound, ProjectRefuses, MandateIncomplete, DatesOutOfOrder, RecruitmentOver."""
    project = await store.lock_project(conn, project_id)
    await save_public_project(conn, clock, project.publish(clock.today(), key.public_jwk))
    await store.insert_project_key(conn, key.private)


async def abandon_project(conn: Connection, clock: Clock, project_id: UUID) -> None:
    """Raises NotFound, ProjectRefuses. A draft was never public: no event."""
    project = await store.lock_project(conn, project_id)
    abandoned = project.abandon()
    if project.state == Phase.DRAFT:
        await store.update_project(conn, abandoned, clock.now())
        await outbox.write_hint(conn, clock, "project", project_id, abandoned.version)
    else:
        await save_public_project(conn, clock, abandoned)


async def change_decision_maker(
    conn: Connection, clock: Clock, staff: Staff, project_id: UUID, change: ChangeDecisionMaker
) -> None:
    """Raises NotFound, ProjectRefuses, SameDecisionMaker."""
    project = await store.lock_project(conn, project_id)
    changed = project.change_decision_maker(
        change.name.strip(), change.role.strip(), change.account
    )
    await store.insert_mandate_change(
        conn, project, changed, change.reason, staff.name, clock.now()
    )
    await save_public_project(conn, clock, changed)


async def end_early(conn: Connection, clock: Clock, project_id: UUID, reason: str) -> None:
    """Make today the last day. Invitations not sent yet could not be accepted in time: cancelled.

    Raises NotFound, ProjectRefuses.
    """
    project = await store.lock_project(conn, project_id)
    await save_public_project(conn, clock, project.end_early(clock.today(), reason.strip()))
    await cancel_solicitations(conn, project_id, clock.now())


async def save_public_project(conn: Connection, clock: Clock, project: Project) -> None:
    """Store a changed public project and publish it, in one commit."""
    await store.update_project(conn, project, clock.now())
    await publish_state(conn, clock, project)


async def publish_state(conn: Connection, clock: Clock, project: Project) -> None:
    """Write project.state of a public project as stored."""
    commitments = await store.list_commitments(conn, [project.id])
    changes = await store.list_mandate_changes(conn, [project.id])
    await outbox.write(
        conn, clock, project_state(project, commitments[project.id], changes[project.id])
    )


async def republish_projects(conn: Connection, clock: Clock) -> int:
    """Write project.state of every public project; returns their number."""
    projects = await store.lock_published_projects(conn)
    ids = [project.id for project in projects]
    commitments = await store.list_commitments(conn, ids)
    changes = await store.list_mandate_changes(conn, ids)
    events: list[ProjectState] = [
        project_state(project, commitments[project.id], changes[project.id]) for project in projects
    ]
    await outbox.write_many(conn, clock, events)
    return len(events)


async def end_due_phases(conn: Connection, clock: Clock) -> int:
    """End recruitment, then collection, of projects whose last day has passed; returns how many.

    Under the allocation's lock, so that no draw invites to a project whose roster is frozen.
    """
    await store.acquire_allocation_lock(conn)
    today = clock.today()
    recruited = await store.list_past_recruitment(conn, today)
    for project_id in recruited:
        project = await store.lock_project(conn, project_id)
        await store.expire_invitations(conn, project_id)
        roster = await store.find_roster(conn, project_id)
        await save_public_project(conn, clock, project.end_recruitment(roster))
        await store.shuffle_people(conn, project_id, today)
    collected = await store.list_past_collection(conn, today)
    for project_id in collected:
        project = await store.lock_project(conn, project_id)
        issued = await store.count_credentials(conn, project_id)
        await save_public_project(conn, clock, project.end_collection(issued))
        await store.shuffle_people(conn, project_id, today)
    return len(recruited) + len(collected)


async def list_due_shuffles(conn: Connection, clock: Clock) -> list[UUID]:
    return await store.list_due_shuffles(conn, clock.today())


async def shuffle_people(conn: Connection, clock: Clock, project_id: UUID) -> None:
    """Put the rows of a project's people in random order.

    Once a day while it recruits or collects, so that a dump made before the end shows the order of
    arrival of one day at most. Raises NotFound.
    """
    await store.lock_project(conn, project_id)
    await store.shuffle_people(conn, project_id, clock.today())


def _draft(sheet: ProjectSheet) -> Project:
    mandate = sheet.mandate
    compensation = mandate.compensation
    return Project(
        id=uuid4(),
        version=1,
        state=Phase.DRAFT,
        title=sheet.title,
        nature=mandate.nature,
        why=mandate.why,
        stakes=mandate.stakes,
        objectives=mandate.objectives,
        purpose=mandate.purpose,
        decision_maker_name=mandate.decision_maker.name,
        decision_maker_role=mandate.decision_maker.role,
        decision_maker_account=mandate.decision_maker.account,
        who=mandate.who,
        how=mandate.how,
        compensation_terms=compensation.terms if compensation else None,
        compensation_reference=compensation.reference if compensation else None,
        recruitment_ends_on=sheet.recruitment_ends_on,
        collection_ends_on=sheet.collection_ends_on,
        places=sheet.places,
        free_places=sheet.places,
        anonymity_floor=sheet.anonymity_floor,
        asked=None,
        joined=None,
        ended_early_reason=None,
        credential_key=None,
        credentials_issued=None,
    )
