"""The transparency journal: what was promised and what was done, for good.

`record` comes last in the caller's transaction: it locks the journal's head, so that numbers have
no gap and follow the order of the commits. Entries hold only what is public anyway.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from hashlib import sha256
from typing import Any

import structlog
from pydantic import BaseModel

from services.contracts.events.campaigns import ProjectState
from services.contracts.events.feedback import DecisionState, ReportState
from services.feedback.journal import store
from services.feedback.journal.rules import entries as rules
from services.feedback.journal.rules.checkpoints import Signer
from services.feedback.journal.rules.entries import Entry, Told
from services.feedback.journal.rules.merkle import Frontier, leaf_hash
from services.feedback.journal.store import Line, Signed
from services.runtime.clock import Clock
from services.runtime.http.staff_tokens import Staff
from services.runtime.messaging import outbox
from services.runtime.postgres.database import Connection

log = structlog.get_logger()


async def record(
    conn: Connection, clock: Clock, entries: Sequence[Entry], recorded_by: str | None = None
) -> list[int]:
    """Append those that tell something new; returns their numbers. Replays append nothing."""
    if not await _news(conn, entries):
        return []
    tree = await store.lock_journal(conn)
    return await _append(conn, clock, tree, await _news(conn, entries), recorded_by)


async def correct(conn: Connection, clock: Clock, author: Staff, number: int, reason: str) -> int:
    """Say that an entry is wrong, and why; the entry stays. Returns the correction's number.

    Raises NothingToCorrect, CorrectionWithoutReason."""
    if not reason.strip():
        raise rules.CorrectionWithoutReason
    tree = await store.lock_journal(conn)
    if not 0 <= number < tree.size:
        raise rules.NothingToCorrect(number=number)
    about = Entry("correction", str(number), 1, {"corrects": number, "reason": reason.strip()})
    last = (await store.last_told(conn, [about])).get((about.kind, about.subject))
    told = Entry(about.kind, about.subject, last.version + 1 if last else 1, about.content)
    (made,) = await _append(conn, clock, tree, [told], author.name)
    return made


async def sign_checkpoint(conn: Connection, clock: Clock, signer: Signer) -> bool:
    """A promise of the whole journal as it stands, if it has grown since the last one."""
    tree = await store.journal_head(conn)
    last = await store.newest_checkpoint(conn)
    if last is not None and last.size >= tree.size:
        return False
    await store.add_checkpoint(conn, tree.size, signer.sign(tree.size, tree.root()), clock.today())
    return True


async def newest_checkpoint(conn: Connection) -> Signed:
    """Raises NotSignedYet."""
    found = await store.newest_checkpoint(conn)
    if found is None:
        raise rules.NotSignedYet
    return found


def of_projects(projects: Iterable[ProjectState]) -> list[Entry]:
    """What a project promises: mandate, decision maker, dates, and how its draws were made."""
    return [entry for project in projects for entry in _of_project(project)]


def of_decisions(decisions: Iterable[DecisionState]) -> list[Entry]:
    """As published; what is followed up later is told by `of_follow_up`."""
    return [
        Entry(
            "decision",
            str(one.proposal_id),
            one.version,
            _public(one, exclude={"version", "follow_up"}),
        )
        for one in decisions
    ]


def of_report(report: ReportState) -> Entry:
    return Entry("report", str(report.project_id), report.version, _public(report, exclude={"url"}))


def of_follow_up(decision: DecisionState) -> Entry:
    """The newest step of a decision that has one."""
    step = decision.follow_up[-1]
    return Entry(
        "follow_up",
        str(decision.proposal_id),
        len(decision.follow_up),
        {
            "project_id": str(decision.project_id),
            "proposal_id": str(decision.proposal_id),
            "step": len(decision.follow_up),
        }
        | _public(step, exclude={"on"}),
    )


def _of_project(project: ProjectState) -> Iterable[Entry]:
    id, version = str(project.project_id), project.version
    about = {"project_id": id}
    dates = {
        "recruitment_ends_on": project.recruitment_ends_on.isoformat(),
        "collection_ends_on": project.collection_ends_on.isoformat(),
    }
    mandate = _public(project.mandate, exclude={"decision_maker"})
    yield Entry("mandate", id, version, about | {"mandate": mandate} | dates)
    yield from _makers(project, id)
    if project.ended_early_reason is not None:
        ended = about | {"reason": project.ended_early_reason}
        yield Entry("ended_early", id, version, ended)
    for commitment in project.draw_commitments:
        committed = about | {"commitment": commitment}
        yield Entry("draw_committed", f"{id}/{commitment}", 1, committed)
    for place, seed in enumerate(project.draw_seeds):
        commitment = _at(project.draw_commitments, place)
        revealed = about | {"commitment": commitment, "seed": seed}
        if commits_to(commitment, seed):
            yield Entry("draw_revealed", f"{id}/{commitment}", 1, revealed)
        else:
            yield Entry("draw_contradicted", f"{id}/{commitment}/{seed}", 1, revealed)


def _makers(project: ProjectState, id: str) -> Iterable[Entry]:
    """Who decides, and each change of that: of several states only the newest may be heard."""
    about = {"project_id": id}
    named = project.mandate.decision_maker
    changes = project.decision_maker_changes
    if changes:
        first = {"name": changes[0].name_before, "role": changes[0].role_before}
        yield Entry("decision_maker", id, changes[0].version - 1, about | first)
    for change in changes:
        told = {"name": change.name, "role": change.role, "reason": change.reason}
        yield Entry("decision_maker", id, change.version, about | told)
    if not changes or (changes[-1].name, changes[-1].role) != (named.name, named.role):
        yield Entry(
            "decision_maker", id, project.version, about | _public(named, exclude={"account"})
        )


def commits_to(commitment: str, seed: str) -> bool:
    """Was this seed fixed before the draw? Both are hexadecimal."""
    try:
        return sha256(bytes.fromhex(seed)).hexdigest() == commitment
    except ValueError:
        return False


def _at(commitments: Sequence[str], place: int) -> str:
    return commitments[place] if place < len(commitments) else ""


def _public(model: BaseModel, exclude: "set[str] | None" = None) -> dict[str, Any]:
    return model.model_dump(mode="json", exclude_none=True, exclude=exclude)


async def _news(conn: Connection, entries: Sequence[Entry]) -> list[Entry]:
    """In their order, also among themselves: the second of a subject follows the first."""
    told = await store.last_told(conn, entries) if entries else {}
    news = []
    for entry in entries:
        about = entry.kind, entry.subject
        if entry.tells_more_than(told.get(about)):
            news.append(entry)
            told[about] = Told(entry.version, entry.digest)
    return news


async def _append(
    conn: Connection,
    clock: Clock,
    tree: Frontier,
    news: Sequence[Entry],
    recorded_by: str | None,
) -> list[int]:
    """Onto a head that is locked: the head first, as the database counts entries against it."""
    if not news:
        return []
    first, today = tree.size, clock.today()
    lines = [_line(entry, number, today) for number, entry in enumerate(news, first)]
    tree.extend(one.leaf for one in lines)
    await store.grow_journal(conn, tree)
    await store.add_entries(conn, first, lines, recorded_by)
    await outbox.write_hint(conn, clock, "journal", str(tree.size - 1))
    for entry in news:
        if entry.kind == "draw_contradicted":
            log.error("draw_contradicted", **entry.content)
    return list(range(first, tree.size))


def _line(entry: Entry, number: int, on: date) -> Line:
    body = entry.body(number, on)
    return Line(entry, body, leaf_hash(body.encode()))
