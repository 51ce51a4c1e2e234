"""The demonstration: five months of a panel's life in about a minute.

It uses only the staff's HTTP routes, the members' pages and the clock, and returns figures for the
caller to show.
"""

import shutil
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from console.commands import project_files
from deploy.charter_check.findings import Finding
from deploy.charter_check.mail_journal import PARIS, Journal, Message
from deploy.demo import members as member_sim
from deploy.demo import people
from deploy.demo.deciding import Answered, decide_and_publish, follow_up
from deploy.demo.progress import connected, read_progress
from deploy.demo.reading import Synthesis, read_and_synthesise
from deploy.demo.waiting import until
from deploy.local import clock as clocks
from deploy.local.charter_check import check
from deploy.local.endpoints import Endpoints
from deploy.local.errors import DataDir, write_privately
from deploy.local.staff import LocalStaff
from services.contracts.events.campaigns import ProjectPhase
from services.contracts.events.responses import CollectionPhase
from services.contracts.http.campaigns import (
    CampaignSheet,
    Contacts,
    Launch,
    Preview,
    ProjectView,
)
from services.contracts.http.feedback import ProjectAccount
from services.contracts.http.registry import ImportReport
from services.runtime.clock import SharedClock
from services.runtime.postgres.queries import Queries, fetch_value
from services.runtime.text import Text

queries = Queries("deploy.demo")

MEMBERS = 5_000
SEED = 2025
TUESDAY = 1
# Afternoon in Paris is morning in the Antilles and evening in Réunion: nobody waits for a window.
START = time(14, 30)
MONTH_LATER = timedelta(days=32)
SECOND_WAVE = 400
ANSWERING = 0.35  # of those who accept
RECRUITMENT_DAYS, COLLECTION_DAYS = 60, 90
UNTIL_FOLLOWED = timedelta(days=40)
UNTIL_COLLECTED = timedelta(days=COLLECTION_DAYS + 1) - MONTH_LATER
PATIENCE_SECONDS = 90.0
EXAMPLES = ("lettre-caf.yaml", "carte-identite.yaml")

Tell = Callable[[Text, dict[str, Any]], None]

_MAKING = Text(
    fr="Un fichier de {n} membres fictifs, comme une administration l'exporterait…",
    en="A file of {n} fictitious members, as an administration would export it…",
)
_DRY_RUN = Text(fr="Essai d'import, puis import…", en="Dry run, then import…")
_PROJECTS = Text(
    fr="Deux projets d'après leurs fiches, publiés avec leur questionnaire…",
    en="Two projects from their sheets, published with their questionnaires…",
)
_LAUNCH = Text(
    fr="{campaigns} campagne(s) lancée(s) au même instant, pour {n} personnes en tout…",
    en="{campaigns} campaign(s) launched at the same moment, for {n} people in all…",
)
_SENDING = Text(
    fr="Les invitations partent, les membres répondent…",
    en="Invitations leave, members answer…",
)
_LATER = Text(
    fr="{days} jours plus tard, une troisième campagne…", en="{days} days later, a third campaign…"
)
_COLLECTED = Text(
    fr="{days} jours plus tard, le recueil est fini : les réponses s'ouvrent, mélangées…",
    en="{days} days later, collection is over: answers are opened, shuffled…",
)
_READING = Text(
    fr="Deux personnes lisent tout, chacune dans son ordre, et en tirent des propositions…",
    en="Two people read everything, each in their own order, and draw proposals from it…",
)
_DECIDING = Text(
    fr="Chaque proposition reçoit sa réponse, signée ; le retour paraît et part vers tous les"
    " participants…",
    en="Each proposal gets its answer, signed; the report appears and leaves to all participants…",
)
_FOLLOWED = Text(
    fr="{days} jours plus tard : l'administration a-t-elle fait ce qu'elle a dit ?",
    en="{days} days later: did the administration do what it said?",
)
_CHECKING = Text(fr="Vérification des promesses…", en="Checking the promises…")

_NOT_KNOWN = Text(
    fr="campaigns n'a pas encore appris l'existence de tous les membres.",
    en="campaigns has not learnt of all members yet.",
)
_NOT_READY = Text(
    fr="les projets ne peuvent pas encore être lancés.", en="the projects cannot be launched yet."
)
_NOT_OPENED = Text(
    fr="les réponses ne sont pas encore ouvertes.", en="the answers are not opened yet."
)
_NOT_CLOSED = Text(fr="le projet n'est pas encore clos.", en="the project is not closed yet.")
_NOT_ANSWERED = Text(
    fr="toutes les invitations n'ont pas encore trouvé de réponse.",
    en="not every invitation has been answered for yet.",
)


@dataclass
class Wave:
    """One launch: its previews and its results."""

    day: date
    titles: list[str]
    previews: list[Preview]
    messages: int = 0
    acts: Counter[str] = field(default_factory=Counter)
    asked_before: int = 0


@dataclass
class Result:
    export: people.Export
    dry_run: ImportReport
    imported: ImportReport
    waves: list[Wave]
    asked_by_both: int
    projects: list[ProjectView]
    contacts: Contacts
    synthesis: Synthesis
    answered: Answered
    reports: int
    """Number of messages that brought the report to participants."""
    account: ProjectAccount
    public_account: str
    findings: list[Finding]

    @property
    def holds(self) -> bool:
        return all(finding.holds for finding in self.findings)


def start_of(instant: datetime) -> datetime:
    """Last Tuesday afternoon, in UTC, so that every demonstration starts on the same weekday."""
    today = instant.astimezone(ZoneInfo(PARIS)).date()
    tuesday = today - timedelta(days=(today.weekday() - TUESDAY) % 7)
    return datetime.combine(tuesday, START, ZoneInfo(PARIS)).astimezone(UTC)


def wipe(data_dir: Path) -> None:
    """Delete the last demonstration's data. Raises LocalError when it is still running."""
    with DataDir(data_dir):
        for entry in data_dir.iterdir():
            if entry.name == "lock":
                continue
            if entry.is_dir():
                shutil.rmtree(entry)
            else:
                entry.unlink()


class Demonstration:
    def __init__(
        self,
        endpoints: Endpoints,
        staff: LocalStaff,
        members: member_sim.Members,
        report: Tell,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._endpoints = endpoints
        self._staff = staff
        self._members = members
        self._tell = report
        self._patience = patience
        self._clock = SharedClock(endpoints.clock_file)
        self._journal = Journal(endpoints.mail_journal)
        self._seen: list[Message] = []

    async def run(self) -> Result:
        """Play the whole demonstration. Raises Refused, Unreachable, TookTooLong."""
        export, dry_run, imported = await self._import()
        drafts = await self._projects()
        first = await self._wave(drafts)
        asked_by_both = _asked_twice(self._seen)

        self._tell(_LATER, {"days": MONTH_LATER.days})
        asked_before = {message.recipient for message in self._seen if message.solicits}
        self._clock.change(clocks.advanced(MONTH_LATER))
        await self._until_memberships_ended()
        project = drafts[1].project_id
        second_campaign = CampaignSheet(
            project_id=project, title="Deuxième vague", wanted=SECOND_WAVE
        )
        already = len(self._seen)
        second = await self._wave([second_campaign])
        second.asked_before = len(
            asked_before
            & {message.recipient for message in self._seen[already:] if message.solicits}
        )

        first_project = drafts[0].project_id
        synthesis = await self._collect_and_synthesise(first_project)
        answered, reports = await self._answer(first_project)
        account = await self._follow_up(first_project)
        self._tell(_CHECKING, {})
        return Result(
            export,
            dry_run,
            imported,
            [first, second],
            asked_by_both,
            await self._staff.projects(),
            await self._staff.contacts(),
            synthesis,
            answered,
            reports,
            account,
            self._endpoints.url("feedback"),
            await check(self._endpoints),
        )

    async def _import(self) -> tuple[people.Export, ImportReport, ImportReport]:
        self._tell(_MAKING, {"n": MEMBERS})
        export = people.export(MEMBERS, SEED, self._clock.today())
        write_privately(self._endpoints.data_dir / "membres.csv", export.content)
        self._tell(_DRY_RUN, {})
        dry_run = await self._staff.import_members(export.content, dry_run=True)
        imported = await self._staff.import_members(export.content, accept_valid=True)

        async def everybody_known() -> bool:
            return (await self._staff.contacts()).members >= imported.imported

        await self._until(everybody_known, _NOT_KNOWN)
        return export, dry_run, imported

    async def _projects(self) -> list[CampaignSheet]:
        """Publish and prepare both projects; returns the campaign of each file."""
        self._tell(_PROJECTS, {})
        today = self._clock.today()
        files_read = [
            project_files.read(
                Path(str(files("deploy.demo") / "examples" / name)),
                recruitment_ends_on=today + timedelta(days=RECRUITMENT_DAYS),
                collection_ends_on=today + timedelta(days=COLLECTION_DAYS),
            )
            for name in EXAMPLES
        ]
        drafts = []
        for sheet in files_read:
            project = await self._staff.create_project(sheet.project)
            await self._staff.publish_project(project.id)
            campaign = sheet.campaign(project.id)
            assert campaign is not None
            drafts.append(campaign)

        async def learnt() -> bool:
            project_ids = {collection.project_id for collection in await self._staff.collections()}
            return project_ids >= {draft.project_id for draft in drafts}

        await self._until(learnt, _NOT_READY)
        for draft, sheet in zip(drafts, files_read, strict=True):
            await sheet.prepare(self._staff, draft.project_id)

        async def ready() -> bool:
            return not any(project.blocked_by for project in await self._staff.projects())

        await self._until(ready, _NOT_READY)
        return drafts

    async def _wave(self, drafts: list[CampaignSheet]) -> Wave:
        """Launch campaigns together; members respond while messages are still leaving."""
        campaigns = [await self._staff.create_campaign(draft) for draft in drafts]
        previews = [await self._staff.preview(campaign.id) for campaign in campaigns]
        titles = {project.id: project.title for project in await self._staff.projects()}
        wave = Wave(self._clock.today(), [titles[draft.project_id] for draft in drafts], previews)
        people_wanted = sum(draft.wanted for draft in drafts)
        self._tell(_LAUNCH, {"campaigns": len(drafts), "n": people_wanted})
        await self._staff.launch(Launch(campaign_ids=[campaign.id for campaign in campaigns]))
        self._tell(_SENDING, {})

        async def answered() -> bool:
            new = list(self._journal.new())
            self._seen += new
            wave.messages += len(new)
            wave.acts += await self._members.live(new)
            return not new and await self._at_rest({draft.project_id for draft in drafts})

        await self._until(answered, _NOT_ANSWERED)
        return wave

    async def _collect_and_synthesise(self, project_id: UUID) -> Synthesis:
        """End the collection, read the contributions and synthesise."""
        self._tell(_COLLECTED, {"days": UNTIL_COLLECTED.days})
        self._clock.change(clocks.advanced(UNTIL_COLLECTED))

        async def ended() -> bool:
            collections = {
                collection.project_id: collection for collection in await self._staff.collections()
            }
            return collections[project_id].state is CollectionPhase.ENDED

        await self._until(ended, _NOT_OPENED)
        self._tell(_READING, {})

        def wait(seconds: float) -> None:
            self._clock.change(clocks.advanced(timedelta(seconds=seconds)))

        synthesis = await read_and_synthesise(self._staff, project_id, wait)

        async def at_rest() -> bool:
            return await self._at_rest(set())

        await self._until(at_rest, _NOT_ANSWERED)
        return synthesis

    async def _answer(self, project_id: UUID) -> tuple[Answered, int]:
        """Decide and publish until the project is closed; returns the number of report messages."""
        self._tell(_DECIDING, {})

        async def listed() -> bool:
            standing = (await self._staff.project_account(project_id)).standing
            return standing.collection == "synthesised"

        await self._until(listed, _NOT_ANSWERED)
        answered = await decide_and_publish(self._staff, project_id, self._clock.today())

        async def closed() -> bool:
            statuses = await self._staff.project_statuses()
            state = next(status.state for status in statuses if status.project_id == project_id)
            return state is ProjectPhase.CLOSED and await self._at_rest(set())

        await self._until(closed, _NOT_CLOSED)
        new = list(self._journal.new())
        self._seen += new
        return answered, sum(message.kind == "report" for message in new)

    async def _follow_up(self, project_id: UUID) -> ProjectAccount:
        self._tell(_FOLLOWED, {"days": UNTIL_FOLLOWED.days})
        self._clock.change(clocks.advanced(UNTIL_FOLLOWED))
        await self._until_memberships_ended()
        account = await follow_up(self._staff, project_id)

        async def at_rest() -> bool:
            return await self._at_rest(set())

        await self._until(at_rest, _NOT_ANSWERED)
        return account

    async def _until(self, condition: Callable[[], Awaitable[bool]], still_not: Text) -> None:
        async def progress() -> str:
            return str(await read_progress(self._endpoints, self._clock))

        await until(condition, still_not, self._patience, progress)

    async def _at_rest(self, projects: set[UUID]) -> bool:
        """Whether all places are ordered, every order has an outcome and every outbox is empty."""
        for project in await self._staff.projects():
            if project.id in projects and project.counts.ordered < project.counts.wanted:
                return False
        async with connected(self._endpoints, "campaigns") as conn:
            if await fetch_value(conn, queries.orders_without_answer):
                return False
        for service in self._endpoints.services:
            async with connected(self._endpoints, service) as conn:
                if await fetch_value(conn, queries.waiting_events):
                    return False
        return True

    async def _until_memberships_ended(self) -> None:
        async def ended() -> bool:
            async with connected(self._endpoints, "registry") as conn:
                return not await fetch_value(
                    conn, queries.memberships_over, instant=self._clock.now()
                )

        await self._until(ended, _NOT_KNOWN)


def _asked_twice(messages: list[Message]) -> int:
    solicitations = Counter(message.recipient for message in messages if message.solicits)
    return sum(times > 1 for times in solicitations.values())
