"""The rules of feedback, by themselves."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.decisions import rules
from services.feedback.projects.rules import Standing
from services.feedback.reports.rules.publication import MINIMUM_CELL, method_of, shown
from services.feedback.reports.rules.readability import reads
from services.runtime.refusal import Refusal

DAY = date(2027, 1, 12)
ID = UUID(int=1)
ZOE = "a" * 32
MAKER = rules.Maker("Zoé Martin", "directrice", ZOE)
texts = st.none() | st.text(max_size=6)


def written(**changes: Any) -> rules.Written:
    said: dict[str, Any] = {
        "outcome": "retained",
        "reason": "Oui",
        "next_step": "Récrire",
        "due_on": DAY,
        "owner": "Le service",
    }
    return rules.Written(**said | changes)


def drafted(by: str = "ines", **changes: Any) -> rules.Decision:
    drafter = rules.Drafter(by, by.title())
    return rules.draft(None, ID, ID, 1, written(**changes), drafter, 0, DAY)


@given(
    outcome=st.sampled_from(["retained", "partly", "not"]),
    reason=st.text(max_size=6),
    next_step=texts,
    due_on=st.none() | st.just(DAY),
    owner=texts,
)
def test_nothing_is_drafted_that_does_not_say_why_and_what_comes(
    outcome: str, reason: str, next_step: str | None, due_on: date | None, owner: str | None
) -> None:
    said: dict[str, Any] = {
        "outcome": outcome,
        "reason": reason,
        "next_step": next_step,
        "due_on": due_on,
        "owner": owner,
    }
    whole = reason.strip() and (
        outcome == "not" or ((next_step or "").strip() and due_on and (owner or "").strip())
    )
    if not whole:
        with pytest.raises(Refusal) as refused:
            drafted(**said)
        assert refused.value.say("fr")
        assert refused.value.say_way_out("en")
        return
    draft = drafted(**said)
    assert draft.reason == draft.reason.strip() != ""
    if outcome != "not":
        assert draft.next_step
        assert draft.due_on
        assert draft.owner


@given(
    subject=st.sampled_from(["ines", "zoe"]),
    name=st.sampled_from(["Zoé Martin", "Zoé M.", "Ines"]),
    account=st.sampled_from([ZOE, "b" * 32, ""]),
)
def test_a_signature_is_the_decision_makers_and_never_the_drafters(
    subject: str, name: str, account: str
) -> None:
    draft = drafted("ines")
    allowed = subject == "zoe" and account == ZOE and name != draft.drafted_by
    try:
        signed = draft.sign(rules.Signer(subject, name, account), MAKER, 1, DAY)
    except Refusal:
        assert not allowed
    else:
        assert allowed
        assert (signed.signer, signed.signed_by_name) == ("zoe", MAKER.name)
        assert (signed.reason, signed.version) == (draft.reason, draft.version + 1)


def test_the_same_name_under_another_account_does_not_sign() -> None:
    with pytest.raises(rules.SignedByAnother):
        drafted("ines").sign(rules.Signer("other", MAKER.name, "b" * 32), MAKER, 1, DAY)


@pytest.mark.parametrize("account", ["", ZOE])
def test_a_mandate_without_an_account_is_signed_by_nobody(account: str) -> None:
    signer, unnamed = rules.Signer("zoe", MAKER.name, account), replace(MAKER, account="")
    with pytest.raises(rules.DecisionMakerWithoutAccount):
        drafted("ines").sign(signer, unnamed, 1, DAY)


@pytest.mark.parametrize("drafter", ["ZOÉ  MARTIN", "Zoé M"])
def test_drafter_and_signer_have_two_names_as_well_as_two_accounts(drafter: str) -> None:
    draft = replace(drafted("other"), drafted_by=drafter)
    with pytest.raises(rules.DraftedUnderTheSameName):
        draft.sign(rules.Signer("zoe", "Zoé M.", ZOE), MAKER, 1, DAY)


def test_names_are_compared_as_people_write_them() -> None:
    assert rules.same_name("Zoe\u0301  MARTIN ", "zoé martin")
    assert rules.same_name("M. Bernard", "m.  BERNARD")
    assert rules.same_name("M Bernard", "M. Bernard,")
    assert not rules.same_name("Zoé Martin", "Zoé Martine")


@given(st.lists(st.sampled_from(list(rules.PROGRESS_NAMES)), max_size=8))
def test_what_is_done_stays_done_and_giving_up_says_why(wanted: list[str]) -> None:
    steps: list[str] = []
    for progress in wanted:
        try:
            rules.follow("retained", steps, progress, "parce que")
        except rules.StepOutOfOrder:
            assert steps
            continue
        assert "done" not in steps
        steps.append(progress)
    with pytest.raises(rules.GivenUpWithoutReason):
        rules.follow("partly", [], "given_up", "  ")
    with pytest.raises(rules.NotFollowed):
        rules.follow("not", [], "planned", None)
    with pytest.raises(rules.NotFollowed):
        rules.follow(None, [], "planned", None)


counts = st.none() | st.integers(0, 20)


@given(asked=counts, joined=counts, issued=counts, contributions=counts, unread=counts)
def test_no_number_below_the_minimum_cell_is_in_the_method_note(
    asked: int | None,
    joined: int | None,
    issued: int | None,
    contributions: int | None,
    unread: int | None,
) -> None:
    method = method_of(
        {"asked": asked, "joined": joined, "credentials_issued": issued},
        {"contributions": contributions, "unread": unread, "attention": {"coverage": 1.0}},
    )
    for name in ("asked", "joined", "credentials_issued", "contributions", "unopened", "read"):
        assert method[name] is None or method[name] >= MINIMUM_CELL
    if shown(contributions) is None:
        assert method["attention"] is None


@pytest.mark.parametrize("state", ["ended", "synthesised"])
def test_numbers_that_responses_leaves_out_are_fewer_than_five(state: str) -> None:
    few = method_of({"floor_reached": False}, {"state": state})
    assert few["too_small"] == ["contributions", "credentials_issued", "unopened"]
    issued = {"floor_reached": True, "credentials_issued": 20}
    enough = method_of(issued, {"state": state, "contributions": 12})
    assert (enough["contributions"], enough["all_read"], enough["read"]) == (12, False, None)
    assert enough["too_small"] == ["unread"]
    read = method_of(issued, {"state": state, "contributions": 12, "unread": 0})
    assert (read["all_read"], read["read"], read["too_small"]) == (True, 12, [])
    assert method_of({}, {"state": "ready"})["too_small"] == []


def standing(**changes: Any) -> Standing:
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
    return Standing(**facts | zeros | changes)


@given(
    missing=st.integers(0, 2),
    awaiting=st.integers(0, 2),
    drafted=st.integers(0, 2),
    has_summary=st.booleans(),
    collection=st.sampled_from([None, "ready", "ended", "synthesised"]),
    state=st.sampled_from(["open", "recruited", "collected"]),
)
def test_a_report_is_ready_only_when_nothing_is_left_unanswered(**facts: Any) -> None:
    found = standing(**facts)
    ready = (
        facts["state"] == "collected"
        and facts["collection"] == "synthesised"
        and not (facts["missing"] or facts["awaiting"] or facts["drafted"])
        and facts["has_summary"]
    )
    assert (not found.unanswered) == ready
    assert found.blocked_by
    for line in found.blocked_by:
        assert line.say("fr")
        assert line.say("en")


def test_a_deadline_counts_from_the_end_of_collection() -> None:
    late = standing(awaiting=2)
    assert late.overdue(60, date(2027, 3, 13)) == 0
    assert late.overdue(60, date(2027, 3, 14)) == 2
    assert late.overdue_days(60, date(2027, 3, 14)) == 1
    assert standing(state="open").decide_by(60) is None


def test_plain_words_read_better_than_administrative_ones() -> None:
    plain = "Vous devez de l'argent. Payez avant le 3 mai. Appelez-nous pour payer en trois fois."
    heavy = (
        "Conformément aux dispositions réglementaires susmentionnées, le recouvrement de"
        " l'indu constaté s'effectuera mensuellement par compensation sur vos prestations"
        " ultérieures, sauf régularisation anticipée dûment justifiée auprès de l'organisme."
    )
    easy, hard = reads(plain, "fr"), reads(heavy, "fr")
    assert easy.score > 60 > hard.score
    assert hard.words_per_sentence > 20
    assert easy.words_per_sentence < 9
    assert reads("You owe money to the office. Pay by May 3.", "en").score > 80
    # Whoever reads the hint in English is told of the French text, not of bad English.
    assert reads(heavy, "en").score == hard.score
    assert reads(heavy, "en").hint != hard.hint
    assert reads("  ", "fr").hint
