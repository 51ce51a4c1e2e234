"""Projects, from a draft to the end of collection.

The version grows under the project's row lock, and every change from publication on is an event,
so that others see the same life in the same order.
"""

from uuid import UUID, uuid4

from services.campaigns.credentials.issuer import NewKey
from services.campaigns.credentials.store import insert_project_key
from services.campaigns.members import store as news
from services.campaigns.projects import store
from services.campaigns.projects.events import order_state, project_state
from services.campaigns.projects.rules import Project
from services.contracts.http.campaigns import ChangeDecisionMaker, ProjectSheet
from services.runtime.clock import Clock
from services.runtime.http.staff_tokens import Staff
from services.runtime.messaging import outbox
from services.runtime.postgres.database import Connection


def _project(sheet: ProjectSheet) -> Project:
    mandate = sheet.mandate
    paid = mandate.compensation
    return Project(
        id=uuid4(),
        version=1,
        state="draft",
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
        compensation_terms=paid.terms if paid else None,
        compensation_reference=paid.reference if paid else None,
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


async def create_project(conn: Connection, clock: Clock, sheet: ProjectSheet) -> UUID:
    """A draft may miss anything; nobody outside sees it."""
    project = _project(sheet)
    await store.insert_project(conn, project, clock.now())
    await outbox.write_hint(conn, clock, "project", project.id, project.version)
    return project.id


async def edit_project(
    conn: Connection, clock: Clock, project_id: UUID, sheet: ProjectSheet
) -> None:
    """Raises NotFound, ProjectRefuses."""
    edited = (await store.lock_project(conn, project_id)).edit(_project(sheet))
    await store.save_project(conn, edited, clock.now())
    await store.set_places(conn, project_id, sheet.places)
    await outbox.write_hint(conn, clock, "project", project_id, edited.version)


async def publish_project(conn: Connection, clock: Clock, project_id: UUID, key: NewKey) -> None:
    """Raises NotFound, ProjectRefuses, MandateIncomplete, DatesOutOfOrder, RecruitmentOver."""
    project = await store.lock_project(conn, project_id)
    await save(conn, clock, project.publish(clock.today(), key.public_jwk))
    await insert_project_key(conn, key.private)


async def abandon_project(conn: Connection, clock: Clock, project_id: UUID) -> None:
    """Raises NotFound, ProjectRefuses. A draft was never public: no event."""
    project = await store.lock_project(conn, project_id)
    abandoned = project.abandon()
    if project.state == "draft":
        await store.save_project(conn, abandoned, clock.now())
        await outbox.write_hint(conn, clock, "project", project_id, abandoned.version)
    else:
        await save(conn, clock, abandoned)


async def change_decision_maker(
    conn: Connection, clock: Clock, staff: Staff, project_id: UUID, asked: ChangeDecisionMaker
) -> None:
    """Everybody is told. Raises NotFound, ProjectRefuses, SameDecisionMaker."""
    project = await store.lock_project(conn, project_id)
    changed = project.change_decision_maker(asked.name.strip(), asked.role.strip(), asked.account)
    await store.keep_mandate_change(conn, project, changed, asked.reason, staff.name, clock.now())
    await save(conn, clock, changed)


async def end_early(conn: Connection, clock: Clock, project_id: UUID, reason: str) -> None:
    """Today is the last day, and no further invitation leaves: it could not be accepted in time.

    Raises NotFound, ProjectRefuses.
    """
    project = await store.lock_project(conn, project_id)
    await save(conn, clock, project.end_early(clock.today(), reason.strip()))
    cancelled = await news.cancel_solicitations(conn, project_id)
    await outbox.write_many(conn, clock, [order_state(order) for order in cancelled])


async def save(conn: Connection, clock: Clock, project: Project) -> None:
    """Store a changed public project and tell everybody, in one commit."""
    await store.save_project(conn, project, clock.now())
    await tell(conn, clock, project)


async def tell(conn: Connection, clock: Clock, project: Project) -> None:
    """Everybody, of a public project as it is stored now."""
    launches = await store.launches(conn, project.id)
    changes = await store.mandate_changes(conn, project.id)
    await outbox.write(conn, clock, project_state(project, launches, changes))
