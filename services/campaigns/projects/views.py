"""What the screens show: read from the rows themselves, so that no number can be behind."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from services.campaigns import maintenance_store as upkeep
from services.campaigns.projects import store_views as store
from services.contracts.events.campaigns import ProjectPhase
from services.contracts.http.campaigns import (
    CampaignView,
    CompensationSheet,
    Contacts,
    DecisionMakerSheet,
    DutyCounts,
    FreeFrom,
    MandateSheet,
    OptIn,
    OptIns,
    ProjectCounts,
    ProjectView,
    Today,
)
from services.runtime.clock import Clock
from services.runtime.postgres.database import Connection
from services.runtime.refusal import NotFound
from services.runtime.text import Language, Text

_HEATMAP_DAYS = 56


async def list_projects(conn: Connection, language: Language = "fr") -> list[ProjectView]:
    return [_project_view(shown, language) for shown in await store.project_views(conn)]


async def show_project(
    conn: Connection, project_id: UUID, language: Language = "fr"
) -> ProjectView:
    """Raises NotFound."""
    shown = await store.project_views(conn, project_id)
    if not shown:
        raise NotFound(what=project_id)
    return _project_view(shown[0], language)


async def list_campaigns(conn: Connection, project_id: UUID) -> list[CampaignView]:
    """Raises NotFound."""
    await show_project(conn, project_id)
    return [CampaignView(**row) for row in await store.campaigns_of(conn, project_id)]


async def show_campaigns(conn: Connection, campaign_ids: list[UUID]) -> list[CampaignView]:
    return [CampaignView(**row) for row in await store.campaigns_among(conn, campaign_ids)]


async def show_opt_ins(conn: Connection, clock: Clock, project_id: UUID) -> OptIns:
    """Raises NotFound."""
    await show_project(conn, project_id)
    answers = await store.newest_answers(conn, project_id)
    return OptIns(
        answers=[OptIn(**row) for row in answers],
        per_day=_last_24(await store.accepted_per_day(conn, clock.today(), project_id)),
    )


async def show_contacts(conn: Connection, clock: Clock) -> Contacts:
    today = clock.today()
    free = await store.free_from(conn, today)
    days = [today + timedelta(days=n) for n in range(1, _HEATMAP_DAYS + 1)]
    return Contacts(
        today=today,
        members=sum(free.values()),
        can_be_asked_today=free.get(today, 0),
        freed=[FreeFrom(day=day, members=free.get(day, 0)) for day in days],
        ledger=await upkeep.ledger_states(conn),
    )


async def show_today(conn: Connection, clock: Clock) -> Today:
    today = clock.today()
    numbers = await store.today(conn, today)
    free = await store.free_from(conn, today)
    return Today(
        today=today,
        asked=numbers.asked,
        opted_in=numbers.opted_in,
        declined=numbers.declined,
        left_panel=numbers.left_panel,
        opted_in_per_day=_last_24(await store.accepted_per_day(conn, today, None)),
        can_be_asked_today=free.get(today, 0),
        solicited_twice=numbers.solicited_twice,
        members=numbers.members,
        orders_unanswered=numbers.orders_unanswered,
    )


def _last_24(by_days_ago: dict[int, int]) -> list[int]:
    return [by_days_ago.get(days, 0) for days in range(23, -1, -1)]


def _project_view(shown: store.ShownProject, language: Language) -> ProjectView:
    project = shown.project
    blocked = _blocked_by(shown)
    return ProjectView(
        id=project.id,
        version=project.version,
        state=ProjectPhase(project.state),
        title=project.title,
        mandate=MandateSheet(**_mandate(shown)),
        missing=project.missing,
        recruitment_ends_on=project.recruitment_ends_on,
        collection_ends_on=project.collection_ends_on,
        places=project.places,
        anonymity_floor=project.anonymity_floor,
        collection=shown.collection,
        counts=ProjectCounts(**shown.counts),
        report_duties=DutyCounts(report_version=project.report_version, **(shown.duties or {}))
        if project.report_version
        else None,
        blocked_by=list(blocked),
        blocked_in_words=[text.in_(language) for text in blocked.values()],
    )


def _blocked_by(shown: store.ShownProject) -> dict[str, Text]:
    """What keeps the project from its next step: codes and sentences."""
    project, owed = shown.project, (shown.duties or {}).get("owed", 0)
    newer = (shown.report_held or 0) > (project.report_version or 0)
    found: dict[str, Text] = {}
    if project.state == "draft" and project.missing:
        found["mandate_incomplete"] = Text(
            fr="Le mandat est incomplet.", en="The mandate is incomplete."
        )
    if project.state == "published" and shown.collection != "ready":
        found["collection_not_ready"] = Text(
            fr="Le recueil n'est pas prêt.", en="The collection is not ready."
        )
    if project.state == "collected" and not newer:
        found["report_awaited"] = Text(
            fr="Le retour n'est pas encore publié.", en="The report is not published yet."
        )
    if newer:
        found["synthesis_awaited"] = Text(
            fr="Un retour est publié ; la synthèse à laquelle il répond n'est pas encore connue.",
            en="A report is published; the synthesis that it answers is not known yet.",
        )
    if project.state == "reporting" and owed:
        found["reports_owed"] = (
            Text(fr="1 retour reste à envoyer.", en="1 report still to send.")
            if owed == 1
            else Text(fr=f"{owed} retours restent à envoyer.", en=f"{owed} reports still to send.")
        )
    return found


def _mandate(shown: store.ShownProject) -> dict[str, Any]:
    project = shown.project
    return {
        "nature": project.nature,
        "why": project.why,
        "stakes": project.stakes,
        "objectives": project.objectives,
        "purpose": project.purpose,
        "decision_maker": DecisionMakerSheet(
            name=project.decision_maker_name,
            role=project.decision_maker_role,
            account=project.decision_maker_account,
        ),
        "who": project.who,
        "how": project.how,
        "compensation": CompensationSheet(
            terms=project.compensation_terms, reference=project.compensation_reference or ""
        )
        if project.compensation_terms is not None
        else None,
    }
