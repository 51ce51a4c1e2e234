"""The report as participants will read it, its readability and its blockers."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget

from console.presenters.project_status import stops
from console.presenters.styled_text import Phrase, with_sign
from console.routes import ProjectDecisionsRoute
from console.screens.base import bindings
from console.screens.decisions.decision_acts import AccountActs
from console.screens.decisions.decision_forms import ReportForm
from console.widgets.styled_text import content
from console.widgets.text import Static
from console.words import Text, fold, full_day, number

if TYPE_CHECKING:
    from console.client.staff_client import StaffClient
    from services.contracts.http.feedback import ProjectAccount, ReportPreview, ReportView

TITLE = Text(fr="Retour : {title}", en="Report: {title}")
NO_SUMMARY = Text(
    fr="Le résumé est encore à écrire : e. Les décisions et la méthode suivront d'elles-mêmes.",
    en="The summary is still to be written: e. Decisions and method follow by themselves.",
)
PUBLISHED = Text(
    fr="Version {version} publiée le {day} : {url}",
    en="Version {version} published on {day}: {url}",
)
READS = Text(
    fr="Lisibilité {score} sur 100 · {words} mots par phrase. {hint}",
    en="Readability {score} of 100 · {words} words a sentence. {hint}",
)
SAVED = Text(fr="Le résumé est enregistré.", en="The summary is saved.")
# Below this, a text is hard for many readers.
_EVERYDAY = 60


@dataclass(frozen=True)
class Shown:
    account: ProjectAccount
    preview: ReportPreview


class ReportScreen(AccountActs[Shown]):
    ID = "report"
    SERVICE = "feedback"
    BINDINGS = bindings("report")

    def __init__(self, project_id: UUID) -> None:
        super().__init__()
        self._project_id = project_id

    def compose_body(self) -> Iterable[Widget]:
        yield Static(id="stands", classes="pane")
        with VerticalScroll(id="words"):
            yield Static(id="text", classes="pane")

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    def title_in_words(self) -> str:
        title = self.snapshot.account.standing.title if self.snapshot else "…"
        return TITLE.in_(self.language, title=title)

    async def fetch(self, client: StaffClient) -> Shown:
        return Shown(
            *await gather(
                client.project_account(self._project_id), client.preview_report(self._project_id)
            )
        )

    def account(self) -> ProjectAccount | None:
        return self.snapshot.account if self.snapshot else None

    def draw(self) -> None:
        snapshot = self.snapshot
        if snapshot is None:
            return
        self.freshen_title()
        room = min(self.size.width, 100) - 4
        lines = self._stands(snapshot)
        parts: list[Content | Phrase | str] = []
        for position, phrase in enumerate(lines):
            parts.append(Phrase(("\n" if position else "") + fold(phrase.text, room), phrase.tone))
        self.query_one("#stands", Static).update(content(*parts, stale=self.stale))
        text = "\n".join(_folded(line, room) for line in snapshot.preview.text.splitlines())
        self.query_one("#text", Static).update(content(text, stale=self.stale))

    def _stands(self, snapshot: Shown) -> list[Phrase]:
        language, report, preview = self.language, snapshot.account.report, snapshot.preview
        lines = []
        if report.published_version is not None and report.published_on:
            sentence = PUBLISHED.in_(
                language,
                version=report.published_version,
                day=full_day(report.published_on, self.shell.today, language),
                url=report.url or "",
            )
            lines.append(with_sign(Phrase(sentence, "done")))
        if not report.summary:
            lines.append(with_sign(Phrase(NO_SUMMARY.in_(language), "attention")))
        else:
            reads = preview.readability
            sentence = READS.in_(
                language,
                score=number(round(reads.score), language),
                words=number(round(reads.words_per_sentence), language),
                hint=reads.hint,
            )
            easy = reads.score >= _EVERYDAY
            lines.append(with_sign(Phrase(sentence, "done" if easy else "attention")))
        lines.append(with_sign(stops(snapshot.account, preview.blocked_by, language)))
        return lines

    def action_edit_report(self) -> None:
        if account := self.account():
            form = ReportForm(account.standing.title, account.report)
            self.app.push_screen(form, self._saved)

    def _saved(self, report: ReportView | None) -> None:
        if report:
            self.notify(f"✓ {SAVED.in_(self.language)}", timeout=3)
            self.want()

    def action_decisions(self) -> None:
        self.shell.open(ProjectDecisionsRoute(self._project_id))

    def action_back(self) -> None:
        self.app.pop_screen()


def _folded(line: str, width: int) -> str:
    """A long line goes on below its own beginning."""
    margin = line[: len(line) - len(line.lstrip())]
    return "\n".join(margin + part for part in fold(line.strip(), width - len(margin)).split("\n"))
