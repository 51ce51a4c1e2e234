"""The contact ledger at a glance: members free today, and members freed in eight weeks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget

from console.client.vocabulary import LEDGER, LEDGER_MEANS, label_of
from console.presenters.styled_text import Phrase
from console.screens.base import PanelScreen, bindings
from console.widgets.styled_text import content, sparkline
from console.widgets.text import Static
from console.words import Text, bar, number, short_day, short_weekdays

if TYPE_CHECKING:
    from console.client.staff_client import StaffClient
    from services.contracts.http.campaigns import Contacts

_WEEKS = 8
_DAYS = 7
_CELL = 7
# Five shades of one colour: the number is always written, the shade only guides the eye.
_SHADES = ("", "on $primary 15%", "on $primary 30%", "on $primary 50%", "bold on $primary 75%")

TITLE = Text(fr="Contacts", en="Contacts")
CAN_BE_ASKED = Text(
    fr="peuvent être sollicités aujourd'hui, sur {members} membres",
    en="can be asked today, of {members} members",
)
FREED = Text(fr="DE NOUVEAU LIBRES, JOUR PAR JOUR", en="FREE AGAIN, DAY BY DAY")
WEEK_TOTAL = Text(fr="semaine", en="week")
LEDGER_HEAD = Text(fr="REGISTRE DES CONTACTS", en="CONTACT LEDGER")
WAITING = Text(fr="Lecture…", en="Reading…")
EMPTY = Text(
    fr="Le panel n'a pas encore de membres. Ils viennent d'un fichier :\n"
    "  panel members import FICHIER.csv",
    en="The panel has no members yet. They come from a file:\n  panel members import FILE.csv",
)


class ContactsScreen(PanelScreen["Contacts"]):
    ID = "contacts"
    BINDINGS = bindings("contacts")

    def compose_body(self) -> Iterable[Widget]:
        with VerticalScroll(id="contacts"):
            yield Static(id="glance")

    def title_in_words(self) -> str:
        return TITLE.in_(self.language)

    async def fetch(self, client: StaffClient) -> Contacts:
        return await client.contacts()

    def draw(self) -> None:
        language = self.language
        glance = self.query_one("#glance", Static)
        if self.snapshot is None:
            glance.update(content(Phrase("" if self.problem else WAITING.in_(language), "dim")))
            return
        contacts = self.snapshot
        self.shell.today = contacts.today
        if not contacts.members:
            glance.update(content(EMPTY.in_(language)))
            return
        free = number(contacts.can_be_asked_today, language)
        members = number(contacts.members, language)
        glance.update(
            content(
                "\n",
                Phrase(free, "strong"),
                f" {CAN_BE_ASKED.in_(language, members=members)}\n",
                sparkline(bar(contacts.can_be_asked_today, contacts.members, 72), self.stale),
                "\n\n",
                self._calendar(contacts),
                "\n\n",
                self._ledger(contacts),
                stale=self.stale,
            )
        )

    def _calendar(self, contacts: Contacts) -> Content:
        """Weeks as rows, Monday to Sunday, so that weekends line up."""
        language = self.language
        freed = {release.day: release.members for release in contacts.freed}
        top = max(freed.values(), default=0)
        monday = contacts.today - timedelta(days=contacts.today.weekday())
        heads = "".join(f"{name:>{_CELL}}" for name in short_weekdays(language))
        lines = [
            content(Phrase(FREED.in_(language), "dim")),
            content(Phrase(f"{'':<9}{heads}{WEEK_TOTAL.in_(language):>10}", "dim")),
        ]
        last = max(freed, default=contacts.today)
        for week in range(_WEEKS + 1):
            first = monday + timedelta(days=week * _DAYS)
            if first > last:
                break
            days = [first + timedelta(days=n) for n in range(_DAYS)]
            total = sum(freed.get(day, 0) for day in days)
            cells = [self._cell(day, freed, top) for day in days]
            lines.append(
                content(
                    Phrase(f"{short_day(first, language):<9}", "dim"),
                    *cells,
                    Phrase(f"{number(total, language):>10}", "dim"),
                )
            )
        return Content("\n").join(lines)

    def _cell(self, day: date, freed: dict[date, int], top: int) -> Content:
        if day not in freed:
            return Content(" " * _CELL)
        count = freed[day]
        shade = 0 if not count else 1 + min(count * 4 // (top + 1), 3)
        text = f"{number(count, self.language) if count else '·':>{_CELL - 2}} "
        if self.stale or not shade:
            return content(" ", Phrase(text, "dim"))
        return content(" ", Content.styled(text, _SHADES[shade]))

    def _ledger(self, contacts: Contacts) -> Content:
        language = self.language
        top = max(contacts.ledger.values(), default=0)
        lines = [content(Phrase(LEDGER_HEAD.in_(language), "dim"))]
        states = (*LEDGER, *(contacts.ledger.keys() - LEDGER.keys()))
        for state in states:
            count = contacts.ledger.get(state, 0)
            lines.append(
                content(
                    f"{label_of(LEDGER, state, language):<10}",
                    Phrase(f"{number(count, language):>7}", "strong"),
                    "  ",
                    sparkline(bar(count, top, 6).ljust(7), self.stale),
                    Phrase(label_of(LEDGER_MEANS, state, language), "dim"),
                )
            )
        return Content("\n").join(lines)
