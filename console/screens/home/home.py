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
from console.presenters.styled_text import Said, signed
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
    fr="Aucun projet encore. Le premier vient d'une fiche : panel projects create FICHE.yaml",
    en="No project yet. The first one comes from a sheet: panel projects create SHEET.yaml",
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
NO_DEAD_LETTERS = Text(fr="aucun message mis de côté", en="no message set aside")
DEAD_LETTERS = Count(
    Text(fr="{n} message mis de côté, à rejouer", en="{n} message set aside, to be replayed"),
    Text(fr="{n} messages mis de côté, à rejouer", en="{n} messages set aside, to be replayed"),
)


@dataclass(frozen=True)
class HomeSnapshot:
    today: Today
    projects: list[ProjectView]
    to_read: list[AttentionView] = field(default_factory=list)
    # None: not for this role, or feedback does not answer.
    standings: list[ProjectStanding] | None = None


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
        self.set_interval(_CHECK_SERVICES_EVERY_SECONDS, self._look)

    def title_in_words(self) -> str:
        return TITLE.in_(self.language)

    async def read(self, client: StaffClient) -> HomeSnapshot:
        today, projects, to_read, standings = await gather(
            client.today(), client.projects(), self._to_read(client), self._standings(client)
        )
        return HomeSnapshot(today, projects, to_read, standings)

    async def _to_read(self, client: StaffClient) -> list[AttentionView]:
        """For who reads: projects with contributions that wait."""
        if not (self.panel.person and "analysis" in self.panel.person.roles):
            return []
        try:
            collections = await client.collections()
            waiting = [
                one for one in collections if one.contributions and one.state != "synthesised"
            ]
            found = await gather(*(client.attention(one.project_id) for one in waiting))
        except Failure:
            return []  # a service that does not answer is said below, by its name
        ended = {one.project_id for one in waiting if one.state == "ended"}
        return [one for one in found if unread_of(one) or one.project_id in ended]

    async def _standings(self, client: StaffClient) -> list[ProjectStanding] | None:
        """For whom decisions are open to: where projects stand."""
        if "decisions" not in {area.id for area in areas_for(self.panel.roles)}:
            return None
        try:
            return in_order(await client.project_statuses())
        except Failure:
            return None  # a service that does not answer is said below, by its name

    def draw(self) -> None:
        if self.snapshot:
            self.panel.today = self.snapshot.today.today
        self._draw_needs()
        self.query_one("#today", Static).update(self._today())
        self.query_one("#promises", Static).update(self._promises())

    def _draw_needs(self) -> None:
        language = self.language
        columns = [Column(NEEDS_YOU.in_(language)), Column("", 34)]
        rows = []
        if self.snapshot:
            found = needs(self.snapshot.projects, self.panel.today, language)
            deciding = self._deciding_rows()
            reading = {
                one.project_id: self._reading_row(one)
                for one in self.snapshot.to_read
                if one.project_id not in deciding
            }
            rows = [*reading.values(), *deciding.values()]
            rows += [
                Row(str(need.project.id), (Said(need.project.title), need.what))
                for need in found
                if need.project.id not in deciding and need.project.id not in reading
            ]
            if not rows:
                words = NOTHING if self.snapshot.projects else FIRST
                columns = [Column(NEEDS_YOU.in_(language))]
                rows = [Row("", (signed(Said(words.in_(language), "done")),))]
        table = self.query_one("#needs", Table)
        table.mark_stale(self.stale)
        table.show(columns, rows, mark=False)

    def _reading_row(self, one: AttentionView) -> Row:
        said = Said(what_waits(one, self.language), "attention")
        return Row(f"{_TO_READ}{one.project_id}", (Said(one.title), said))

    def _deciding_rows(self) -> dict[UUID, Row]:
        """What waits on the way to a report, projects that are late first."""
        rows: dict[UUID, Row] = {}
        if self.snapshot is None:
            return rows
        duties = {one.id: one.report_duties for one in self.snapshot.projects}
        for one in self.snapshot.standings or []:
            left = duties.get(one.project_id)
            if what := need(one, left.owed if left else 0, self.language):
                key = f"{_TO_DECIDE}{one.project_id}"
                rows[one.project_id] = Row(key, (Said(one.title), what))
        return rows

    def _today(self) -> Content:
        language, stale = self.language, self.stale
        if self.snapshot is None:
            waiting = "" if self.problem else WAITING.in_(language)
            return content(Said(TODAY.in_(language), "dim"), "\n", Said(waiting, "dim"))
        today = self.snapshot.today
        said = " · ".join(
            words.say(count, language)
            for words, count in (
                (ASKED, today.asked),
                (OPTED_IN, today.opted_in),
                (DECLINED, today.declined),
                (LEFT, today.left_panel),
            )
        )
        return content(
            Said(TODAY.in_(language), "dim"),
            Said(f"  {full_day(today.today, today.today, language)}\n", "dim"),
            Said(f"{said}\n", "strong"),
            Said(f"{PER_DAY.in_(language)}  ", "dim"),
            sparkline(spark(today.opted_in_per_day, 24), stale),
            Said(f"   {FREE.in_(language)}  ", "dim"),
            Said(number(today.can_be_asked_today, language), "strong"),
            stale=stale,
        )

    def _promises(self) -> Content:
        language = self.language
        lines = promises(self.snapshot.today, language) if self.snapshot else []
        if self.snapshot and self.snapshot.standings is not None:
            lines.append(promise(self.snapshot.standings, language))
        if self._seen:
            silent = self._seen.silent
            if silent:
                names = listed(silent, language)
                words = SILENT.say(len(silent), language).format(names=names)
                lines.append(Said(words, "trouble"))
            else:
                lines.append(Said(ALL_ANSWER.in_(language), "done"))
            dead = self._seen.dead_letters
            if dead is not None:
                lines.append(
                    Said(DEAD_LETTERS.say(dead, language), "attention")
                    if dead
                    else Said(NO_DEAD_LETTERS.in_(language), "done")
                )
        parts: list[Content | Said] = [Said(PROMISES.in_(language), "dim")]
        for line in lines:
            sign = signed(Said("", line.tone)).text
            parts += [Said(f"\n{sign}", line.tone), Said(line.text)]
        return content(*parts)

    def _look(self) -> None:
        client, person = self.panel.client, self.panel.person
        if client and person and self.is_current:
            roles = person.roles
            look = partial(self._look_at_services, client, roles)
            start(self, look, "look")

    async def _look_at_services(self, client: StaffClient, roles: frozenset[str]) -> None:
        answers = await gather(*(client.is_ready(name) for name in SERVICES))
        up = [name for name, answer in zip(SERVICES, answers, strict=True) if answer]
        dead: int | None = None
        if "operations" in roles:
            letters = await gather(
                *(client.dead_letters(name) for name in up), return_exceptions=True
            )
            dead = 0
            for found in letters:
                if isinstance(found, Failure):
                    continue  # a service that just went: the next look says so
                if isinstance(found, BaseException):
                    raise found
                dead += sum(letter.replayed_at is None for letter in found)
        self.post_message(ServicesSeen([name for name in SERVICES if name not in up], dead))

    def on_read(self, message: Read) -> None:
        # Textual calls the base's handler too; the services are looked at once numbers are there.
        if self._seen is None:
            self._look()

    def on_not_read(self, message: NotRead) -> None:
        self._look()

    def on_services_seen(self, message: ServicesSeen) -> None:
        self._seen = message
        self.query_one("#promises", Static).update(self._promises())

    def on_table_opened(self, message: Table.Opened) -> None:
        if message.key.startswith(_TO_READ):
            project_id = UUID(message.key.removeprefix(_TO_READ))
            view = next(
                one
                for one in (self.snapshot.to_read if self.snapshot else [])
                if one.project_id == project_id
            )
            (self.panel.read_for if unread_of(view) else self.panel.board_for)(project_id)
        elif message.key.startswith(_TO_DECIDE):
            self.panel.account_for(UUID(message.key.removeprefix(_TO_DECIDE)))
        elif message.key:
            self.panel.open_project(message.key)

    def action_open(self) -> None:
        self.query_one("#needs", Table).action_open()
