"""A project and its mandate: what must be stated before anybody may be asked anything."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.campaigns.projects.rules_refusals import (
    CollectionNotReady,
    DatesOutOfOrder,
    MandateIncomplete,
    ProjectNotPublished,
    ProjectRefuses,
    RecruitmentOver,
    SameDecisionMaker,
)
from services.runtime.text import Text


class Phase(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    OPEN = "open"
    RECRUITED = "recruited"
    COLLECTED = "collected"
    REPORTING = "reporting"
    CLOSED = "closed"
    ABANDONED = "abandoned"


_NEXT = {
    Phase.DRAFT: {Phase.PUBLISHED, Phase.ABANDONED},
    Phase.PUBLISHED: {Phase.OPEN, Phase.ABANDONED},
    Phase.OPEN: {Phase.RECRUITED},
    Phase.RECRUITED: {Phase.COLLECTED},
    Phase.COLLECTED: {Phase.REPORTING},
    Phase.REPORTING: {Phase.CLOSED},
    Phase.CLOSED: {Phase.REPORTING},
    Phase.ABANDONED: set[Phase](),
}
COLLECTION_READY = "ready"


@dataclass(frozen=True)
class Roster:
    """Numbers of people on the day recruitment ends: asked, and taking part."""

    asked: int
    joined: int


@dataclass(frozen=True)
class DrawCommitment:
    """A launched campaign's seed, hexadecimal, and the hash that was published before the draw."""

    commitment: str
    seed: str


@dataclass(frozen=True)
class MandateChange:
    """Decision maker from a version of the project on, and the one before; public."""

    version: int
    name: str
    role: str
    account: str
    name_before: str
    role_before: str
    account_before: str
    reason: str
    changed_on: date


@dataclass(frozen=True)
class Project:
    """One subject on which the administration wants opinion, with its mandate; as stored."""

    id: UUID
    version: int
    state: Phase
    title: str
    nature: str
    why: str
    stakes: str
    objectives: str
    purpose: str
    decision_maker_name: str
    decision_maker_role: str
    # May be empty in a draft.
    decision_maker_account: str
    who: str
    how: str
    compensation_terms: str | None
    compensation_reference: str | None
    recruitment_ends_on: date | None
    collection_ends_on: date | None
    places: int | None
    free_places: int | None
    anonymity_floor: int
    asked: int | None
    joined: int | None
    ended_early_reason: str | None
    credential_key: dict[str, str] | None
    credentials_issued: int | None
    report_version: int | None = None
    report_duties: dict[str, int] | None = None

    @property
    def missing(self) -> list[str]:
        """Fields without which nobody may be asked, in the mandate's order."""
        texts = {
            "title": self.title,
            "nature": self.nature,
            "why": self.why,
            "stakes": self.stakes,
            "objectives": self.objectives,
            "purpose": self.purpose,
            "decision_maker.name": self.decision_maker_name,
            "decision_maker.role": self.decision_maker_role,
            "decision_maker.account": self.decision_maker_account,
            "who": self.who,
            "how": self.how,
        }
        if self.compensation_terms is not None:
            texts["compensation.terms"] = self.compensation_terms
            texts["compensation.reference"] = self.compensation_reference or ""
        blank = [field for field, text in texts.items() if not text.strip()]
        dates = {
            "recruitment_ends_on": self.recruitment_ends_on,
            "collection_ends_on": self.collection_ends_on,
        }
        return blank + [field for field, day in dates.items() if day is None]

    def recruits_on(self, today: date) -> bool:
        """The last day of recruitment counts."""
        return self.recruitment_ends_on is not None and today <= self.recruitment_ends_on

    def publish(self, today: date, credential_key: dict[str, str]) -> "Project":
        """Publish the mandate and the one key (a JWK) that signs the project's credentials.

        Raises ProjectRefuses, MandateIncomplete, DatesOutOfOrder, RecruitmentOver.
        """
        self._must_allow(Phase.PUBLISHED)
        if missing := self.missing:
            raise MandateIncomplete(missing)
        assert self.recruitment_ends_on is not None
        assert self.collection_ends_on is not None
        if self.recruitment_ends_on > self.collection_ends_on:
            raise DatesOutOfOrder(
                recruitment=self.recruitment_ends_on, collection=self.collection_ends_on
            )
        self._must_recruit(today)
        return replace(self._move(Phase.PUBLISHED), credential_key=credential_key)

    def edit(self, draft: "Project") -> "Project":
        """Replace the content of a draft; members accepted a published mandate as it is.

        Raises ProjectRefuses.
        """
        if self.state != Phase.DRAFT:
            raise self._refusal()
        return replace(draft, id=self.id, version=self.version + 1, state=Phase.DRAFT)

    def abandon(self) -> "Project":
        """Raises ProjectRefuses once somebody may have been asked."""
        self._must_allow(Phase.ABANDONED)
        return self._move(Phase.ABANDONED)

    def launch(self, today: date, collection: str | None) -> "Project":
        """Open the project; each launch is a new version, as it commits to a new draw.

        Raises ProjectNotPublished, ProjectRefuses, RecruitmentOver, CollectionNotReady.
        """
        if self.state == Phase.DRAFT:
            raise ProjectNotPublished(self.title, self.missing)
        if self.state != Phase.OPEN:
            self._must_allow(Phase.OPEN)
        self._must_recruit(today)
        if collection != COLLECTION_READY:
            raise CollectionNotReady(title=self.title)
        return self._move(Phase.OPEN)

    def end_recruitment(self, roster: Roster) -> "Project":
        """Freeze the roster: its numbers are public from now on."""
        self._must_allow(Phase.RECRUITED)
        return replace(self._move(Phase.RECRUITED), asked=roster.asked, joined=roster.joined)

    def end_collection(self, issued: int | None) -> "Project":
        """End the issue of credentials too: their number is public from now on.

        `issued` is None where nobody knows it any more (after a restore).
        """
        self._must_allow(Phase.COLLECTED)
        return replace(self._move(Phase.COLLECTED), credentials_issued=issued)

    @property
    def reveals_seeds(self) -> bool:
        """Whether the seeds are public: nobody can be drawn any more, so anybody may repeat it."""
        return self.state in (Phase.RECRUITED, Phase.COLLECTED, Phase.REPORTING, Phase.CLOSED)

    def change_decision_maker(self, name: str, role: str, account: str) -> "Project":
        """Change the decision maker of a published mandate whose report is still to come.

        Raises ProjectRefuses, SameDecisionMaker.
        """
        if self.state in (Phase.DRAFT, Phase.ABANDONED, Phase.CLOSED):
            raise self._refusal()
        if (name, role, account) == (
            self.decision_maker_name,
            self.decision_maker_role,
            self.decision_maker_account,
        ):
            raise SameDecisionMaker(name=name)
        return replace(
            self._move(self.state),
            decision_maker_name=name,
            decision_maker_role=role,
            decision_maker_account=account,
        )

    def end_early(self, today: date, reason: str) -> "Project":
        """Make today the last day of collection, and of recruitment; a report is still owed.

        Raises ProjectRefuses: nobody was asked yet, or collection is over.
        """
        if self.state not in (Phase.OPEN, Phase.RECRUITED) or self.ended_early_reason:
            raise self._refusal()
        assert self.recruitment_ends_on is not None
        assert self.collection_ends_on is not None
        return replace(
            self._move(self.state),
            recruitment_ends_on=min(self.recruitment_ends_on, today),
            collection_ends_on=min(self.collection_ends_on, today),
            ended_early_reason=reason,
        )

    def begin_reporting(self, report_version: int) -> "Project":
        """Owe this version of the report, also when the project owed or sent a lower one.

        Raises ProjectRefuses.
        """
        if self.state not in (Phase.COLLECTED, Phase.REPORTING, Phase.CLOSED):
            raise self._refusal()
        if report_version <= (self.report_version or 0):
            raise self._refusal()
        return replace(
            self._move(Phase.REPORTING), report_version=report_version, report_duties=None
        )

    def _must_allow(self, phase: Phase) -> None:
        if phase not in _NEXT[self.state]:
            raise self._refusal()

    def _refusal(self) -> ProjectRefuses:
        return ProjectRefuses(self.title, self.state)

    def _must_recruit(self, today: date) -> None:
        if not self.recruits_on(today) or self.ended_early_reason:
            raise RecruitmentOver(title=self.title, ended_on=self.recruitment_ends_on)

    def _move(self, phase: Phase) -> "Project":
        return replace(self, state=phase, version=self.version + 1)


@dataclass(frozen=True)
class ProjectProgress:
    """A project with its live counts, the state of its collection, and its report duties."""

    project: Project
    collection: str | None
    counts: dict[str, Any]
    # The newest version of the report known here, and duties by state for the version that is owed.
    known_report: int | None
    duties: dict[str, int] | None

    @property
    def blockers(self) -> dict[str, Text]:
        """Obstacles to the project's next step: codes and sentences."""
        project, owed = self.project, (self.duties or {}).get("owed", 0)
        newer_report = (self.known_report or 0) > (project.report_version or 0)
        blockers: dict[str, Text] = {}
        if project.state == Phase.DRAFT and project.missing:
            blockers["mandate_incomplete"] = Text(
                fr="Le mandat est incomplet.", en="The mandate is incomplete."
            )
        if project.state == Phase.PUBLISHED and self.collection != COLLECTION_READY:
            blockers["collection_not_ready"] = Text(
                fr="Le recueil n'est pas prêt.", en="The collection is not ready."
            )
        if project.state == Phase.COLLECTED and not newer_report:
            blockers["report_awaited"] = Text(
                fr="Le retour n'est pas encore publié.", en="The report is not published yet."
            )
        if newer_report:
            blockers["synthesis_awaited"] = Text(
                fr="Un retour est publié ; la synthèse sur laquelle il s'appuie n'est pas encore"
                " parvenue.",
                en="A report is published; the synthesis that it is based on has not arrived yet.",
            )
        if project.state == Phase.REPORTING and owed:
            blockers["reports_owed"] = (
                Text(fr="1 retour reste à envoyer.", en="1 report is still to be sent.")
                if owed == 1
                else Text(
                    fr=f"{owed} retours restent à envoyer.",
                    en=f"{owed} reports are still to be sent.",
                )
            )
        return blockers
