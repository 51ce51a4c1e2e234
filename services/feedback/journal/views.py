"""Published events as journal entries, without the fields that are recorded elsewhere."""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel

from services.contracts.events.campaigns import ProjectState
from services.contracts.events.feedback import DecisionState, ReportState
from services.feedback.journal.rules.entries import Entry, EntryKind, commits_to


def project_entries(projects: Iterable[ProjectState]) -> list[Entry]:
    """Mandates, decision makers, early ends, and the commitments and seeds of the draws."""
    return [entry for project in projects for entry in _project_entries(project)]


def decision_entries(decisions: Iterable[DecisionState]) -> list[Entry]:
    """Decisions as published; each step of follow-up has an entry of its own."""
    return [
        Entry(
            EntryKind.DECISION,
            str(decision.proposal_id),
            decision.version,
            _content(decision, exclude={"version", "follow_up"}),
        )
        for decision in decisions
    ]


def report_entry(report: ReportState) -> Entry:
    return Entry(
        EntryKind.REPORT,
        str(report.project_id),
        report.version,
        _content(report, exclude={"url"}),
    )


def follow_up_entry(decision: DecisionState) -> Entry:
    """The newest step of a decision that has one."""
    step = decision.follow_up[-1]
    return Entry(
        EntryKind.FOLLOW_UP,
        str(decision.proposal_id),
        len(decision.follow_up),
        {
            "project_id": str(decision.project_id),
            "proposal_id": str(decision.proposal_id),
            "step": len(decision.follow_up),
        }
        | _content(step, exclude={"on"}),
    )


def _project_entries(project: ProjectState) -> Iterable[Entry]:
    id, version = str(project.project_id), project.version
    subject = {"project_id": id}
    dates = {
        "recruitment_ends_on": project.recruitment_ends_on.isoformat(),
        "collection_ends_on": project.collection_ends_on.isoformat(),
    }
    mandate = _content(project.mandate, exclude={"decision_maker"})
    yield Entry(EntryKind.MANDATE, id, version, subject | {"mandate": mandate} | dates)
    yield from _decision_maker_entries(project, id)
    if project.ended_early_reason is not None:
        reason = subject | {"reason": project.ended_early_reason}
        yield Entry(EntryKind.ENDED_EARLY, id, version, reason)
    for commitment in project.draw_commitments:
        content = subject | {"commitment": commitment}
        yield Entry(EntryKind.DRAW_COMMITTED, f"{id}/{commitment}", 1, content)
    for index, seed in enumerate(project.draw_seeds):
        commitment = _get(project.draw_commitments, index)
        content = subject | {"commitment": commitment, "seed": seed}
        if commits_to(commitment, seed):
            yield Entry(EntryKind.DRAW_REVEALED, f"{id}/{commitment}", 1, content)
        else:
            yield Entry(EntryKind.DRAW_CONTRADICTED, f"{id}/{commitment}/{seed}", 1, content)


def _decision_maker_entries(project: ProjectState, id: str) -> Iterable[Entry]:
    """The decision maker and each change: a compacted topic may keep the newest state only."""
    subject = {"project_id": id}
    decision_maker = project.mandate.decision_maker
    changes = project.decision_maker_changes
    if changes:
        first = {"name": changes[0].name_before, "role": changes[0].role_before}
        yield Entry(EntryKind.DECISION_MAKER, id, changes[0].version - 1, subject | first)
    for change in changes:
        successor = {"name": change.name, "role": change.role, "reason": change.reason}
        yield Entry(EntryKind.DECISION_MAKER, id, change.version, subject | successor)
    current = (decision_maker.name, decision_maker.role)
    if not changes or (changes[-1].name, changes[-1].role) != current:
        content = subject | _content(decision_maker, exclude={"account"})
        yield Entry(EntryKind.DECISION_MAKER, id, project.version, content)


def _get(commitments: Sequence[str], index: int) -> str:
    return commitments[index] if index < len(commitments) else ""


def _content(model: BaseModel, exclude: set[str]) -> dict[str, Any]:
    return model.model_dump(mode="json", exclude_none=True, exclude=exclude)
