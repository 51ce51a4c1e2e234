"""The proposals of a project: drafted, merged, themed, and at last listed in the synthesis."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from textual.containers import Container, Horizontal
from textual.content import Content
from textual.widget import Widget

from console.client.requests import build_request
from console.presenters.styled_text import Phrase
from console.routes import AttentionRoute, ProjectDecisionsRoute, SearchRoute
from console.screens.acts import ActingScreen
from console.screens.base import bindings
from console.screens.dialogs import ConfirmScreen, NewsScreen
from console.screens.reading.proposal_dialogs import Choice, PickScreen, ProposalForm
from console.screens.searching import Searching
from console.widgets.styled_text import content
from console.widgets.table import Column, Row, Table
from console.widgets.text import Input, Static
from console.words import Count, Text, elide, fold, full_day, number
from services.contracts.http.proposals import (
    MergeProposal,
    ProposalBoard,
    ProposalView,
    Synthesise,
    UnmergeProposal,
)

if TYPE_CHECKING:
    from console.client.staff_client import StaffClient

TITLE = Text(fr="Propositions : {title}", en="Proposals: {title}")
HEADS = {
    "title": Text(fr="Proposition", en="Proposal"),
    "theme": Text(fr="Thème", en="Theme"),
    "support": Text(fr="Soutien", en="Support"),
}
ABOUT = Text(
    fr="{shown} · sans suggestion {none} · cas personnels {personal}",
    en="{shown} · no suggestion {none} · personal cases {personal}",
)
SHOWN = Count(
    Text(fr="{n} proposition", en="{n} proposal"), Text(fr="{n} propositions", en="{n} proposals")
)
THEMED = Text(fr=" · thème : {theme}", en=" · theme: {theme}")
SEARCH = Text(fr="chercher dans les titres", en="search in titles")
EMPTY = Text(
    fr="Aucune proposition : n en écrit une, ou une lecture (5) en tire d'une contribution.",
    en="No proposal: n writes one, or a reading (5) draws one from a contribution.",
)
MERGED = Text(fr="regroupe {n} autre(s)", en="merges {n} other(s)")
NEAR = Text(
    fr="Proche de « {title} » ({share:.0%}) : une suggestion, g les regroupe.",
    en="Near to “{title}” ({share:.0%}): a suggestion, g merges them.",
)
BLOCKED = Text(fr="Avant la synthèse :", en="Before the synthesis:")
READY = Text(
    fr="Rien n'empêche plus la synthèse : p.", en="Nothing prevents the synthesis any more: p."
)
SYNTHESISED = Text(
    fr="Synthèse faite par {who}, {on} : plus rien ne change.",
    en="Synthesis made by {who}, {on}: nothing changes any more.",
)
WRITE = Text(fr="Nouvelle proposition", en="New proposal")
EDIT = Text(fr="Modifier la proposition", en="Edit the proposal")
INTO = Text(
    fr="Regrouper dans laquelle ? Ses contributions la soutiendront.",
    en="Merge into which? Its contributions will support that one.",
)
MERGE = Text(fr="Regrouper deux propositions", en="Merge two proposals")
MERGING = Text(
    fr="« {title} » ({support}) sera réunie à « {into} » ({into_support}) : ses contributions la"
    " soutiendront, chacune comptée une fois. Cela se défait jusqu'à la synthèse : u.",
    en="“{title}” ({support}) will be merged into “{into}” ({into_support}): its contributions"
    " will support that one, each counted once. It can be undone until the synthesis: u.",
)
CONTRIBUTIONS = Count(
    Text(fr="{n} contribution", en="{n} contribution"),
    Text(fr="{n} contributions", en="{n} contributions"),
)
DO_MERGE = Text(fr="regrouper", en="merge")
MERGE_DONE = Text(fr="« {title} » est réunie. u : défaire.", en="“{title}” is merged. u: undo.")
SEPARATE = Text(
    fr="Quelle réunion défaire ? La proposition redevient un brouillon, avec ses contributions.",
    en="Which merge is to be undone? The proposal is a draft again, with its contributions.",
)
NOTHING_MERGED = Text(
    fr="Aucune proposition n'est réunie à une autre.", en="No proposal is merged into another."
)
UNMERGED = Text(
    fr="« {title} » est de nouveau un brouillon ({support}).",
    en="“{title}” is a draft again ({support}).",
)
_TITLE_SHOWN = 60
SYNTHESIS = Text(fr="Publier la synthèse", en="Publish the synthesis")
SENTENCE = Count(
    Text(
        fr="{n} proposition sera listée à la version que vous voyez, et annoncée. Ensuite plus rien"
        " ne change : ni propositions, ni lectures. Chaque proposition listée devra recevoir une"
        " décision motivée et signée.",
        en="{n} proposal will be listed at the version you see, and announced. Nothing changes"
        " afterwards: no proposal, no reading. Each listed proposal must get a reasoned, signed"
        " decision.",
    ),
    Text(
        fr="{n} propositions seront listées à la version que vous voyez, et annoncées. Ensuite plus"
        " rien ne change : ni propositions, ni lectures. Chaque proposition listée devra recevoir"
        " une décision motivée et signée.",
        en="{n} proposals will be listed at the version you see, and announced. Nothing changes"
        " afterwards: no proposal, no reading. Each listed proposal must get a reasoned, signed"
        " decision.",
    ),
)
DO_SYNTHESISE = Text(fr="publier", en="publish")
WORD = Text(fr="SYNTHÈSE", en="SYNTHESIS")
DONE = Text(fr="La synthèse est publiée.", en="The synthesis is published.")
SORTS: dict[str, Callable[[ProposalView], Any]] = {
    "support": lambda proposal: (-proposal.support, proposal.title),
    "theme": lambda proposal: (proposal.theme or "\uffff", -proposal.support, proposal.title),
    "title": lambda proposal: (proposal.title,),
}


class BoardScreen(Searching, ActingScreen[ProposalBoard]):
    ID = "board"
    SERVICE = "responses"
    BINDINGS = bindings("board")

    def __init__(self, project_id: UUID) -> None:
        super().__init__()
        self._project_id = project_id
        self._theme: str | None = None
        self._sort = "support"
        self._just_merged: UUID | None = None

    def compose_body(self) -> Iterable[Widget]:
        with Horizontal(id="strip"):
            yield Static(id="about")
            yield Input(id="search")
        with Container(id="body"):
            yield Table(id="proposals")
            yield Static(id="next", classes="block")

    def on_mount(self) -> None:
        self.query_one(Table).focus()

    def title_in_words(self) -> str:
        title = self.snapshot.title if self.snapshot else "…"
        return TITLE.in_(self.language, title=title)

    async def fetch(self, client: StaffClient) -> ProposalBoard:
        return await client.proposal_board(self._project_id)

    def _visible(self) -> list[ProposalView]:
        proposals = self.snapshot.proposals if self.snapshot else []
        part = self.searched.casefold()
        return sorted(
            (
                proposal
                for proposal in proposals
                if proposal.state != "merged"
                and self._theme in (None, proposal.theme)
                and part in proposal.title.casefold()
            ),
            key=SORTS[self._sort],
        )

    def chosen(self) -> ProposalView | None:
        key = self.query_one(Table).selected
        return next((proposal for proposal in self._visible() if str(proposal.id) == key), None)

    def draw(self) -> None:
        board, language = self.snapshot, self.language
        if board is None:
            return
        self.freshen_title()
        proposals = self._visible()
        summary = ABOUT.in_(
            language,
            shown=SHOWN.say(len(proposals), language),
            none=number(board.no_suggestion, language),
            personal=number(board.personal_cases, language),
        ) + (THEMED.in_(language, theme=self._theme) if self._theme else "")
        self.query_one("#about", Static).update(content(Phrase(summary, "dim"), stale=self.stale))
        self.query_one("#search", Input).placeholder = SEARCH.in_(language)
        table = self.query_one(Table)
        table.mark_stale(self.stale)
        columns = [
            Column(HEADS["title"].in_(language)),
            Column(HEADS["theme"].in_(language), 20, keep=5),
            Column(HEADS["support"].in_(language), 8, "right"),
        ]
        rows = [
            Row(
                str(proposal.id),
                (
                    Phrase(proposal.title),
                    Phrase(proposal.theme or "–", "dim"),
                    Phrase(number(proposal.support, language), "strong"),
                ),
            )
            for proposal in proposals
        ]
        if not rows:
            columns, rows = [Column("")], [Row("", (Phrase(EMPTY.in_(language), "dim"),))]
        table.show(columns, rows)
        self._draw_next()

    def _draw_next(self) -> None:
        board, language = self.snapshot, self.language
        if board is None:
            return
        room = (42 if self.has_class("-wide") else self.size.width) - 3
        parts: list[Content | Phrase | str] = []
        if proposal := self.chosen():
            lines = fold(proposal.text, room).splitlines()
            limit = 20 if self.has_class("-wide") else 2
            parts.append("\n".join(lines[:limit]) + (" …" if len(lines) > limit else ""))
            if proposal.merged_ids:
                parts.append(Phrase(f"\n{MERGED.in_(language, n=len(proposal.merged_ids))}", "dim"))
            for near in self._near(board, proposal):
                parts.append(Phrase(f"\n{fold(near, room)}", "attention"))
            parts.append("\n")
        if board.synthesised_on:
            on = full_day(board.synthesised_on, self.shell.today, language)
            sentence = SYNTHESISED.in_(language, who=board.synthesised_by, on=on)
            parts.append(Phrase(f"✓ {fold(sentence, room)}", "done"))
        elif board.blocked_by:
            sentence = f"{BLOCKED.in_(language)} {' '.join(board.blocked_by)}"
            parts.append(Phrase(f"! {fold(sentence, room)}", "attention"))
        else:
            parts.append(Phrase(f"✓ {READY.in_(language)}", "done"))
        self.query_one("#next", Static).update(content(*parts, stale=self.stale))

    def _near(self, board: ProposalBoard, proposal: ProposalView) -> Iterable[str]:
        titles = {other.id: other.title for other in board.proposals}
        for pair in board.near:
            if proposal.id in (pair.first, pair.second):
                other = pair.second if pair.first == proposal.id else pair.first
                yield NEAR.in_(self.language, title=titles.get(other, "?"), share=pair.similarity)

    def on_table_selected(self) -> None:
        self._draw_next()

    def on_table_opened(self, message: Table.Opened) -> None:
        if message.key:
            self.shell.open(SearchRoute(self._project_id, UUID(message.key)))

    # Actions, as the screen names them.

    def action_open(self) -> None:
        self.query_one(Table).action_open()

    def action_new_proposal(self) -> None:
        self._write(WRITE, f"new proposal {self._project_id}", None)

    def action_edit(self) -> None:
        if proposal := self.chosen():
            self._write(EDIT, f"proposal {proposal.id}", proposal)

    def _write(self, heading: Text, key: str, existing: ProposalView | None) -> None:
        def saved(proposal: ProposalView | None) -> None:
            if proposal:
                self.want()

        themes = self.snapshot.themes if self.snapshot else []
        form = ProposalForm(heading, key, self._project_id, existing, themes)
        self.app.push_screen(form, saved)

    def action_merge(self) -> None:
        board, proposal = self.snapshot, self.chosen()
        if board is None or proposal is None:
            return
        likeness = {
            (pair.second if pair.first == proposal.id else pair.first): pair.similarity
            for pair in board.near
            if proposal.id in (pair.first, pair.second)
        }
        other_proposals = [p for p in board.proposals if p.state == "draft" and p.id != proposal.id]
        other_proposals.sort(key=lambda p: (-likeness.get(p.id, 0), p.title))
        choices = [
            Choice(str(p.id), p.title, f"{likeness[p.id]:.0%}" if p.id in likeness else "")
            for p in other_proposals
        ]

        def chosen(key: str | None) -> None:
            if key:
                self._ask_to_merge(proposal, next(p for p in other_proposals if str(p.id) == key))

        self.app.push_screen(PickScreen(INTO, choices), chosen)

    def _ask_to_merge(self, proposal: ProposalView, into: ProposalView) -> None:
        language = self.language

        def go(confirmed: bool | None) -> None:
            if confirmed:
                self.act(
                    lambda client: client.merge_proposal(
                        proposal.id,
                        build_request(
                            MergeProposal, language, into=into.id, version=proposal.version
                        ),
                    ),
                    lambda _: self._merged(proposal),
                )

        sentence = MERGING.in_(
            language,
            title=elide(proposal.title, _TITLE_SHOWN),
            support=CONTRIBUTIONS.say(proposal.support, language),
            into=elide(into.title, _TITLE_SHOWN),
            into_support=CONTRIBUTIONS.say(into.support, language),
        )
        self.app.push_screen(ConfirmScreen(MERGE, sentence, DO_MERGE), go)

    def _merged(self, proposal: ProposalView) -> None:
        self._just_merged = proposal.id
        self.notify(
            f"✓ {MERGE_DONE.in_(self.language, title=elide(proposal.title, _TITLE_SHOWN))}",
            timeout=10,
        )

    def action_undo_merge(self) -> None:
        """The last merge made here; else one of those that were made before."""
        board = self.snapshot
        if board is None or board.synthesised_on:
            return
        merged = [proposal for proposal in board.proposals if proposal.state == "merged"]
        if not merged:
            self.app.push_screen(NewsScreen(Phrase(NOTHING_MERGED.in_(self.language))))
            return
        if last := next(
            (proposal for proposal in merged if proposal.id == self._just_merged), None
        ):
            self._unmerge(last)
            return
        titles = {proposal.id: proposal.title for proposal in board.proposals}
        choices = [
            Choice(str(proposal.id), f"{proposal.title} → {titles.get(proposal.merged_into, '?')}")
            for proposal in merged
            if proposal.merged_into
        ]

        def chosen(key: str | None) -> None:
            if key:
                self._unmerge(next(proposal for proposal in merged if str(proposal.id) == key))

        self.app.push_screen(PickScreen(SEPARATE, choices), chosen)

    def _unmerge(self, proposal: ProposalView) -> None:
        self.act(
            lambda client: client.unmerge_proposal(
                proposal.id, build_request(UnmergeProposal, self.language, version=proposal.version)
            ),
            self._unmerged,
        )

    def _unmerged(self, proposal: ProposalView) -> None:
        self._just_merged = None
        sentence = UNMERGED.in_(
            self.language,
            title=elide(proposal.title, _TITLE_SHOWN),
            support=CONTRIBUTIONS.say(proposal.support, self.language),
        )
        self.notify(f"✓ {sentence}", timeout=5)

    def action_synthesise(self) -> None:
        board, language = self.snapshot, self.language
        if board is None or board.synthesised_on:
            return
        if board.blocked_by:
            reasons = [Phrase(f"  · {reason}") for reason in board.blocked_by]
            self.app.push_screen(
                NewsScreen(Phrase(f"! {BLOCKED.in_(language)}", "attention"), *reasons)
            )
            return
        listed = [
            {"id": proposal.id, "version": proposal.version}
            for proposal in board.proposals
            if proposal.state == "draft"
        ]

        def go(confirmed: bool | None) -> None:
            if confirmed:
                order = build_request(Synthesise, language, proposals=listed)
                self.act(
                    lambda client: client.synthesise(self._project_id, order), self._synthesised
                )

        sentence = SENTENCE.say(len(listed), language)
        self.app.push_screen(ConfirmScreen(SYNTHESIS, sentence, DO_SYNTHESISE, WORD), go)

    def _synthesised(self, _: ProposalBoard) -> None:
        self.notify(f"✓ {DONE.in_(self.language)}")

    def action_attention(self) -> None:
        self.shell.open(AttentionRoute(self._project_id))

    def action_decisions(self) -> None:
        self.shell.open(ProjectDecisionsRoute(self._project_id))

    def action_theme(self) -> None:
        themes = [None, *(self.snapshot.themes if self.snapshot else [])]
        position = themes.index(self._theme) if self._theme in themes else 0
        self._theme = themes[(position + 1) % len(themes)]
        self.draw()

    def action_order(self) -> None:
        names = list(SORTS)
        self._sort = names[(names.index(self._sort) + 1) % len(names)]
        self.draw()

    def action_back(self) -> None:
        """Out of the search first, then out of the screen."""
        if not self.leave_search():
            self.app.pop_screen()
