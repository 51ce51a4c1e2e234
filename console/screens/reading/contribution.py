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

from console.client.requests import written
from console.drafts.reading import Begun
from console.presenters.responses import in_words
from console.presenters.styled_text import Said
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
    fr="Une lecture dit quelque chose : liez une proposition (a), écrivez-en une (n), ou marquez"
    " « rien à tirer » (x) ou « cas personnel » (c).",
    en="A reading says something: link a proposal (a), write one (n), or mark “no suggestion” (x)"
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
    one: ContributionView | None


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

    async def read(self, client: StaffClient) -> Shown:
        collection, documents, following, board = await gather(
            client.collection(self._project_id),
            client.documents(self._project_id),
            client.next_reading(self._project_id),
            client.proposal_board(self._project_id),
        )
        one = following.contribution
        if self._reading_id:
            one = await client.contribution(self._reading_id, self._unmasked)
        return Shown(collection, {found.id: found for found in documents}, following, board, one)

    @property
    def _one(self) -> ContributionView | None:
        return self.snapshot.one if self.snapshot else None

    @property
    def _begun(self) -> Begun:
        """Of the contribution on screen."""
        one = self._one
        assert one
        if one.id not in self.panel.begun:
            mine = next((reading for reading in one.readings if reading.mine), None)
            self.panel.begun[one.id] = Begun(set(mine.proposals), mine.mark) if mine else Begun()
        return self.panel.begun[one.id]

    # What is on screen.

    def draw(self) -> None:
        shown, language = self.snapshot, self.language
        if shown is None:
            return
        self.freshen_title()
        following = shown.next
        progress = PROGRESS.in_(
            language,
            mine=number(following.read_by_me, language),
            n=number(following.contributions, language),
            unread=number(following.unread, language),
        )
        self.query_one("#progress", Static).update(content(Said(progress, "dim"), stale=self.stale))
        if shown.one is None:
            self._draw_nothing_left(following)
            return
        if shown.one.id != self._drawn:
            self._open(shown.one)
        self._draw_words(shown, shown.one)
        self._draw_says()

    def _open(self, one: ContributionView) -> None:
        """Another contribution than before: from its beginning, and its own time."""
        self._drawn = self._reading_id = one.id
        self._watch.restart()
        if self.is_current:
            self._watch.show()
        self.query_one(VerticalScroll).scroll_home(animate=False)

    def _draw_nothing_left(self, following: NextReading) -> None:
        language = self.language
        self._watch.hide()
        words = ALL_READ.in_(
            language,
            n=number(following.contributions, language),
            unread=number(following.unread, language),
        )
        self.query_one("#text", Static).update(content("\n", Said(words)))
        self.query_one("#says", Static).update("")

    def _draw_words(self, shown: Shown, one: ContributionView) -> None:
        language = self.language
        room = max(self.size.width - 4, 20)
        about = ABOUT.in_(
            language,
            on=full_day(one.opened_on, self.panel.today, language),
            length=number(one.length, language),
        )
        if one.readings:
            who = ", ".join(reading.reader for reading in one.readings)
            about += f" · {READ_BY.in_(language, who=who)}"
        parts: list[Content | Said | str] = [Said(f"{about}\n\n", "dim")]
        for said in in_words(one, shown.collection.questionnaire, shown.documents, language):
            folded = "\n".join(fold(line, room) for line in said.text.splitlines())
            parts.append(Said(f"{folded}\n" + ("" if said.tone == "dim" else "\n"), said.tone))
        self.query_one("#text", Static).update(content(*parts, stale=self.stale))

    def _draw_says(self) -> None:
        shown, language, begun = self.snapshot, self.language, self._begun
        assert shown
        titles = [one.title for one in shown.board.proposals if one.id in begun.proposals]
        lines = [LINKS.in_(language, titles=title) for title in titles]
        if begun.mark is Mark.NO_SUGGESTION:
            lines.append(NO_SUGGESTION.in_(language))
        if begun.mark is Mark.PERSONAL_CASE:
            lines.append(PERSONAL.in_(language))
        said = Said("\n".join(lines), "strong") if lines else Said(NOTHING_YET.in_(language), "dim")
        self.query_one("#says", Static).update(content(said))

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

    # What can be done.

    def action_record(self) -> None:
        one = self._one
        if one is None:
            return
        begun = self._begun
        if not begun.says_something:
            self.app.push_screen(NewsScreen(Said(SAY_FIRST.in_(self.language))))
            return
        seconds = begun.seconds + self._watch.seconds
        asked = partial(
            written,
            RecordReading,
            self.language,
            seconds=min(seconds, _LONGEST_SECONDS),
            mark=begun.mark,
            proposals=sorted(begun.proposals),
        )
        self.act(lambda client: client.record_reading(one.id, asked()), self._recorded)

    def _recorded(self, one: ContributionView) -> None:
        begun = self.panel.begun.pop(one.id, Begun())
        seconds = round(begun.seconds + self._watch.seconds)
        self.notify(f"✓ {RECORDED.in_(self.language, seconds=seconds)}", timeout=2)
        if self._returns:
            self.app.pop_screen()
            return
        self._reading_id = self._drawn = None

    def action_link(self) -> None:
        shown = self.snapshot
        if shown is None or shown.one is None:
            return
        linked = self._begun.proposals
        choices = [
            Choice(str(one.id), ("✓ " if one.id in linked else "  ") + one.title, str(one.support))
            for one in shown.board.proposals
            if one.state == "draft"
        ]

        def chosen(key: str | None) -> None:
            if key:
                self._begun.toggle_link(UUID(key))
                self._draw_says()

        self.app.push_screen(PickScreen(LINK, choices), chosen)

    def action_new_proposal(self) -> None:
        if self._one is None:
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
        if self._one:
            self._begun.toggle_mark(Mark.NO_SUGGESTION)
            self._draw_says()

    def action_personal_case(self) -> None:
        if self._one:
            self._begun.toggle_mark(Mark.PERSONAL_CASE)
            self._draw_says()

    def action_hide(self) -> None:
        one = self._one
        if one is None:
            return
        hide = not one.is_hidden
        self.app.push_screen(ReasonForm(HIDE if hide else SHOW, one, hide), self._moderated)

    def _moderated(self, one: ContributionView | None) -> None:
        if one is None:
            return
        self.want()
        self.notify(f"✓ {DONE.in_(self.language)}", timeout=2)

    def action_unmask(self) -> None:
        self._unmasked = not self._unmasked
        self.want()

    def action_find(self) -> None:
        self.panel.find_for(self._project_id)

    def action_proposals(self) -> None:
        self.panel.board_for(self._project_id)

    def action_back(self) -> None:
        """What was chosen and the time it took are kept for when the person comes back."""
        if self._one and self._drawn:
            self._begun.seconds += self._watch.seconds
        self.app.pop_screen()
