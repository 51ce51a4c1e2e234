"""Progress of a project towards its report."""

from datetime import date
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.feedback.projects.rules import ProjectRecord

DAY = date(2027, 1, 12)
ID = UUID(int=1)


def project_record(**changes: Any) -> ProjectRecord:
    facts: dict[str, Any] = {
        "project_id": ID,
        "title": "La lettre",
        "state": "collected",
        "decision_maker": "Zoé Martin",
        "collection_ends_on": DAY,
        "collection": "synthesised",
        "contributions": 61,
        "unread": 0,
        "proposals": 3,
        "has_summary": True,
        "summary_changed": False,
        "report_version": None,
        "duties": None,
    }
    zeros = dict.fromkeys(("missing", "awaiting", "drafted", "redrafted", "signed", "revised"), 0)
    return ProjectRecord(**facts | zeros | changes)


@given(
    missing=st.integers(0, 2),
    awaiting=st.integers(0, 2),
    drafted=st.integers(0, 2),
    has_summary=st.booleans(),
    collection=st.sampled_from([None, "ready", "ended", "synthesised"]),
    state=st.sampled_from(["open", "recruited", "collected"]),
)
def test_a_report_is_ready_only_when_every_proposal_is_decided(**facts: Any) -> None:
    project = project_record(**facts)
    ready = (
        facts["state"] == "collected"
        and facts["collection"] == "synthesised"
        and not (facts["missing"] or facts["awaiting"] or facts["drafted"])
        and facts["has_summary"]
    )
    assert (not project.report_blockers) == ready
    assert project.blockers
    for blocker in project.blockers:
        assert blocker.sentence("fr")
        assert blocker.sentence("en")


def test_a_deadline_counts_from_the_end_of_collection() -> None:
    late = project_record(awaiting=2)
    assert late.overdue(60, date(2027, 3, 13)) == 0
    assert late.overdue(60, date(2027, 3, 14)) == 2
    assert late.overdue_days(60, date(2027, 3, 14)) == 1
    assert project_record(state="open").decide_by(60) is None
