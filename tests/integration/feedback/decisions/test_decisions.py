"""Decisions: drafted, signed by the decision maker, published (charter: a formal return)."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.contracts.http.common import Role
from tests.support.feedback import (
    BERNARD,
    COLLECTION_ENDED,
    INES,
    NOT_RETAINED,
    RETAINED,
    World,
    collection_state,
    project_state,
    proposal_state,
)

pytestmark = pytest.mark.servers


async def test_a_decision_is_awaited_drafted_signed_and_published(world: World) -> None:
    (proposal,) = await world.synthesised("Un résumé")
    assert (await world.decision(proposal.proposal_id)).state == "awaiting"
    drafted = (await world.draft(proposal.proposal_id)).json()
    assert (drafted["state"], drafted["version"], drafted["drafted_by"]) == ("drafted", 1, INES)
    signed = (await world.sign(proposal.proposal_id)).json()
    assert signed["state"] == "signed"
    assert signed["signed_by"] == {"name": BERNARD, "role": "directeur"}
    assert signed["signed_on"] == "2027-01-12"
    assert await world.events("decision.state") == []
    await world.summarise()
    assert (await world.publish()).is_success
    assert (await world.decision(proposal.proposal_id)).state == "published"
    (event,) = await world.events("decision.state")
    assert event["outcome"] == "retained"
    assert event["decided_by"] == {"name": BERNARD, "role": "directeur"}
    assert (event["next_step"], event["due_on"]) == (RETAINED["next_step"], RETAINED["due_on"])


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        (NOT_RETAINED | {"reason": "   "}, "ReasonMissing"),
        (RETAINED | {"next_step": None}, "NextStepMissing"),
        (RETAINED | {"due_on": None, "outcome": "partly"}, "NextStepMissing"),
        (RETAINED | {"owner": " "}, "NextStepMissing"),
    ],
)
async def test_every_outcome_needs_a_reason_and_a_retained_one_a_next_step(
    world: World, fields: dict[str, Any], refusal: str
) -> None:
    (proposal,) = await world.synthesised("Un résumé")
    response = await world.draft(proposal.proposal_id, **fields)
    assert (response.status_code, response.json()["title"]) == (422, refusal)
    assert response.json()["way_out"]
    assert (await world.decision(proposal.proposal_id)).state == "awaiting"


async def test_only_the_decision_maker_of_the_mandate_signs(world: World) -> None:
    (proposal,) = await world.synthesised("Un résumé")
    await world.draft(proposal.proposal_id)
    refused = await world.sign(proposal.proposal_id, "Mme Rossi")
    assert refused.status_code == 403
    assert BERNARD in refused.json()["detail"]
    # After the event of a new decision maker, the new one signs.
    await world.receive(project_state(world.project_id, version=6, maker="Mme Rossi"))
    assert (await world.sign(proposal.proposal_id)).status_code == 403
    signed = await world.sign(proposal.proposal_id, "C. Rossi", subject="mme")
    assert signed.json()["signed_by"]["name"] == "Mme Rossi"


@pytest.mark.parametrize("name", ["m.  BERNARD", BERNARD])
async def test_the_name_of_the_decision_maker_on_another_account_does_not_sign(
    world: World, name: str
) -> None:
    (proposal,) = await world.synthesised("Un résumé")
    await world.draft(proposal.proposal_id)
    refused = await world.sign(proposal.proposal_id, name, subject="somebody-else")
    assert (refused.status_code, refused.json()["title"]) == (403, "SignedByAnother")
    assert (await world.sign(proposal.proposal_id)).is_success


async def test_nobody_signs_under_a_mandate_without_an_account(world: World) -> None:
    (proposal,) = await world.synthesised("Un résumé")
    await world.draft(proposal.proposal_id)
    await world.execute("UPDATE project SET decision_maker_account = ''")
    refused = await world.sign(proposal.proposal_id)
    assert (refused.status_code, refused.json()["title"]) == (409, "DecisionMakerWithoutAccount")
    assert refused.json()["way_out"]


async def test_the_drafter_does_not_sign(world: World) -> None:
    (proposal,) = await world.synthesised("Un résumé")
    await world.draft(proposal.proposal_id, name=BERNARD)
    refused = await world.sign(proposal.proposal_id)
    assert (refused.status_code, refused.json()["title"]) == (403, "DraftedByTheSigner")
    # Somebody else saves the text, after which it can be signed.
    assert (await world.draft(proposal.proposal_id, version=1)).is_success
    assert (await world.sign(proposal.proposal_id, version=2)).is_success


async def test_a_second_account_under_the_signers_name_does_not_draft_for_it(world: World) -> None:
    (proposal,) = await world.synthesised("Un résumé")
    await world.draft(proposal.proposal_id, name="m  BERNARD", subject="second-account")
    refused = await world.sign(proposal.proposal_id)
    assert (refused.status_code, refused.json()["title"]) == (403, "DraftedUnderTheSameName")
    assert (await world.draft(proposal.proposal_id, version=1)).is_success
    assert (await world.sign(proposal.proposal_id, version=2)).is_success


async def test_a_signature_is_on_one_exact_text(world: World) -> None:
    (proposal,) = await world.synthesised("Un résumé")
    await world.decide(proposal.proposal_id)
    rewritten = await world.draft(proposal.proposal_id, version=2, **NOT_RETAINED)
    assert rewritten.json()["state"] == "drafted"
    assert rewritten.json()["signed_by"] is None
    assert (await world.sign(proposal.proposal_id, version=2)).json()["title"] == "DecisionChanged"


async def test_two_people_at_once_do_not_overwrite_each_other(world: World) -> None:
    (proposal,) = await world.synthesised("Un résumé")
    responses = await asyncio.gather(
        *(world.draft(proposal.proposal_id, name=name) for name in (INES, "Marc T."))
    )
    assert sorted(response.status_code for response in responses) == [200, 409]
    refused = next(response for response in responses if response.status_code == 409)
    assert refused.json()["title"] == "DecisionChanged"


async def test_a_proposal_outside_every_synthesis_cannot_be_decided(world: World) -> None:
    draft = proposal_state(world.project_id, "Une idée")
    await world.receive(
        project_state(world.project_id), draft, collection_state(world.project_id, None)
    )
    for unknown in (draft.proposal_id, uuid4()):
        assert (await world.draft(unknown)).json()["title"] == "NotListed"


async def test_a_decision_on_an_older_version_of_the_proposal_does_not_count(world: World) -> None:
    (proposal,) = await world.synthesised("Un résumé")
    await world.draft(proposal.proposal_id)
    newer = proposal_state(world.project_id, "Un résumé court", 2, proposal.proposal_id)
    await world.receive(newer, collection_state(world.project_id, [newer], version=10))
    assert (await world.decision(proposal.proposal_id)).state == "awaiting"
    assert (await world.sign(proposal.proposal_id)).json()["title"] == "OldProposal"
    await world.decide(proposal.proposal_id, version=1)
    assert (await world.decision(proposal.proposal_id)).state == "signed"


async def test_overdue_decisions_are_shown_and_counted(world: World) -> None:
    first, second = await world.synthesised("Un résumé", "Un numéro")
    await world.decide(first.proposal_id)
    assert (await world.account()).standing.overdue == 0
    world.on(COLLECTION_ENDED + timedelta(days=63))
    standing = (await world.account()).standing
    assert (standing.overdue, standing.decide_by) == (1, COLLECTION_ENDED + timedelta(days=60))
    assert (await world.decision(second.proposal_id)).overdue_days == 3
    assert (await world.decision(first.proposal_id)).overdue_days == 0
    metrics = {
        sample.name: sample.value
        for sample in await world.service.collect_metrics()
        if not sample.labels
    }
    assert metrics["decisions_overdue"] == 1


async def test_a_published_decision_stays_in_force_while_its_revision_is_drafted(
    world: World,
) -> None:
    (retained,) = await world.reported("Un résumé")
    assert (await world.draft(retained.proposal_id, version=3, **NOT_RETAINED)).is_success
    # A follow-up meanwhile publishes the decision in force, never the draft.
    assert (await world.follow(retained.proposal_id, "planned")).is_success
    assert (await world.events("decision.state"))[-1]["outcome"] == "retained"
    assert (await world.sign(retained.proposal_id, version=5)).is_success
    assert (await world.publish()).is_success
    event = (await world.events("decision.state"))[-1]
    assert (event["outcome"], event["version"]) == ("not", 7)
    assert len(await world.fetch("SELECT FROM published_decision")) == 2


async def test_roles_are_checked_on_the_server(world: World) -> None:
    (proposal,) = await world.synthesised("Un résumé")
    path = f"/api/proposals/{proposal.proposal_id}/decision"
    body = RETAINED | {"version": 0}
    for role in (Role.REGISTRY, Role.OPERATIONS, Role.AUDIT, Role.CAMPAIGNS):
        response = await world.client.put(path, json=body, headers=world.as_(INES, role))
        assert response.status_code == 403
    assert (await world.client.put(path, json=body)).status_code == 401
    for role in (Role.ANALYSIS, Role.CAMPAIGNS):
        headers = world.as_(BERNARD, role)
        signed = await world.client.post(f"{path}/signature", json={"version": 1}, headers=headers)
        assert signed.status_code == 403
