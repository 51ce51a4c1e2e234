"""Rules of drafts and signatures."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.decisions import rules
from services.runtime.refusal import Refusal

DAY = date(2027, 1, 12)
ID = UUID(int=1)
ZOE = "a" * 32
DECISION_MAKER = rules.DecisionMaker("Zoé Martin", "directrice", ZOE)
texts = st.none() | st.text(max_size=6)


def decision_text(**changes: Any) -> rules.DecisionText:
    fields: dict[str, Any] = {
        "outcome": "retained",
        "reason": "Oui",
        "next_step": "Récrire",
        "due_on": DAY,
        "owner": "Le service",
    }
    return rules.DecisionText(**fields | changes)


def drafted(drafter_id: str = "ines", **changes: Any) -> rules.Decision:
    drafter = rules.Drafter(drafter_id, drafter_id.title())
    return rules.draft(None, ID, ID, 1, decision_text(**changes), drafter, 0, DAY)


@given(
    outcome=st.sampled_from(["retained", "partly", "not"]),
    reason=st.text(max_size=6),
    next_step=texts,
    due_on=st.none() | st.just(DAY),
    owner=texts,
)
def test_every_draft_has_a_reason_and_a_retained_one_a_next_step(
    outcome: str, reason: str, next_step: str | None, due_on: date | None, owner: str | None
) -> None:
    fields: dict[str, Any] = {
        "outcome": outcome,
        "reason": reason,
        "next_step": next_step,
        "due_on": due_on,
        "owner": owner,
    }
    complete = reason.strip() and (
        outcome == "not" or ((next_step or "").strip() and due_on and (owner or "").strip())
    )
    if not complete:
        with pytest.raises(Refusal) as refused:
            drafted(**fields)
        assert refused.value.message("fr")
        assert refused.value.way_out_message("en")
        return
    draft = drafted(**fields)
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
def test_only_the_decision_maker_signs_and_never_a_draft_of_their_own(
    subject: str, name: str, account: str
) -> None:
    draft = drafted("ines")
    allowed = subject == "zoe" and account == ZOE and name != draft.drafted_by
    try:
        signed = draft.sign(rules.Signer(subject, name, account), DECISION_MAKER, 1, DAY)
    except Refusal:
        assert not allowed
    else:
        assert allowed
        assert (signed.signer, signed.signed_by_name) == ("zoe", DECISION_MAKER.name)
        assert (signed.reason, signed.version) == (draft.reason, draft.version + 1)


def test_the_same_name_under_another_account_does_not_sign() -> None:
    with pytest.raises(rules.SignedByAnother):
        drafted("ines").sign(
            rules.Signer("other", DECISION_MAKER.name, "b" * 32), DECISION_MAKER, 1, DAY
        )


@pytest.mark.parametrize("account", ["", ZOE])
def test_nobody_signs_under_a_mandate_without_an_account(account: str) -> None:
    signer, unnamed = (
        rules.Signer("zoe", DECISION_MAKER.name, account),
        replace(DECISION_MAKER, account=""),
    )
    with pytest.raises(rules.DecisionMakerWithoutAccount):
        drafted("ines").sign(signer, unnamed, 1, DAY)


@pytest.mark.parametrize("drafter", ["ZOÉ  MARTIN", "Zoé M"])
def test_drafter_and_signer_have_two_names_as_well_as_two_accounts(drafter: str) -> None:
    draft = replace(drafted("other"), drafted_by=drafter)
    with pytest.raises(rules.DraftedUnderTheSameName):
        draft.sign(rules.Signer("zoe", "Zoé M.", ZOE), DECISION_MAKER, 1, DAY)


def test_names_are_compared_without_capitals_blanks_and_punctuation() -> None:
    assert rules.same_name("Zoe\u0301  MARTIN ", "zoé martin")
    assert rules.same_name("M. Bernard", "m.  BERNARD")
    assert rules.same_name("M Bernard", "M. Bernard,")
    assert not rules.same_name("Zoé Martin", "Zoé Martine")
