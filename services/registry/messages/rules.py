"""Rules of messages: their content, subjects, and how texts fit into them."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from uuid import UUID

from services.registry.members.rules import Contact
from services.runtime.text import Language, Text, long_date

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
        fr="Votre adhésion au panel prend fin", en="Your membership of the panel is ending"
    ),
    "report": Text(
        fr="Ce qui a été retenu : {title}", en="What was retained of your proposals: {title}"
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Report:
    """The latest report of a project: its address and its summary."""

    version: int
    url: str
    summary: str


@dataclass(frozen=True)
class MessageContent:
    """Everything that a message contains, fixed when its attempt is recorded."""

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
    def participation(self) -> str | None:
        """State of the participation that is confirmed: joined, waitlisted or promoted."""
        return self.details.get("participation") if self.kind == "confirmation" else None

    @property
    def subject(self) -> Text:
        return SUBJECTS.get(f"{self.kind}.{self.participation}", SUBJECTS[self.kind])


def end_of_day_everywhere(day: date, extra: timedelta = timedelta()) -> datetime:
    """The end of a civil day everywhere on Earth (UTC-12), plus `extra`."""
    return datetime.combine(day, time(), UTC) + timedelta(days=1, hours=12) + extra


def is_over(last_day: date | None, today: date) -> bool:
    return last_day is not None and last_day < today


def in_language(url: str, language: Language) -> str:
    """A public address with the reader's language; its other parameters stay."""
    parts = urlsplit(url)
    parameters = [
        pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "lang"
    ]
    return urlunsplit(parts._replace(query=urlencode([*parameters, ("lang", language)])))


def shortened(summary: str, limit: int = SUMMARY_LENGTH) -> str:
    """Whole paragraphs if they fit, else up to the end of a sentence, else of a word."""
    text = "\n\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n", summary.strip()))
    if len(text) <= limit:
        return text
    start = text[: limit + 1]
    ends = [end.end() for end in re.finditer(r"[.!?…](?=\s)", start)]
    if ends and ends[-1] > limit // 2:
        return start[: ends[-1]] + " […]"
    return (start.rpartition(" ")[0] or start[:limit]).rstrip(" ,;:") + " […]"


def long_last_day(day: date, language: Language) -> str:
    """A last day that counts in full, in the time zone of campaigns."""
    if language == "fr":
        return f"{long_date(day, language)} inclus (heure de Paris)"
    return f"the end of {long_date(day, language)} (Paris time)"
