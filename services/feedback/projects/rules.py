"""Progress of a project towards its report, and the sentences that say what blocks it."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.runtime.text import Language, Text


class ProjectStatus(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    OPEN = "open"
    RECRUITED = "recruited"
    COLLECTED = "collected"
    REPORTING = "reporting"
    CLOSED = "closed"
    ABANDONED = "abandoned"


class CollectionStatus(StrEnum):
    """The statuses on which the report depends."""

    ENDED = "ended"
    SYNTHESISED = "synthesised"


COLLECTION_OVER = (ProjectStatus.COLLECTED, ProjectStatus.REPORTING, ProjectStatus.CLOSED)


@dataclass(frozen=True)
class ProjectRecord:
    """The copy of a project, with its listed proposals counted by the state of their decisions.

    `missing`: the listed version has not arrived; `awaiting`: no decision on the listed version;
    `redrafted`: a published decision stays in force while its revision is drafted; `revised`:
    signed, not yet published. `proposals` is None until a synthesis lists them.
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
        """The day by which every proposal is to have its decision; None while collection runs."""
        if self.state not in COLLECTION_OVER:
            return None
        return self.collection_ends_on + timedelta(days=within_days)

    def overdue(self, within_days: int, today: date) -> int:
        """Number of proposals without a signed decision after that day."""
        by = self.decide_by(within_days)
        synthesised = self.collection == CollectionStatus.SYNTHESISED
        late = by is not None and today > by and synthesised
        return self.awaiting + self.drafted if late else 0

    def overdue_days(self, within_days: int, today: date) -> int:
        by = self.decide_by(within_days)
        return max(0, (today - by).days) if by else 0

    @property
    def report_blockers(self) -> "list[Blocker]":
        """Why its report cannot be published, whatever was published before."""
        if (
            self.state not in COLLECTION_OVER
            or self.collection != CollectionStatus.SYNTHESISED
            or self.proposals is None
        ):
            return [_not_synthesised(self)]
        blockers = []
        if self.missing:
            blockers.append(_counted(self.missing, _MISSING))
        if self.awaiting:
            blockers.append(_counted(self.awaiting, _AWAITING))
        if self.drafted:
            blockers.append(_counted(self.drafted, _DRAFTED, name=self.decision_maker))
        if not self.has_summary:
            blockers.append(Blocker(_NO_SUMMARY, {}))
        return blockers

    @property
    def has_unpublished_changes(self) -> bool:
        """Whether a new version of the report would differ from the last one."""
        return self.report_version is None or self.revised > 0 or self.summary_changed

    @property
    def blockers(self) -> "list[Blocker]":
        """Why the project is not closed yet; empty for one that is closed or abandoned."""
        if self.state in (ProjectStatus.DRAFT, ProjectStatus.ABANDONED):
            return []
        if self.report_version is None:
            return self.report_blockers or [Blocker(_READY, {})]
        blockers = []
        if self.redrafted:
            blockers.append(_counted(self.redrafted, _DRAFTED, name=self.decision_maker))
        if self.has_unpublished_changes:
            blockers.append(Blocker(_REVISED, {}))
        if self.state == ProjectStatus.COLLECTED:
            blockers.append(Blocker(_NOT_RECEIVED, {}))
        if self.state == ProjectStatus.REPORTING:
            owed = (self.duties or {}).get("owed")
            blockers.append(_counted(owed, _OWED) if owed else Blocker(_LEAVING, {}))
        return blockers


@dataclass(frozen=True)
class Blocker:
    """One sentence with its numbers."""

    text: Text
    data: dict[str, Any]

    def sentence(self, language: Language) -> str:
        return self.text.in_(language, **self.data)


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
    fr="le retour est publié et en cours d'envoi aux participants",
    en="the report is published and on its way to participants",
)
_LEAVING = Text(
    fr="les retours sont en cours d'envoi aux participants",
    en="reports are on their way to participants",
)
_NO_SYNTHESIS = Text(fr="la synthèse n'est pas terminée", en="the synthesis is not finished")
_NOT_OPENED = Text(
    fr="les réponses ne sont pas encore ouvertes", en="the responses are not opened yet"
)
_COLLECTION_UNKNOWN = Text(
    fr="l'état des réponses n'est pas encore connu ici",
    en="the state of the responses is not known here yet",
)
_COLLECTING = Text(
    fr="le recueil se termine le {day:%d/%m/%Y}", en="collection ends on {day:%d %B %Y}"
)


def _not_synthesised(project: ProjectRecord) -> Blocker:
    if project.state not in COLLECTION_OVER:
        return Blocker(_COLLECTING, {"day": project.collection_ends_on})
    if project.collection is None:
        return Blocker(_COLLECTION_UNKNOWN, {})
    if project.unread:
        return _counted(project.unread, _UNREAD)
    if project.collection in tuple(CollectionStatus):
        return Blocker(_NO_SYNTHESIS, {})
    return Blocker(_NOT_OPENED, {})


def _counted(n: int, texts: tuple[Text, Text], **data: Any) -> Blocker:
    """The singular or the plural."""
    return Blocker(texts[n > 1], {"n": n, **data})
