"""Home: what needs you, the day at a glance, and whether the promises hold."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from textual.message import Message
from textual.widget import Widget

from console.actions import areas_for
from console.client.endpoints import SERVICES
from console.client.problems import Failure
from console.presenters.attention import unread_of, what_waits
from console.presenters.project_status import in_order, need, promise
from console.presenters.projects import needs, promises
from console.presenters.styled_text import Phrase, with_sign
from console.routes import BoardRoute, ContributionRoute, ProjectDecisionsRoute, ProjectRoute
from console.screens.base import NotRead, PanelScreen, Read, bindings
from console.widgets.styled_text import content, sparkline
from console.widgets.table import Column, Row, Table
from console.widgets.text import Static
from console.words import Count, Text, full_day, listed, number, spark
from console.workers import start

if TYPE_CHECKING:
    from textual.content import Content

    from console.client.staff_client import StaffClient
    from services.contracts.http.campaigns import ProjectView, Today
    from services.contracts.http.feedback import ProjectStanding
    from services.contracts.http.reading import AttentionView

_CHECK_SERVICES_EVERY_SECONDS = 5.0
# Before the id of a project in the key of a row that leads to reading.
_TO_READ = "read "
# The same for a row that leads to its decisions.
_TO_DECIDE = "decide "

TITLE = Text(fr="Panel usagers", en="Citizen panel")
NEEDS_YOU = Text(fr="VOUS ATTEND", en="NEEDS YOU")
TODAY = Text(fr="AUJOURD'HUI", en="TODAY")
PROMISES = Text(fr="PROMESSES", en="PROMISES")
NOTHING = Text(
    fr="Rien ne vous attend. Les projets sont en 2.", en="Nothing waits for you. Projects are in 2."
)
FIRST = Text(
    fr="Aucun projet encore. Le premier vient d'un fichier : panel projects create PROJET.yaml",
    en="No project yet. The first one comes from a file: panel projects create PROJECT.yaml",
)
PER_DAY = Text(fr="participants par jour", en="opted in per day")
FREE = Text(fr="libres aujourd'hui", en="free to be asked today")
WAITING = Text(fr="Lecture…", en="Reading…")
ASKED = Count(Text(fr="{n} sollicité", en="{n} asked"), Text(fr="{n} sollicités", en="{n} asked"))
OPTED_IN = Count(
    Text(fr="{n} participe", en="{n} opted in"), Text(fr="{n} participent", en="{n} opted in")
)
DECLINED = Count(
    Text(fr="{n} décline", en="{n} declined"), Text(fr="{n} déclinent", en="{n} declined")
)
LEFT = Count(
    Text(fr="{n} a quitté le panel", en="{n} left the panel"),
    Text(fr="{n} ont quitté le panel", en="{n} left the panel"),
)
ALL_ANSWER = Text(fr="les quatre services répondent", en="the four services answer")
SILENT = Count(
    Text(fr="{{names}} ne répond pas", en="{{names}} does not answer"),
    Text(fr="{{names}} ne répondent pas", en="{{names}} do not answer"),
)
NO_DEAD_LETTERS = Text(fr="aucun événement mis de côté", en="no event set aside")
DEAD_LETTERS = Count(
    Text(fr="{n} événement mis de côté, à rejouer", en="{n} event set aside, to be replayed"),
    Text(fr="{n} événements mis de côté, à rejouer", en="{n} events set aside, to be replayed"),
)


@dataclass(frozen=True)
class HomeSnapshot:
    today: Today
    projects: list[ProjectView]
    to_read: list[AttentionView] = field(default_factory=list)
    # None: not for this role, or feedback does not answer.
    statuses: list[ProjectStanding] | None = None


class ServicesSeen(Message):
    """Which services answer, and how many dead letters wait (none: not for this role)."""

    def __init__(self, silent: list[str], dead_letters: int | None) -> None:
        super().__init__()
        self.silent = silent
        self.dead_letters = dead_letters


class HomeScreen(PanelScreen[HomeSnapshot]):
    ID = "home"
    ALSO = ("responses", "feedback")
    BINDINGS = bindings("home")

    def __init__(self) -> None:
        super().__init__()
        self._seen: ServicesSeen | None = None

    def compose_body(self) -> Iterable[Widget]:
        yield Table(id="needs")
        yield Static(id="today", classes="block")
        yield Static(id="promises", classes="block")

    def on_mount(self) -> None:
        self.set_interval(_CHECK_SERVICES_EVERY_SECONDS, self._check_services)

    def title_in_words(self) -> str:
        return TITLE.in_(self.language)

    async def fetch(self, client: StaffClient) -> HomeSnapshot:
        today, projects, to_read, statuses = await gather(
            client.today(), client.projects(), self._to_read(client), self._statuses(client)
        )
        return HomeSnapshot(today, projects, to_read, statuses)

    async def _to_read(self, client: StaffClient) -> list[AttentionView]:
        """For who reads: projects with contributions that wait."""
        if not (self.shell.person and "analysis" in self.shell.person.roles):
            return []
        try:
            collections = await client.collections()
            waiting = [
                collection
                for collection in collections
                if collection.contributions and collection.state != "synthesised"
            ]
            attentions = await gather(
                *(client.attention(collection.project_id) for collection in waiting)
            )
        except Failure:
            return []  # a service that does not answer is said below, by its name
        ended = {collection.project_id for collection in waiting if collection.state == "ended"}
        return [
            attention
            for attention in attentions
            if unread_of(attention) or attention.project_id in ended
        ]

    async def _statuses(self, client: StaffClient) -> list[ProjectStanding] | None:
        """For whom decisions are open to: where projects stand."""
        if "decisions" not in {area.id for area in areas_for(self.shell.roles)}:
            return None
        try:
            return in_order(await client.project_statuses())
        except Failure:
            return None  # a service that does not answer is said below, by its name

    def draw(self) -> None:
        if self.snapshot:
            self.shell.today = self.snapshot.today.today
        self._draw_needs()
        self.query_one("#today", Static).update(self._today())
        self.query_one("#promises", Static).update(self._promises())

    def _draw_needs(self) -> None:
        language = self.language
        columns = [Column(NEEDS_YOU.in_(language)), Column("", 34)]
        rows = []
        if self.snapshot:
            project_needs = needs(self.snapshot.projects, self.shell.today, language)
            deciding = self._deciding_rows()
            reading = {
                attention.project_id: self._reading_row(attention)
                for attention in self.snapshot.to_read
                if attention.project_id not in deciding
            }
            rows = [*reading.values(), *deciding.values()]
            rows += [
                Row(str(need.project.id), (Phrase(need.project.title), need.phrase))
                for need in project_needs
                if need.project.id not in deciding and need.project.id not in reading
            ]
            if not rows:
                sentence = NOTHING if self.snapshot.projects else FIRST
                columns = [Column(NEEDS_YOU.in_(language))]
                rows = [Row("", (with_sign(Phrase(sentence.in_(language), "done")),))]
        table = self.query_one("#needs", Table)
        table.mark_stale(self.stale)
        table.show(columns, rows, mark=False)

    def _reading_row(self, attention: AttentionView) -> Row:
        phrase = Phrase(what_waits(attention, self.language), "attention")
        return Row(f"{_TO_READ}{attention.project_id}", (Phrase(attention.title), phrase))

    def _deciding_rows(self) -> dict[UUID, Row]:
        """Rows of projects that wait for decisions or a report, late ones first."""
        rows: dict[UUID, Row] = {}
        if self.snapshot is None:
            return rows
        duties = {project.id: project.report_duties for project in self.snapshot.projects}
        for status in self.snapshot.statuses or []:
            duty = duties.get(status.project_id)
            if phrase := need(status, duty.owed if duty else 0, self.language):
                key = f"{_TO_DECIDE}{status.project_id}"
                rows[status.project_id] = Row(key, (Phrase(status.title), phrase))
        return rows

    def _today(self) -> Content:
        language, stale = self.language, self.stale
        if self.snapshot is None:
            waiting = "" if self.problem else WAITING.in_(language)
            return content(Phrase(TODAY.in_(language), "dim"), "\n", Phrase(waiting, "dim"))
        today = self.snapshot.today
        summary = " · ".join(
            count_words.say(count, language)
            for count_words, count in (
                (ASKED, today.asked),
                (OPTED_IN, today.opted_in),
                (DECLINED, today.declined),
                (LEFT, today.left_panel),
            )
        )
        return content(
            Phrase(TODAY.in_(language), "dim"),
            Phrase(f"  {full_day(today.today, today.today, language)}\n", "dim"),
            Phrase(f"{summary}\n", "strong"),
            Phrase(f"{PER_DAY.in_(language)}  ", "dim"),
            sparkline(spark(today.opted_in_per_day, 24), stale),
            Phrase(f"   {FREE.in_(language)}  ", "dim"),
            Phrase(number(today.can_be_asked_today, language), "strong"),
            stale=stale,
        )

    def _promises(self) -> Content:
        language = self.language
        lines = promises(self.snapshot.today, language) if self.snapshot else []
        if self.snapshot and self.snapshot.statuses is not None:
            lines.append(promise(self.snapshot.statuses, language))
        if self._seen:
            silent = self._seen.silent
            if silent:
                names = listed(silent, language)
                sentence = SILENT.say(len(silent), language).format(names=names)
                lines.append(Phrase(sentence, "trouble"))
            else:
                lines.append(Phrase(ALL_ANSWER.in_(language), "done"))
            dead = self._seen.dead_letters
            if dead is not None:
                lines.append(
                    Phrase(DEAD_LETTERS.say(dead, language), "attention")
                    if dead
                    else Phrase(NO_DEAD_LETTERS.in_(language), "done")
                )
        parts: list[Content | Phrase] = [Phrase(PROMISES.in_(language), "dim")]
        for line in lines:
            sign = with_sign(Phrase("", line.tone)).text
            parts += [Phrase(f"\n{sign}", line.tone), Phrase(line.text)]
        return content(*parts)

    def _check_services(self) -> None:
        client, person = self.shell.client, self.shell.person
        if client and person and self.is_current:
            roles = person.roles
            check = partial(self._look_at_services, client, roles)
            start(self, check, "look")

    async def _look_at_services(self, client: StaffClient, roles: frozenset[str]) -> None:
        answers = await gather(*(client.is_ready(name) for name in SERVICES))
        up = [name for name, answer in zip(SERVICES, answers, strict=True) if answer]
        dead: int | None = None
        if "operations" in roles:
            letters = await gather(
                *(client.dead_letters(name) for name in up), return_exceptions=True
            )
            dead = 0
            for letters_or_error in letters:
                if isinstance(letters_or_error, Failure):
                    continue  # a service that just went: the next look says so
                if isinstance(letters_or_error, BaseException):
                    raise letters_or_error
                dead += sum(letter.replayed_at is None for letter in letters_or_error)
        self.post_message(ServicesSeen([name for name in SERVICES if name not in up], dead))

    def on_read(self, message: Read) -> None:
        # Textual calls the base's handler too; the services are looked at once numbers are there.
        if self._seen is None:
            self._check_services()

    def on_not_read(self, message: NotRead) -> None:
        self._check_services()

    def on_services_seen(self, message: ServicesSeen) -> None:
        self._seen = message
        self.query_one("#promises", Static).update(self._promises())

    def on_table_opened(self, message: Table.Opened) -> None:
        if message.key.startswith(_TO_READ):
            project_id = UUID(message.key.removeprefix(_TO_READ))
            view = next(
                attention
                for attention in (self.snapshot.to_read if self.snapshot else [])
                if attention.project_id == project_id
            )
            route = ContributionRoute if unread_of(view) else BoardRoute
            self.shell.open(route(project_id))
        elif message.key.startswith(_TO_DECIDE):
            self.shell.open(ProjectDecisionsRoute(UUID(message.key.removeprefix(_TO_DECIDE))))
        elif message.key:
            self.shell.open(ProjectRoute(UUID(message.key)))

    def action_open(self) -> None:
        self.query_one("#needs", Table).action_open()
