"""The reading room: what waits to be read, project by project."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from textual.containers import Container
from textual.widget import Widget

from console.client.vocabulary import COLLECTION, label_of
from console.presenters.attention import unread_of
from console.presenters.styled_text import Phrase, with_sign
from console.routes import (
    AttentionRoute,
    BoardRoute,
    ContributionRoute,
    ProjectDecisionsRoute,
    SearchRoute,
)
from console.screens.base import PanelScreen, bindings
from console.widgets.styled_text import content
from console.widgets.table import Column, Row, Table
from console.widgets.text import Static
from console.words import Count, Text, fold, number

if TYPE_CHECKING:
    from console.client.staff_client import StaffClient
    from services.contracts.http.reading import AttentionView
    from services.contracts.http.responses import CollectionView

TITLE = Text(fr="Salle de lecture", en="Reading room")
HEADS = {
    "project": Text(fr="Projet", en="Project"),
    "state": Text(fr="Étape", en="Step"),
    "words": Text(fr="Contributions", en="Contributions"),
    "unread": Text(fr="À lire", en="To read"),
}
EMPTY = Text(
    fr="Aucun projet publié encore : leurs contributions seront lues ici.",
    en="No project is published yet: their contributions will be read here.",
)
SEALED = Count(
    Text(
        fr="{n} réponse attend d'être ouverte avec d'autres.",
        en="{n} answer waits to be opened with others.",
    ),
    Text(
        fr="{n} réponses attendent d'être ouvertes ensemble, mélangées.",
        en="{n} answers wait to be opened together, shuffled.",
    ),
)
NO_ANSWER = Text(
    fr="Rien à lire encore : les réponses s'ouvrent toutes ensemble, à la fin du recueil.",
    en="Nothing to read yet: answers are opened all together, when collection ends.",
)
WAITS = Count(
    Text(
        fr="{n} contribution attend une lecture, depuis {{days}} jour(s).",
        en="{n} contribution waits for a reading, for {{days}} day(s).",
    ),
    Text(
        fr="{n} contributions attendent une lecture, la plus ancienne depuis {{days}} jour(s).",
        en="{n} contributions wait for a reading, the oldest for {{days}} day(s).",
    ),
)
ALL_READ = Text(
    fr="Tout est lu. b : les propositions, puis la synthèse.",
    en="Everything is read. b: the proposals, then the synthesis.",
)
DONE = Text(fr="La synthèse est faite.", en="The synthesis is done.")


@dataclass(frozen=True)
class RoomSnapshot:
    collections: list[CollectionView]
    attention: dict[UUID, AttentionView]


class ReadingRoomScreen(PanelScreen[RoomSnapshot]):
    ID = "reading"
    SERVICE = "responses"
    BINDINGS = bindings("reading")

    def compose_body(self) -> Iterable[Widget]:
        with Container(id="body"):
            yield Table(id="collections")
            yield Static(id="next", classes="block")

    def on_mount(self) -> None:
        self.query_one(Table).focus()

    def title_in_words(self) -> str:
        return TITLE.in_(self.language)

    async def fetch(self, client: StaffClient) -> RoomSnapshot:
        collections = await client.collections()
        with_words = [
            collection.project_id for collection in collections if collection.contributions
        ]
        attentions = await gather(*(client.attention(id) for id in with_words))
        return RoomSnapshot(collections, dict(zip(with_words, attentions, strict=True)))

    def chosen(self) -> CollectionView | None:
        key = self.query_one(Table).selected
        collections = self.snapshot.collections if self.snapshot else []
        return next(
            (collection for collection in collections if str(collection.project_id) == key), None
        )

    def draw(self) -> None:
        language = self.language
        table = self.query_one(Table)
        table.mark_stale(self.stale)
        if self.snapshot is None:
            return
        columns = [
            Column(HEADS["project"].in_(language)),
            Column(HEADS["state"].in_(language), 22, keep=5),
            Column(HEADS["words"].in_(language), 13, "right", keep=6),
            Column(HEADS["unread"].in_(language), 9, "right"),
        ]
        # Collections with unread contributions first; finished ones last.
        ordered = sorted(
            self.snapshot.collections,
            key=lambda collection: (-self._unread(collection), collection.title),
        )
        rows = [self._row(collection) for collection in ordered]
        if not rows:
            columns, rows = [Column("")], [Row("", (Phrase(EMPTY.in_(language), "dim"),))]
        table.show(columns, rows)
        self._draw_next()

    def _unread(self, collection: CollectionView) -> int:
        attention = self.snapshot.attention.get(collection.project_id) if self.snapshot else None
        return unread_of(attention) if attention else 0

    def _row(self, collection: CollectionView) -> Row:
        language, unread = self.language, self._unread(collection)
        count = number(collection.contributions, language) if collection.contributions else "–"
        return Row(
            str(collection.project_id),
            (
                Phrase(collection.title),
                Phrase(label_of(COLLECTION, collection.state, language), "dim"),
                Phrase(count, "" if collection.contributions else "dim"),
                Phrase(f"! {number(unread, language)}", "attention")
                if unread
                else (Phrase("✓", "done") if collection.contributions else Phrase("–", "dim")),
            ),
        )

    def _draw_next(self) -> None:
        collection = self.chosen()
        pane = self.query_one("#next", Static)
        if collection is None:
            pane.update("")
            return
        phrase = with_sign(self._next_step(collection))
        room = (42 if self.has_class("-wide") else self.size.width) - 3
        pane.update(content(Phrase(fold(phrase.text, room), phrase.tone), stale=self.stale))

    def _next_step(self, collection: CollectionView) -> Phrase:
        language = self.language
        attention = self.snapshot.attention.get(collection.project_id) if self.snapshot else None
        if collection.state == "synthesised":
            return Phrase(DONE.in_(language), "done")
        if attention is None:
            sentence = (
                SEALED.say(collection.sealed, language)
                if collection.sealed
                else NO_ANSWER.in_(language)
            )
            return Phrase(sentence)
        unread = unread_of(attention)
        if unread:
            sentence = WAITS.say(unread, language).format(days=attention.unread_days)
            return Phrase(sentence, "attention")
        return Phrase(ALL_READ.in_(language), "done")

    def on_table_selected(self) -> None:
        self._draw_next()

    def on_table_opened(self, message: Table.Opened) -> None:
        if message.key:
            self.shell.open(ContributionRoute(UUID(message.key)))

    def action_open(self) -> None:
        self.query_one(Table).action_open()

    def action_find(self) -> None:
        if collection := self.chosen():
            self.shell.open(SearchRoute(collection.project_id))

    def action_proposals(self) -> None:
        if collection := self.chosen():
            self.shell.open(BoardRoute(collection.project_id))

    def action_attention(self) -> None:
        if collection := self.chosen():
            self.shell.open(AttentionRoute(collection.project_id))

    def action_decisions(self) -> None:
        if collection := self.chosen():
            self.shell.open(ProjectDecisionsRoute(collection.project_id))
