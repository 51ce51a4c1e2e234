"""One contribution, read: linked to proposals or marked, with the time it was looked at."""

from __future__ import annotations

import time
from asyncio import gather
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import AppBlur, AppFocus, Key
from textual.widget import Widget

from console.client.requests import build_request
from console.drafts.reading import Begun
from console.presenters.responses import in_words
from console.presenters.styled_text import Phrase
from console.routes import BoardRoute, SearchRoute
from console.screens.acts import ActingScreen
from console.screens.base import bindings
from console.screens.dialogs import NewsScreen
from console.screens.reading.proposal_dialogs import Choice, PickScreen, ProposalForm, ReasonForm
from console.screens.reading.stopwatch import Stopwatch
from console.widgets.styled_text import content
from console.widgets.text import Static
from console.words import Text, fold, full_day, number
from services.contracts.http.proposals import ProposalView
from services.contracts.http.reading import ContributionView, Mark, RecordReading

if TYPE_CHECKING:
    from console.client.staff_client import StaffClient
    from services.contracts.http.proposals import ProposalBoard
    from services.contracts.http.reading import NextReading
    from services.contracts.http.responses import CollectionView, DocumentView

TITLE = Text(fr="Lecture : {title}", en="Reading: {title}")
PROGRESS = Text(
    fr="Vous en avez lu {mine} sur {n} · encore {unread} à lire, à vous tous",
    en="You read {mine} of {n} · {unread} still to read, for all readers",
)
ALL_READ = Text(
    fr="Plus rien ne vous attend ici : {n} contributions, {unread} encore à lire par d'autres.\n\n"
    "b : les propositions. / : revenir sur une contribution.",
    en="Nothing waits for you here: {n} contributions, {unread} still to read by others.\n\n"
    "b: the proposals. /: come back to a contribution.",
)
ABOUT = Text(fr="ouverte le {on} · {length} caractères", en="opened on {on} · {length} characters")
READ_BY = Text(fr="lue par {who}", en="read by {who}")
LINKS = Text(fr="→ {titles}", en="→ {titles}")
NO_SUGGESTION = Text(fr="→ aucune suggestion", en="→ no suggestion")
PERSONAL = Text(fr="→ cas personnel", en="→ personal case")
NOTHING_YET = Text(
    fr="→ a lier · n nouvelle proposition · x rien à tirer · c cas personnel",
    en="→ a link · n new proposal · x no suggestion · c personal case",
)
SAY_FIRST = Text(
    fr="Une lecture doit conclure : liez une proposition (a), écrivez-en une (n), ou marquez"
    " « rien à tirer » (x) ou « cas personnel » (c).",
    en="A reading must conclude: link a proposal (a), write one (n), or mark “no suggestion” (x)"
    " or “personal case” (c).",
)
RECORDED = Text(fr="Lecture enregistrée : {seconds} s.", en="Reading recorded: {seconds} s.")
LINK = Text(fr="À quelle proposition la lier ?", en="Which proposal does it support?")
WRITE = Text(fr="Nouvelle proposition", en="New proposal")
HIDE = Text(
    fr="Masquer cette contribution. Rien n'est effacé : elle garde son droit à être lue, et votre"
    " motif reste.",
    en="Hide this contribution. Nothing is deleted: it is still owed its readings, and your reason"
    " stays.",
)
SHOW = Text(fr="Montrer de nouveau cette contribution.", en="Show this contribution again.")
DONE = Text(fr="C'est fait.", en="It is done.")
# A reading that stayed on screen for longer counts as a day.
_LONGEST_SECONDS = 86_400


@dataclass(frozen=True)
class Shown:
    collection: CollectionView
    documents: dict[UUID, DocumentView]
    next: NextReading
    board: ProposalBoard
    contribution: ContributionView | None


class ContributionScreen(ActingScreen[Shown]):
    ID = "contribution"
    SERVICE = "responses"
    BINDINGS = bindings("contribution")

    def __init__(self, project_id: UUID, contribution_id: UUID | None) -> None:
        """None: the next in this reader's own order."""
        super().__init__()
        self._project_id = project_id
        # Stays until it is recorded, whatever others read meanwhile.
        self._reading_id = contribution_id
        self._returns = contribution_id is not None
        self._drawn: UUID | None = None
        self._unmasked = False
        self._watch = Stopwatch(time.monotonic)

    def compose_body(self) -> Iterable[Widget]:
        yield Static(id="progress", classes="pane")
        with VerticalScroll(id="words"):
            yield Static(id="text", classes="pane")
        yield Static(id="says", classes="block")

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    def title_in_words(self) -> str:
        title = self.snapshot.collection.title if self.snapshot else "…"
        return TITLE.in_(self.language, title=title)

    async def fetch(self, client: StaffClient) -> Shown:
        collection, documents, following, board = await gather(
            client.collection(self._project_id),
            client.documents(self._project_id),
            client.next_reading(self._project_id),
            client.proposal_board(self._project_id),
        )
        contribution = following.contribution
        if self._reading_id:
            contribution = await client.contribution(self._reading_id, self._unmasked)
        return Shown(
            collection,
            {document.id: document for document in documents},
            following,
            board,
            contribution,
        )

    @property
    def _contribution(self) -> ContributionView | None:
        return self.snapshot.contribution if self.snapshot else None

    @property
    def _begun(self) -> Begun:
        """Of the contribution on screen."""
        contribution = self._contribution
        assert contribution
        if contribution.id not in self.shell.unfinished_readings:
            mine = next((reading for reading in contribution.readings if reading.mine), None)
            self.shell.unfinished_readings[contribution.id] = (
                Begun(set(mine.proposals), mine.mark) if mine else Begun()
            )
        return self.shell.unfinished_readings[contribution.id]

    # The contribution on screen.

    def draw(self) -> None:
        snapshot, language = self.snapshot, self.language
        if snapshot is None:
            return
        self.freshen_title()
        following = snapshot.next
        progress = PROGRESS.in_(
            language,
            mine=number(following.read_by_me, language),
            n=number(following.contributions, language),
            unread=number(following.unread, language),
        )
        self.query_one("#progress", Static).update(
            content(Phrase(progress, "dim"), stale=self.stale)
        )
        if snapshot.contribution is None:
            self._draw_nothing_left(following)
            return
        if snapshot.contribution.id != self._drawn:
            self._open(snapshot.contribution)
        self._draw_words(snapshot, snapshot.contribution)
        self._draw_says()

    def _open(self, contribution: ContributionView) -> None:
        """Another contribution than before: from its beginning, and its own time."""
        self._drawn = self._reading_id = contribution.id
        self._watch.restart()
        if self.is_current:
            self._watch.show()
        self.query_one(VerticalScroll).scroll_home(animate=False)

    def _draw_nothing_left(self, following: NextReading) -> None:
        language = self.language
        self._watch.hide()
        sentence = ALL_READ.in_(
            language,
            n=number(following.contributions, language),
            unread=number(following.unread, language),
        )
        self.query_one("#text", Static).update(content("\n", Phrase(sentence)))
        self.query_one("#says", Static).update("")

    def _draw_words(self, snapshot: Shown, contribution: ContributionView) -> None:
        language = self.language
        room = max(self.size.width - 4, 20)
        summary = ABOUT.in_(
            language,
            on=full_day(contribution.opened_on, self.shell.today, language),
            length=number(contribution.length, language),
        )
        if contribution.readings:
            readers = ", ".join(reading.reader for reading in contribution.readings)
            summary += f" · {READ_BY.in_(language, who=readers)}"
        parts: list[Content | Phrase | str] = [Phrase(f"{summary}\n\n", "dim")]
        for phrase in in_words(
            contribution, snapshot.collection.questionnaire, snapshot.documents, language
        ):
            folded = "\n".join(fold(line, room) for line in phrase.text.splitlines())
            parts.append(
                Phrase(f"{folded}\n" + ("" if phrase.tone == "dim" else "\n"), phrase.tone)
            )
        self.query_one("#text", Static).update(content(*parts, stale=self.stale))

    def _draw_says(self) -> None:
        snapshot, language, begun = self.snapshot, self.language, self._begun
        assert snapshot
        titles = [
            proposal.title
            for proposal in snapshot.board.proposals
            if proposal.id in begun.proposals
        ]
        lines = [LINKS.in_(language, titles=title) for title in titles]
        if begun.mark is Mark.NO_SUGGESTION:
            lines.append(NO_SUGGESTION.in_(language))
        if begun.mark is Mark.PERSONAL_CASE:
            lines.append(PERSONAL.in_(language))
        phrase = (
            Phrase("\n".join(lines), "strong")
            if lines
            else Phrase(NOTHING_YET.in_(language), "dim")
        )
        self.query_one("#says", Static).update(content(phrase))

    # Time counts while it is on screen, in front, and somebody is there.

    def on_screen_suspend(self) -> None:
        self._watch.hide()

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        if self._drawn:
            self._watch.show()

    def on_app_blur(self, event: AppBlur) -> None:
        self._watch.hide()

    def on_app_focus(self, event: AppFocus) -> None:
        if self._drawn and self.is_current:
            self._watch.show()

    def on_key(self, event: Key) -> None:
        self._watch.touch()

    # Actions, as the screen names them.

    def action_record(self) -> None:
        contribution = self._contribution
        if contribution is None:
            return
        begun = self._begun
        if not begun.says_something:
            self.app.push_screen(NewsScreen(Phrase(SAY_FIRST.in_(self.language))))
            return
        seconds = begun.seconds + self._watch.seconds
        request = partial(
            build_request,
            RecordReading,
            self.language,
            seconds=min(seconds, _LONGEST_SECONDS),
            mark=begun.mark,
            proposals=sorted(begun.proposals),
        )
        self.act(lambda client: client.record_reading(contribution.id, request()), self._recorded)

    def _recorded(self, contribution: ContributionView) -> None:
        begun = self.shell.unfinished_readings.pop(contribution.id, Begun())
        seconds = round(begun.seconds + self._watch.seconds)
        self.notify(f"✓ {RECORDED.in_(self.language, seconds=seconds)}", timeout=2)
        if self._returns:
            self.app.pop_screen()
            return
        self._reading_id = self._drawn = None

    def action_link(self) -> None:
        snapshot = self.snapshot
        if snapshot is None or snapshot.contribution is None:
            return
        linked = self._begun.proposals
        choices = [
            Choice(
                str(proposal.id),
                ("✓ " if proposal.id in linked else "  ") + proposal.title,
                str(proposal.support),
            )
            for proposal in snapshot.board.proposals
            if proposal.state == "draft"
        ]

        def chosen(key: str | None) -> None:
            if key:
                self._begun.toggle_link(UUID(key))
                self._draw_says()

        self.app.push_screen(PickScreen(LINK, choices), chosen)

    def action_new_proposal(self) -> None:
        if self._contribution is None:
            return
        begun, key = self._begun, f"new proposal {self._project_id}"

        def drafted(proposal: ProposalView | None) -> None:
            if proposal:
                begun.toggle_link(proposal.id)
                self.want()

        themes = self.snapshot.board.themes if self.snapshot else []
        form = ProposalForm(WRITE, key, self._project_id, None, themes)
        self.app.push_screen(form, drafted)

    def action_no_suggestion(self) -> None:
        if self._contribution:
            self._begun.toggle_mark(Mark.NO_SUGGESTION)
            self._draw_says()

    def action_personal_case(self) -> None:
        if self._contribution:
            self._begun.toggle_mark(Mark.PERSONAL_CASE)
            self._draw_says()

    def action_hide(self) -> None:
        contribution = self._contribution
        if contribution is None:
            return
        hide = not contribution.is_hidden
        self.app.push_screen(
            ReasonForm(HIDE if hide else SHOW, contribution, hide), self._moderated
        )

    def _moderated(self, contribution: ContributionView | None) -> None:
        if contribution is None:
            return
        self.want()
        self.notify(f"✓ {DONE.in_(self.language)}", timeout=2)

    def action_unmask(self) -> None:
        self._unmasked = not self._unmasked
        self.want()

    def action_find(self) -> None:
        self.shell.open(SearchRoute(self._project_id))

    def action_proposals(self) -> None:
        self.shell.open(BoardRoute(self._project_id))

    def action_back(self) -> None:
        """Store links, marks and reading time until the person comes back."""
        if self._contribution and self._drawn:
            self._begun.seconds += self._watch.seconds
        self.app.pop_screen()
