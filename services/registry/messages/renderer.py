"""Messages as they leave: a text in the member's language, and the headers each one carries."""

import binascii
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.header import Header
from email.utils import format_datetime, formataddr, parseaddr
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from joserfc.jwk import OKPKey

from services.contracts.characters import clean
from services.registry.members.contact_encryption import Contact
from services.registry.messages.rules import end_of_day_everywhere
from services.runtime.http.member_links import Link, sign_link
from services.runtime.text import Language, Text

INVITATION, LEAVE, ERASURE = "invitation", "leave", "erasure"
# A page that asks whether to erase everything is good for as long as somebody reads it.
_TO_ERASE = timedelta(hours=1)
# Messages about one invitation lead back to its page.
_LEADING_BACK = {"invitation", "reminder", "confirmation"}
# The civil day on which campaigns lets the last ones accept and answer.
_LAST_DAYS = ZoneInfo("Europe/Paris")
# A link works somewhat longer than it is of use: a late reader gets a page that explains.
_LATE = timedelta(days=31)
# Characters of a report's summary in a message: the rest is a click away.
SUMMARY_LENGTH = 900

SUBJECTS = {
    "invitation": Text(fr="Votre avis sur : {title}", en="Your opinion on: {title}"),
    "reminder": Text(
        fr="Il est encore temps : {title}", en="There is still time: {title}"
    ),
    "confirmation": Text(
        fr="Vous participez : {title}", en="You are taking part: {title}"
    ),
    "confirmation.waitlisted": Text(
        fr="Vous êtes sur la liste d'attente : {title}", en="You are on the waiting list: {title}"
    ),
    "confirmation.promoted": Text(
        fr="Une place s'est libérée : {title}", en="A place has become free: {title}"
    ),
    "practicalities": Text(
        fr="Informations pratiques : {title}", en="Practical information: {title}"
    ),
    "requested_reminder": Text(
        fr="Le rappel que vous avez demandé : {title}", en="The reminder you asked for: {title}"
    ),
    "expiry": Text(
        fr="Votre participation au panel prend fin", en="Your time on the panel is ending"
    ),
    "report": Text(
        fr="Ce qui a été retenu : {title}", en="What was kept of your proposals: {title}"
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Report:
    """The newest account of a project's decisions: where it is, and what it says in short."""

    version: int
    url: str
    summary: str


@dataclass(frozen=True)
class Letter:
    """All that a message says, decided when its attempt was recorded."""

    order_id: UUID
    kind: str
    member_id: UUID
    subject_id: UUID
    language: Language
    to: Contact
    mandate: dict[str, Any] | None
    recruitment_ends_on: date | None
    collection_ends_on: date | None
    membership_ends_on: date
    details: dict[str, str]
    report: Report | None = None

    @property
    def standing(self) -> str | None:
        """Of a confirmation: joined, waitlisted, or promoted from the waiting list."""
        return self.details.get("participation") if self.kind == "confirmation" else None

    @property
    def subject(self) -> Text:
        return SUBJECTS.get(f"{self.kind}.{self.standing}", SUBJECTS[self.kind])


@dataclass(frozen=True)
class Message:
    recipient: str
    content: bytes


class Letters:
    """Writes messages; holds the key that signs members' links."""

    def __init__(
        self, sender: str, signing_key: OKPKey, registry_url: str, campaigns_url: str
    ) -> None:
        self._name, self.sender = parseaddr(sender)
        self._key = signing_key
        self._registry_url = registry_url
        self._campaigns_url = campaigns_url
        self._templates = Environment(
            loader=PackageLoader("services.registry.messages", "templates"),
            # Plain text: nothing here is ever read as HTML.
            autoescape=False,  # noqa: S701
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def leave_link(self, member_id: UUID, until: date) -> str:
        link = Link(member_id, member_id, LEAVE)
        signed = sign_link(self._key, link, end_of_day_everywhere(until, _LATE))
        return f"{self._registry_url}/leave/{signed}"

    def erasure_ticket(self, member_id: UUID, now: datetime) -> str:
        """Given by a page and by no message: the links that machines know do not erase."""
        return sign_link(self._key, Link(member_id, member_id, ERASURE), now + _TO_ERASE)

    def invitation_link(self, member_id: UUID, invitation_id: UUID, until: date) -> str:
        """Lives as long as participants contribute: it also leads to answering and to leaving."""
        link = Link(member_id, invitation_id, INVITATION)
        signed = sign_link(self._key, link, end_of_day_everywhere(until, _LATE))
        return f"{self._campaigns_url}/invitations/{signed}"

    def write(self, letter: Letter, now: datetime) -> Message:
        def t(fr: str, en: str) -> str:
            return fr if letter.language == "fr" else en

        until = max(letter.membership_ends_on, now.date())
        leave = self.leave_link(letter.member_id, until)
        title = (letter.mandate or {}).get("title", "")
        invitation = None
        if letter.kind in _LEADING_BACK:
            invitation = self.invitation_link(
                letter.member_id, letter.subject_id, letter.collection_ends_on or until
            )
        today = now.astimezone(_LAST_DAYS).date()
        text = self._templates.get_template(f"{letter.kind}.txt").render(
            t=t,
            name=letter.to.name,
            mandate=letter.mandate,
            title=title,
            details=letter.details,
            report=letter.report,
            report_link=letter.report and in_language(letter.report.url, letter.language),
            report_summary=letter.report and shortened(letter.report.summary),
            invitation=invitation,
            leave=leave,
            day=lambda day: _day(day, letter.language),
            end_of=lambda day: _end_of(day, letter.language),
            standing=letter.standing,
            date=date,
            recruitment_ends_on=letter.recruitment_ends_on,
            recruits=not _is_over(letter.recruitment_ends_on, today),
            collection_ends_on=letter.collection_ends_on,
            collects=not _is_over(letter.collection_ends_on, today),
            membership_ends_on=letter.membership_ends_on,
        )
        headers = {
            "From": formataddr((self._name, self.sender)),
            "To": letter.to.address,
            "Subject": _encoded(letter.subject.in_(letter.language, title=title)),
            "Date": format_datetime(now),
            # The same for every attempt of an order: a copy is recognised as one.
            "Message-ID": f"<{letter.order_id}@{self.sender.rpartition('@')[2]}>",
            "Content-Language": letter.language,
            "List-Unsubscribe": f"<{leave}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
            "X-Panel-Kind": letter.kind,
            "X-Panel-Order": str(letter.order_id),
            "MIME-Version": "1.0",
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Transfer-Encoding": "quoted-printable",
        }
        # Written by hand: the standard library's message objects cost ten times as much.
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        body = binascii.b2a_qp(_lines(text).encode(), istext=True).replace(b"\n", b"\r\n")
        return Message(letter.to.address, head.encode("ascii") + b"\r\n" + body)


def in_language(url: str, language: Language) -> str:
    """A public address that shows the reader's language, whatever else it carries."""
    parts = urlsplit(url)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "lang"]
    return urlunsplit(parts._replace(query=urlencode([*kept, ("lang", language)])))


def shortened(summary: str, most: int = SUMMARY_LENGTH) -> str:
    """Whole paragraphs if they fit, else up to the end of a sentence, else of a word."""
    text = "\n\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n", summary.strip()))
    if len(text) <= most:
        return text
    start = text[: most + 1]
    ends = [end.end() for end in re.finditer(r"[.!?…](?=\s)", start)]
    if ends and ends[-1] > most // 2:
        return start[: ends[-1]] + " […]"
    return (start.rpartition(" ")[0] or start[:most]).rstrip(" ,;:") + " […]"


def _is_over(last_day: date | None, today: date) -> bool:
    return last_day is not None and last_day < today


def _lines(text: str) -> str:
    """Text whose lines end by a line feed alone, whatever ended them before.

    Strict mail servers refuse a message with a carriage return of its own (SMTP smuggling), and
    readers disagree about U+2028 and its like. No control character is left, whatever is stored: a
    mail reader may be a terminal.
    """
    return "".join(clean(line) + "\n" for line in text.splitlines())


def _encoded(line: str) -> str:
    """A header value in ASCII and on lines of a length that mail servers accept."""
    words = " ".join(clean(line).split())
    return Header(words, "utf-8", maxlinelen=75, header_name="Subject").encode(linesep="\r\n")


_MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "en": "January February March April May June July August September October November December",
}


def _day(day: date, language: Language) -> str:
    month = _MONTHS[language].split()[day.month - 1]
    first = "1er" if language == "fr" and day.day == 1 else str(day.day)
    return f"{first} {month} {day.year}"


def _end_of(day: date, language: Language) -> str:
    """A last day, which counts in full where campaigns counts it."""
    written = _day(day, language)
    if language == "fr":
        return f"{written} inclus (heure de Paris)"
    return f"the end of {written} (Paris time)"
