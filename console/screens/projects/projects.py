"""All projects, live: where each stands, how many were asked and opted in, what comes next."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from textual.containers import Container, Horizontal
from textual.widget import Widget

from console.client.vocabulary import LIFE
from console.presenters.projects import answered_no, next_step, people_asked, state, what_comes_next
from console.presenters.styled_text import Phrase
from console.routes import ProjectRoute
from console.screens.acts import COMMAND, FROM_A_SHEET, ProjectActs
from console.screens.base import bindings
from console.screens.searching import Searching
from console.widgets.styled_text import content, sparkline
from console.widgets.table import Column, Row, Table
from console.widgets.text import Input, Static
from console.words import Count, Text, fold, number, spark

if TYPE_CHECKING:
    from console.client.staff_client import StaffClient
    from services.contracts.http.campaigns import ProjectView, Today

_SPARK_WIDTH = 5
_SPARKS_AT_MOST = 20

TITLE = Text(fr="Projets", en="Projects")
FILTERS = {
    "all": (Text(fr="tous", en="all"), frozenset((*LIFE, "abandoned"))),
    "under_way": (
        Text(fr="en cours", en="under way"),
        frozenset({"open", "recruited", "collected", "reporting"}),
    ),
    "to_prepare": (Text(fr="à préparer", en="to prepare"), frozenset({"draft", "published"})),
    "finished": (Text(fr="terminés", en="finished"), frozenset({"closed", "abandoned"})),
}
SORTS = {
    "step": Text(fr="étape", en="step"),
    "title": Text(fr="titre", en="title"),
    "opted_in": Text(fr="participants", en="opt-ins"),
}
SHOWN = Count(Text(fr="{n} projet", en="{n} project"), Text(fr="{n} projets", en="{n} projects"))
STRIP = Text(fr="montrés : {filter} · tri : {sort}", en="shown: {filter} · sorted by {sort}")
SEARCHED = Text(fr=" · titre contient « {text} »", en=" · title contains “{text}”")
SEARCH = Text(fr="chercher dans les titres", en="search in titles")
HEADS = {
    "project": Text(fr="Projet", en="Project"),
    "state": Text(fr="État", en="State"),
    "asked": Text(fr="Sollicités", en="Asked"),
    "opted_in": Text(fr="Participent", en="Opted in"),
    "no": Text(fr="Non", en="No"),
    "next": Text(fr="Suite", en="Next"),
}
WHAT_NEXT = Text(fr="LA SUITE", en="WHAT COMES NEXT")
NO_PROJECT = Text(fr="Aucun projet encore.", en="No project yet.")
NONE_MATCH = Text(
    fr="Aucun projet ne correspond : f change le filtre, / la recherche.",
    en="No project matches: f changes the filter, / the search.",
)


@dataclass(frozen=True)
class ProjectsSnapshot:
    today: Today
    projects: list[ProjectView]
    per_day: dict[UUID, list[int]]


class ProjectsScreen(Searching, ProjectActs[ProjectsSnapshot]):
    ID = "projects"
    BINDINGS = bindings("projects")

    def __init__(self) -> None:
        super().__init__()
        self._filter = "all"
        self._sort = "step"
        # Opt-ins by day cost a request for each project: asked again only when its count moved.
        self._days: dict[UUID, tuple[int, list[int]]] = {}

    def compose_body(self) -> Iterable[Widget]:
        with Horizontal(id="strip"):
            yield Static(id="about")
            yield Input(id="search")
        with Container(id="body"):
            yield Table(id="projects")
            yield Static(id="next", classes="block")

    def on_mount(self) -> None:
        self.query_one(Table).focus()

    def title_in_words(self) -> str:
        return TITLE.in_(self.language)

    async def fetch(self, client: StaffClient) -> ProjectsSnapshot:
        today, projects = await gather(client.today(), client.projects())
        moved = [
            project
            for project in projects
            if project.state == "open"
            and self._days.get(project.id, (-1,))[0] != project.counts.accepted
        ][:_SPARKS_AT_MOST]
        recent_opt_ins = await gather(*(client.opt_ins(project.id) for project in moved))
        days_by_project = self._days | {
            project.id: (project.counts.accepted, opt_ins.per_day)
            for project, opt_ins in zip(moved, recent_opt_ins, strict=True)
        }
        return ProjectsSnapshot(
            today, projects, {id: days for id, (_, days) in days_by_project.items()}
        )

    def chosen(self) -> ProjectView | None:
        key = self.query_one(Table).selected
        projects = self.snapshot.projects if self.snapshot else []
        return next((project for project in projects if str(project.id) == key), None)

    def draw(self) -> None:
        language = self.language
        if self.snapshot:
            self.shell.today = self.snapshot.today.today
            self._days = {
                project.id: (project.counts.accepted, self.snapshot.per_day[project.id])
                for project in self.snapshot.projects
                if project.id in self.snapshot.per_day
            }
        table = self.query_one(Table)
        table.mark_stale(self.stale)
        columns = [
            Column(HEADS["project"].in_(language)),
            Column(HEADS["state"].in_(language), 9, keep=8),
            Column(HEADS["asked"].in_(language), 11, "right", keep=7),
            Column(HEADS["opted_in"].in_(language), 11),
            Column(HEADS["no"].in_(language), 4, "right", keep=3),
            Column(HEADS["next"].in_(language), 13),
        ]
        projects = self._visible()
        table.show(columns, [self._row(project) for project in projects])
        summary = content(
            Phrase(
                STRIP.in_(
                    language,
                    filter=FILTERS[self._filter][0].in_(language),
                    sort=SORTS[self._sort].in_(language),
                )
                + (SEARCHED.in_(language, text=self.searched) if self.searched else ""),
                "dim",
            ),
            Phrase(f" · {SHOWN.say(len(projects), language)}", "dim"),
        )
        self.query_one("#about", Static).update(summary)
        self.query_one("#search", Input).placeholder = SEARCH.in_(language)
        self._draw_next()

    def _visible(self) -> list[ProjectView]:
        projects = self.snapshot.projects if self.snapshot else []
        states = FILTERS[self._filter][1]
        text = self.searched.casefold()
        matching = [p for p in projects if p.state in states and text in p.title.casefold()]
        order = (*reversed(LIFE[1:]), "draft", "abandoned")
        match self._sort:
            case "title":
                matching.sort(key=lambda p: p.title.casefold())
            case "opted_in":
                matching.sort(key=lambda p: (-p.counts.accepted, p.title))
            case _:
                finished = ("closed", "abandoned")
                matching.sort(key=lambda p: (p.state in finished, order.index(p.state), p.title))
        return matching

    def _row(self, project: ProjectView) -> Row:
        language, counts = self.language, project.counts
        started = counts.wanted > 0
        days = self._days.get(project.id)
        joined = number(counts.accepted, language) if started else ""
        rhythm = spark(days[1], _SPARK_WIDTH) if days else ""
        return Row(
            str(project.id),
            (
                Phrase(project.title),
                Phrase(state(project, language), "strong" if project.state == "open" else ""),
                Phrase(
                    f"{number(people_asked(counts), language)}/{number(counts.wanted, language)}"
                    if started
                    else "–",
                    "" if started else "dim",
                ),
                Phrase(f"{joined:>5} {rhythm}".rstrip(), "strong"),
                Phrase(number(answered_no(counts), language) if started else "–", "dim"),
                next_step(project, language),
            ),
        )

    def _draw_next(self) -> None:
        language = self.language
        pane = self.query_one("#next", Static)
        project = self.chosen()
        if self.snapshot is None:
            pane.update("")
        elif project is None:
            sentence = (
                Phrase(NONE_MATCH.in_(language))
                if self.snapshot.projects
                else Phrase(
                    f"{NO_PROJECT.in_(language)} {FROM_A_SHEET.in_(language)} "
                    f"{COMMAND.in_(language)}"
                )
            )
            pane.update(content(sentence))
        else:
            days = self._days.get(project.id)
            phrase = what_comes_next(
                project,
                language,
                self.shell.today,
                self.snapshot.today.can_be_asked_today,
                max(days[1][-2:]) if days else None,
            )
            room = (42 if self.has_class("-wide") else self.size.width) - 3
            heading = content(Phrase(WHAT_NEXT.in_(language), "dim"))
            if self.has_class("-wide") and days:
                heading = content(heading, "\n\n", sparkline(spark(days[1]), self.stale), "\n")
            pane.update(content(heading, "\n", Phrase(fold(phrase.text, room), phrase.tone)))

    def on_table_selected(self) -> None:
        self._draw_next()

    def on_table_opened(self, message: Table.Opened) -> None:
        self.shell.open(ProjectRoute(UUID(message.key)))

    def action_open(self) -> None:
        self.query_one(Table).action_open()

    def action_filter(self) -> None:
        names = list(FILTERS)
        self._filter = names[(names.index(self._filter) + 1) % len(names)]
        self.draw()

    def action_sort(self) -> None:
        names = list(SORTS)
        self._sort = names[(names.index(self._sort) + 1) % len(names)]
        self.draw()

    def key_escape(self) -> None:
        self.leave_search()
