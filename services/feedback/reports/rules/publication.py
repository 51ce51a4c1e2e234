"""Drafts of a report, and the conditions of its publication."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.feedback.projects.rules import Blocker, ProjectRecord
from services.runtime.refusal import Refusal
from services.runtime.text import Language, Text


class ReportBlocked(Refusal):
    sentence = Text(
        fr="Le retour ne peut pas encore être publié.", en="The report cannot be published yet."
    )
    way_out = Text(
        fr="Complétez ce qui manque, ou attendez ce qui est en route, puis recommencez.",
        en="Complete what is missing, or wait for what is on its way, then try again.",
    )

    def __init__(self, blockers: list[Blocker]) -> None:
        super().__init__(blockers=blockers)
        self._blockers = blockers

    def details(self, language: Language) -> list[str]:
        return [blocker.sentence(language) for blocker in self._blockers]


class ReportChanged(Refusal):
    sentence = Text(
        fr="Le retour a changé depuis que vous l'avez lu.",
        en="The report has changed since you read it.",
    )
    way_out = Text(
        fr="Relisez-le, puis recommencez : ce que vous avez écrit n'a pas été enregistré.",
        en="Read it again, then try again: what you wrote was not saved.",
    )


class SummaryMissing(Refusal):
    status = 422
    sentence = Text(fr="Le résumé est vide.", en="The summary is empty.")
    way_out = Text(
        fr="Écrivez en quelques phrases ce qui a été entendu et décidé.",
        en="Write in a few sentences what was heard and decided.",
    )


class NothingNew(Refusal):
    sentence = Text(
        fr="Rien n'a changé depuis le retour publié.",
        en="Nothing has changed since the published report.",
    )
    way_out = Text(
        fr="Révisez une décision et faites-la signer, ou récrivez le résumé.",
        en="Revise a decision and have it signed, or rewrite the summary.",
    )


@dataclass(frozen=True)
class ReportDraft:
    """The summary; version 0 before the first draft."""

    version: int
    summary: str


@dataclass(frozen=True)
class Report:
    """A published version, which never changes; `method` is the method note of that day."""

    project_id: UUID
    version: int
    collection_version: int
    draft_version: int
    summary: str
    method: dict[str, Any]
    published_on: date


def write(current: ReportDraft, summary: str, version_read: int) -> ReportDraft:
    """The next draft. Raises ReportChanged, SummaryMissing."""
    if version_read != current.version:
        raise ReportChanged
    if not (stripped := summary.strip()):
        raise SummaryMissing
    return ReportDraft(current.version + 1, stripped)


def refuse_unless_ready(project: ProjectRecord, draft: ReportDraft, version_read: int) -> None:
    """Raises ReportChanged, ReportBlocked, NothingNew."""
    if version_read != draft.version:
        raise ReportChanged
    if blockers := project.report_blockers:
        raise ReportBlocked(blockers)
    if not project.has_unpublished_changes:
        raise NothingNew
