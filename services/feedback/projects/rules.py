"""Where a project stands on the way to its report, and what blocks it, in words."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from services.runtime.text import Text

OVER = ("collected", "reporting", "closed")


@dataclass(frozen=True)
class Standing:
    """A project with the counts of its listed proposals by where their decisions stand; as stored.

    A listed proposal that is not held at its listed version is `missing`; one whose decision was
    written on another version is `awaiting`. `redrafted` ones have a published decision that stays
    in force meanwhile; `revised` counts signatures not published yet.
    """

    project_id: UUID
    title: str
    state: str
    decision_maker: str
    collection_ends_on: date
    collection: str | None
    contributions: int | None
    unread: int | None
    proposals: int | None
    missing: int
    awaiting: int
    drafted: int
    redrafted: int
    signed: int
    revised: int
    has_summary: bool
    summary_changed: bool
    report_version: int | None
    duties: dict[str, Any] | None

    def decide_by(self, within_days: int) -> date | None:
        """The day by which every proposal is to have its answer; none while words still come in."""
        if self.state not in OVER:
            return None
        return self.collection_ends_on + timedelta(days=within_days)

    def overdue(self, within_days: int, today: date) -> int:
        """Proposals without a signed decision beyond that day."""
        by = self.decide_by(within_days)
        late = by is not None and today > by and self.collection == "synthesised"
        return self.awaiting + self.drafted if late else 0

    def overdue_days(self, within_days: int, today: date) -> int:
        by = self.decide_by(within_days)
        return max(0, (today - by).days) if by else 0

    @property
    def unanswered(self) -> "list[Line]":
        """Why its report cannot be published, whatever was published before."""
        if self.state not in OVER or self.collection != "synthesised":
            return [_not_synthesised(self)]
        lines = []
        if self.missing:
            lines.append(_many(self.missing, _MISSING))
        if self.awaiting:
            lines.append(_many(self.awaiting, _AWAITING))
        if self.drafted:
            lines.append(_many(self.drafted, _DRAFTED, name=self.decision_maker))
        if not self.has_summary:
            lines.append(Line(_NO_SUMMARY, {}))
        return lines

    @property
    def has_news(self) -> bool:
        """Something that the last report did not say."""
        return self.report_version is None or self.revised > 0 or self.summary_changed

    @property
    def blocked_by(self) -> "list[Line]":
        """What still stands between this project and its end; empty once it is closed."""
        if self.state in ("draft", "abandoned"):
            return []
        if self.report_version is None:
            return self.unanswered or [Line(_READY, {})]
        lines = []
        if self.redrafted:
            lines.append(_many(self.redrafted, _DRAFTED, name=self.decision_maker))
        if self.has_news:
            lines.append(Line(_REVISED, {}))
        if self.state == "collected":
            lines.append(Line(_NOT_RECEIVED, {}))
        if self.state == "reporting":
            owed = (self.duties or {}).get("owed")
            lines.append(_many(owed, _OWED) if owed else Line(_LEAVING, {}))
        return lines


@dataclass(frozen=True)
class Line:
    """One sentence with its numbers."""

    text: Text
    data: dict[str, Any]

    def say(self, language: str) -> str:
        return self.text.in_("fr" if language == "fr" else "en", **self.data)


_MISSING = (
    Text(
        fr="1 proposition listée n'est pas encore arrivée",
        en="1 listed proposal has not arrived yet",
    ),
    Text(
        fr="{n} propositions listées ne sont pas encore arrivées",
        en="{n} listed proposals have not arrived yet",
    ),
)
_AWAITING = (
    Text(fr="1 décision à rédiger", en="1 decision to draft"),
    Text(fr="{n} décisions à rédiger", en="{n} decisions to draft"),
)
_DRAFTED = (
    Text(
        fr="1 décision attend la signature de {name}", en="1 decision waits for {name} to sign it"
    ),
    Text(
        fr="{n} décisions attendent la signature de {name}",
        en="{n} decisions wait for {name} to sign them",
    ),
)
_OWED = (
    Text(fr="1 retour à envoyer", en="1 report still to send"),
    Text(fr="{n} retours à envoyer", en="{n} reports still to send"),
)
_UNREAD = (
    Text(fr="1 contribution à lire", en="1 contribution still to read"),
    Text(fr="{n} contributions à lire", en="{n} contributions still to read"),
)
_NO_SUMMARY = Text(fr="le résumé du retour n'est pas écrit", en="the report has no summary yet")
_READY = Text(fr="le retour est prêt à être publié", en="the report is ready to be published")
_REVISED = Text(
    fr="une révision est prête et n'est pas encore publiée",
    en="a revision is ready and not published yet",
)
_NOT_RECEIVED = Text(
    fr="le retour est publié et part vers les participants",
    en="the report is published and on its way to participants",
)
_LEAVING = Text(
    fr="les retours partent vers les participants", en="reports are leaving to participants"
)
_NO_SYNTHESIS = Text(fr="la synthèse n'est pas terminée", en="the synthesis is not finished")
_NOT_OPENED = Text(
    fr="les réponses ne sont pas encore ouvertes", en="the answers are not opened yet"
)
_UNHEARD = Text(
    fr="ce que sont devenues les réponses n'est pas encore connu ici",
    en="what became of the answers is not known here yet",
)
_COLLECTING = Text(
    fr="le recueil se termine le {day:%d/%m/%Y}", en="collection ends on {day:%d %B %Y}"
)


def _not_synthesised(standing: Standing) -> Line:
    if standing.state not in OVER:
        return Line(_COLLECTING, {"day": standing.collection_ends_on})
    if standing.collection is None:
        return Line(_UNHEARD, {})
    if standing.unread:
        return _many(standing.unread, _UNREAD)
    if standing.collection in ("ended", "synthesised"):
        return Line(_NO_SYNTHESIS, {})
    return Line(_NOT_OPENED, {})


def _many(n: int, texts: tuple[Text, Text], **data: Any) -> Line:
    return Line(texts[n > 1], {"n": n, **data})
