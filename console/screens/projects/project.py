"""One project, live: its life cycle and blockers, mandate, campaigns and opt-ins."""

from __future__ import annotations

from asyncio import gather
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.widget import Widget

from console.client.vocabulary import (
    ANSWERS,
    ATTRIBUTES,
    LIFE,
    MANDATE_HEADINGS,
    REFUSED,
    STATES,
    code_in_words,
    label_of,
)
from console.presenters.projects import what_comes_next
from console.presenters.styled_text import Phrase
from console.routes import AttentionRoute, BoardRoute
from console.screens.acts import ProjectActs
from console.screens.base import bindings
from console.widgets.styled_text import content, sparkline
from console.widgets.table import Column, Row, Table
from console.widgets.text import Static
from console.words import ZONE, Text, bar, clock_time, fold, full_day, number, short_day, spark

if TYPE_CHECKING:
    from console.client.staff_client import StaffClient
    from services.contracts.http.campaigns import CampaignView, OptIn, OptIns, ProjectView, Today

TABS = {
    "mandate": Text(fr="Mandat", en="Mandate"),
    "campaigns": Text(fr="Campagnes", en="Campaigns"),
    "opt-ins": Text(fr="Participants", en="Opt-ins"),
}
OPENING = Text(fr="Projet", en="Project")
NOT_SAID = Text(fr="à écrire", en="to be written")
UNPAID = Text(fr="aucune : la participation est bénévole", en="none: taking part is unpaid")
DATES = Text(
    fr="recrutement jusqu'au {recruitment} · recueil jusqu'au {collection}",
    en="recruitment until {recruitment} · collection until {collection}",
)
FUNNEL = (
    ("wanted", Text(fr="voulus", en="wanted")),
    ("ordered", Text(fr="commandés", en="ordered")),
    ("sent", Text(fr="envoyés", en="sent")),
    ("accepted", Text(fr="participent", en="accepted")),
    ("declined", Text(fr="déclinent", en="declined")),
    ("waitlisted", Text(fr="en attente", en="waiting")),
    ("left", Text(fr="partis", en="left")),
)
NOT_SENT = Text(fr="Pas envoyés : ", en="Not sent: ")
EVERYONE = Text(fr="tous les membres", en="all members")
NO_CAMPAIGN = Text(
    fr="Aucune campagne : l en écrit et en lance une.", en="No campaign: l writes and launches one."
)
NO_ANSWER = Text(
    fr="Les réponses arriveront ici, sous pseudonyme, à la seconde où elles sont données.",
    en="Answers will come in here, by pseudonym, the second they are given.",
)
HEADS = {
    "campaign": Text(fr="Campagne", en="Campaign"),
    "wanted": Text(fr="Voulus", en="Wanted"),
    "audience": Text(fr="À qui", en="Audience"),
    "when": Text(fr="Quand", en="When"),
    "time": Text(fr="Heure", en="Time"),
    "member": Text(fr="Membre", en="Member"),
    "answer": Text(fr="Choix", en="Choice"),
    "profile": Text(fr="Profil", en="Profile"),
}
TO_LAUNCH = Text(fr="à lancer", en="to launch")
LAST_24 = Text(fr="par jour, 24 derniers jours", en="per day, last 24 days")
BY_AGE = Text(fr="par âge", en="by age")
NEWEST = Text(fr="par âge, {n} dernières réponses", en="by age, newest {n} answers")
_BAR_WIDTH = 16


@dataclass(frozen=True)
class ProjectSnapshot:
    project: ProjectView
    campaigns: list[CampaignView]
    opt_ins: OptIns
    today: Today


class ProjectScreen(ProjectActs[ProjectSnapshot]):
    ID = "project"
    BINDINGS = bindings("project")

    def __init__(self, project_id: UUID) -> None:
        super().__init__()
        self._project_id = project_id
        self._tab = ""

    def compose_body(self) -> Iterable[Widget]:
        yield Static(id="life")
        yield Static(id="tabs")
        with VerticalScroll(id="mandate", classes="tabbed"):
            yield Static(id="mandate-text", classes="pane")
        with Container(id="campaigns", classes="tabbed"):
            yield Static(id="counts", classes="pane")
            yield Table(id="campaign-table")
        with Container(id="opt-ins", classes="tabbed"):
            yield Table(id="answers", arrivals_at_top=True)
            yield Static(id="shape", classes="block")

    def title_in_words(self) -> str:
        return self.snapshot.project.title if self.snapshot else OPENING.in_(self.language)

    async def fetch(self, client: StaffClient) -> ProjectSnapshot:
        project, campaigns, opt_ins, today = await gather(
            client.project(self._project_id),
            client.campaigns_of(self._project_id),
            client.opt_ins(self._project_id),
            client.today(),
        )
        return ProjectSnapshot(project, campaigns, opt_ins, today)

    def chosen(self) -> ProjectView | None:
        return self.snapshot.project if self.snapshot else None

    def draw(self) -> None:
        if self.snapshot is None:
            return
        self.shell.today = self.snapshot.today.today
        if not self._tab:
            self._go("opt-ins" if self.snapshot.opt_ins.answers else "mandate")
        self.freshen_title()
        self.query_one("#life", Static).update(self._life())
        self.query_one("#tabs", Static).update(self._tabs())
        self.query_one("#mandate-text", Static).update(self._mandate())
        self.query_one("#counts", Static).update(self._counts())
        self._draw_campaigns()
        self._draw_answers()

    def _life(self) -> Content:
        snapshot, language = self.snapshot, self.language
        assert snapshot
        project = snapshot.project
        steps = (*LIFE[:2], "abandoned") if project.state == "abandoned" else LIFE
        current = steps.index(project.state)
        parts: list[Phrase] = []
        for position, step in enumerate(steps):
            name = label_of(STATES, step, language)
            if position:
                parts.append(Phrase(" ─ ", "dim"))
            if position == current:
                parts.append(Phrase(f"● {name}", "strong"))
            else:
                parts.append(Phrase(name, "done" if position < current else "dim"))
        phrase = what_comes_next(
            project,
            language,
            self.shell.today,
            snapshot.today.can_be_asked_today,
            max(snapshot.opt_ins.per_day[-2:], default=0) or None,
        )
        return content(*parts, "\n", Phrase(fold(phrase.text, self.size.width - 2), phrase.tone))

    def _tabs(self) -> Content:
        snapshot, language = self.snapshot, self.language
        assert snapshot
        numbers = {
            "campaigns": len(snapshot.campaigns),
            "opt-ins": snapshot.project.counts.accepted,
        }
        parts: list[Content | Phrase | str] = []
        for tab, name in TABS.items():
            count = numbers.get(tab)
            label = name.in_(language) + (f" {number(count, language)}" if count else "")
            if tab == self._tab:
                parts.append(Content.styled(f" {label} ", "bold $text on $primary 40%"))
            else:
                parts.append(Phrase(f" {label} ", "dim"))
            parts.append(" ")
        return content(*parts)

    def _mandate(self) -> Content:
        snapshot, language = self.snapshot, self.language
        assert snapshot
        project, mandate = snapshot.project, snapshot.project.mandate
        decides = ", ".join(
            part for part in (mandate.decision_maker.name, mandate.decision_maker.role) if part
        )
        paid = mandate.compensation
        fields = {
            "nature": mandate.nature,
            "why": mandate.why,
            "stakes": mandate.stakes,
            "objectives": mandate.objectives,
            "purpose": mandate.purpose,
            "decision_maker": decides,
            "who": mandate.who,
            "how": mandate.how,
            "compensation": f"{paid.terms} ({paid.reference})" if paid else UNPAID.in_(language),
        }
        ends = (project.recruitment_ends_on, project.collection_ends_on)
        recruitment, collection = (
            full_day(end, self.shell.today, language) if end else "?" for end in ends
        )
        fields["dates"] = (
            DATES.in_(language, recruitment=recruitment, collection=collection) if all(ends) else ""
        )
        room = max(self.size.width - 4, 40)
        lines: list[Content | Phrase | str] = []
        for name, text in fields.items():
            heading = MANDATE_HEADINGS[name].in_(language)
            lines.append(Phrase(f"{heading:<11} ", "dim"))
            if text.strip():
                lines.append(fold(text.strip(), room - 12).replace("\n", "\n" + " " * 12) + "\n")
            else:
                lines.append(Phrase(f"! {NOT_SAID.in_(language)}\n", "attention"))
        return content(*lines)

    def _counts(self) -> Content:
        snapshot, language = self.snapshot, self.language
        assert snapshot
        counts = snapshot.project.counts
        parts: list[Phrase | str] = []
        for name, label in FUNNEL:
            count = getattr(counts, name)
            if count or name in ("wanted", "sent", "accepted"):
                parts += [
                    Phrase(number(count, language), "strong"),
                    Phrase(f" {label.in_(language)}   ", "dim"),
                ]
        refused = {code: n for code, n in counts.refused_by_reason.items() if n}
        if refused:
            parts.append(Phrase(f"\n{NOT_SENT.in_(language)}", "dim"))
            parts.append(
                ", ".join(
                    f"{number(n, language)} {label_of(REFUSED, code, language)}"
                    for code, n in refused.items()
                )
            )
        return content(*parts, stale=self.stale)

    def _draw_campaigns(self) -> None:
        snapshot, language = self.snapshot, self.language
        assert snapshot
        table = self.query_one("#campaign-table", Table)
        table.mark_stale(self.stale)
        if not snapshot.campaigns:
            table.show([Column("")], [Row("", (Phrase(NO_CAMPAIGN.in_(language), "dim"),))], False)
            return
        columns = [
            Column(HEADS["campaign"].in_(language), 22),
            Column(HEADS["wanted"].in_(language), 7, "right"),
            Column(HEADS["audience"].in_(language)),
            Column(HEADS["when"].in_(language), 19),
        ]
        table.show(columns, [self._campaign_row(campaign) for campaign in snapshot.campaigns])

    def _campaign_row(self, campaign: CampaignView) -> Row:
        language = self.language
        audience = " · ".join(
            ", ".join(code_in_words(attribute, code, language) for code in codes)
            for attribute, codes in campaign.audience.items()
        )
        if campaign.launched_at:
            when = Phrase(
                f"✓ {short_day(campaign.launched_at.astimezone(ZONE).date(), language)} "
                f"{clock_time(campaign.launched_at)}",
                "done",
            )
        else:
            when = Phrase(f"! {TO_LAUNCH.in_(language)}", "attention")
        return Row(
            str(campaign.id),
            (
                Phrase(campaign.title),
                Phrase(number(campaign.wanted, language)),
                Phrase(audience or EVERYONE.in_(language), "dim"),
                when,
            ),
        )

    def _draw_answers(self) -> None:
        snapshot, language = self.snapshot, self.language
        assert snapshot
        table = self.query_one("#answers", Table)
        table.mark_stale(self.stale)
        if not snapshot.opt_ins.answers:
            table.show([Column("")], [Row("", (Phrase(NO_ANSWER.in_(language), "dim"),))], False)
            self.query_one("#shape", Static).update("")
            return
        columns = [
            Column(HEADS["time"].in_(language), 15, keep=3),
            Column(HEADS["member"].in_(language), 8),
            Column(HEADS["answer"].in_(language), 15),
            Column(HEADS["profile"].in_(language)),
        ]
        table.show(columns, [self._answer_row(answer) for answer in snapshot.opt_ins.answers])
        self.query_one("#shape", Static).update(self._shape())

    def _answer_row(self, answer: OptIn) -> Row:
        language = self.language
        day = short_day(answer.on, language)
        profile = " · ".join(
            code_in_words(attribute, answer.attributes[attribute], language)
            for attribute in (*ATTRIBUTES, *(answer.attributes.keys() - ATTRIBUTES.keys()))
            if attribute in answer.attributes
        )
        label = label_of(ANSWERS, answer.answer, language)
        joined = answer.answer == "joined"
        return Row(
            f"{answer.id}/{answer.answer}",
            (
                Phrase(day, "dim"),
                Phrase(answer.pseudonym),
                Phrase(f"✓ {label}" if joined else f"  {label}", "done" if joined else "dim"),
                Phrase(profile),
            ),
        )

    def _shape(self) -> Content:
        """Opt-ins by day beside opt-ins by age."""
        snapshot, language = self.snapshot, self.language
        assert snapshot
        answers = snapshot.opt_ins.answers
        joined = [answer for answer in answers if answer.answer == "joined"]
        ages = Counter(answer.attributes.get("age_band", "?") for answer in joined)
        heading = (
            NEWEST.in_(language, n=number(len(answers), language))
            if len(joined) < snapshot.project.counts.accepted
            else BY_AGE.in_(language)
        )
        days = spark(snapshot.opt_ins.per_day)
        heading_text = LAST_24.in_(language)
        width = max(len(heading_text), len(days)) + 4
        rows = [
            content(Phrase(heading_text.ljust(width), "dim"), Phrase(heading, "dim")),
        ]
        top = max(ages.values(), default=0)
        for position, (age, count) in enumerate(sorted(ages.items())):
            start = (
                content(sparkline(days, self.stale), " " * (width - len(days)))
                if position == 0
                else content(" " * width)
            )
            drawn = bar(count, top, _BAR_WIDTH)
            rows.append(
                content(
                    start,
                    f"{code_in_words('age_band', age, language):<7}",
                    sparkline(drawn.ljust(_BAR_WIDTH), self.stale),
                    f" {number(count, language)}",
                )
            )
        return content(Content("\n").join(rows), stale=self.stale)

    def _go(self, tab: str) -> None:
        self._tab = tab
        for name in TABS:
            self.query_one(f"#{name}").set_class(name == tab, "-here")
        table = {"campaigns": "#campaign-table", "opt-ins": "#answers"}.get(tab, "#mandate")
        self.query_one(table).focus()

    def _turn(self, by: int) -> None:
        if self.snapshot:
            names = list(TABS)
            self._go(names[(names.index(self._tab) + by) % len(names)])
            self.query_one("#tabs", Static).update(self._tabs())

    def action_proposals(self) -> None:
        self.shell.open(BoardRoute(self._project_id))

    def action_attention(self) -> None:
        self.shell.open(AttentionRoute(self._project_id))

    def action_next_tab(self) -> None:
        self._turn(1)

    def action_previous_tab(self) -> None:
        self._turn(-1)

    def action_back(self) -> None:
        self.app.pop_screen()
