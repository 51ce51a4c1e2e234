"""Charter: a formal return on the proposals, kept or not."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
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


async def test_a_proposal_awaits_is_drafted_signed_and_published(world: World) -> None:
    (one,) = await world.synthesised("Un résumé")
    assert (await world.decision(one.proposal_id)).state == "awaiting"
    drafted = (await world.draft(one.proposal_id)).json()
    assert (drafted["state"], drafted["version"], drafted["drafted_by"]) == ("drafted", 1, INES)
    signed = (await world.sign(one.proposal_id)).json()
    assert signed["state"] == "signed"
    assert signed["signed_by"] == {"name": BERNARD, "role": "directeur"}
    assert signed["signed_on"] == "2027-01-12"
    assert await world.events("decision.state") == []
    await world.summarise()
    assert (await world.publish()).is_success
    assert (await world.decision(one.proposal_id)).state == "published"
    (told,) = await world.events("decision.state")
    assert told["outcome"] == "retained"
    assert told["decided_by"] == {"name": BERNARD, "role": "directeur"}
    assert (told["next_step"], told["due_on"]) == (RETAINED["next_step"], RETAINED["due_on"])


@pytest.mark.parametrize(
    ("written", "refusal"),
    [
        (NOT_RETAINED | {"reason": "   "}, "ReasonMissing"),
        (RETAINED | {"next_step": None}, "NextStepMissing"),
        (RETAINED | {"due_on": None, "outcome": "partly"}, "NextStepMissing"),
        (RETAINED | {"owner": " "}, "NextStepMissing"),
    ],
)
async def test_every_outcome_has_its_reason_and_what_is_kept_says_what_comes(
    world: World, written: dict[str, Any], refusal: str
) -> None:
    (one,) = await world.synthesised("Un résumé")
    answer = await world.draft(one.proposal_id, **written)
    assert (answer.status_code, answer.json()["title"]) == (422, refusal)
    assert answer.json()["way_out"]
    assert (await world.decision(one.proposal_id)).state == "awaiting"


async def test_only_whom_the_mandate_names_signs(world: World) -> None:
    (one,) = await world.synthesised("Un résumé")
    await world.draft(one.proposal_id)
    refused = await world.sign(one.proposal_id, "Mme Rossi")
    assert refused.status_code == 403
    assert BERNARD in refused.json()["detail"]
    # The mandate's change of decision maker is an event; from then on the other one signs.
    await world.receive(project_state(world.project_id, version=6, maker="Mme Rossi"))
    assert (await world.sign(one.proposal_id)).status_code == 403
    signed = await world.sign(one.proposal_id, "C. Rossi", subject="mme")
    assert signed.json()["signed_by"]["name"] == "Mme Rossi"


@pytest.mark.parametrize("name", ["m.  BERNARD", BERNARD])
async def test_the_name_of_the_decision_maker_on_another_account_does_not_sign(
    world: World, name: str
) -> None:
    (one,) = await world.synthesised("Un résumé")
    await world.draft(one.proposal_id)
    refused = await world.sign(one.proposal_id, name, subject="somebody-else")
    assert (refused.status_code, refused.json()["title"]) == (403, "SignedByAnother")
    assert (await world.sign(one.proposal_id)).is_success


async def test_a_mandate_that_names_no_account_is_signed_by_nobody(world: World) -> None:
    (one,) = await world.synthesised("Un résumé")
    await world.draft(one.proposal_id)
    await world.execute("UPDATE project SET decision_maker_account = ''")
    refused = await world.sign(one.proposal_id)
    assert (refused.status_code, refused.json()["title"]) == (409, "DecisionMakerWithoutAccount")
    assert refused.json()["way_out"]


async def test_who_drafts_does_not_sign(world: World) -> None:
    (one,) = await world.synthesised("Un résumé")
    await world.draft(one.proposal_id, name=BERNARD)
    refused = await world.sign(one.proposal_id)
    assert (refused.status_code, refused.json()["title"]) == (403, "DraftedByTheSigner")
    # Somebody else saves the text, after which it can be signed.
    assert (await world.draft(one.proposal_id, version=1)).is_success
    assert (await world.sign(one.proposal_id, version=2)).is_success


async def test_a_second_account_under_the_signers_name_does_not_draft_for_it(world: World) -> None:
    (one,) = await world.synthesised("Un résumé")
    await world.draft(one.proposal_id, name="m  BERNARD", subject="second-account")
    refused = await world.sign(one.proposal_id)
    assert (refused.status_code, refused.json()["title"]) == (403, "DraftedUnderTheSameName")
    assert (await world.draft(one.proposal_id, version=1)).is_success
    assert (await world.sign(one.proposal_id, version=2)).is_success


async def test_a_signature_is_on_one_exact_text(world: World) -> None:
    (one,) = await world.synthesised("Un résumé")
    await world.decide(one.proposal_id)
    rewritten = await world.draft(one.proposal_id, version=2, **NOT_RETAINED)
    assert rewritten.json()["state"] == "drafted"
    assert rewritten.json()["signed_by"] is None
    assert (await world.sign(one.proposal_id, version=2)).json()["title"] == "DecisionChanged"


async def test_two_people_at_once_do_not_overwrite_each_other(world: World) -> None:
    (one,) = await world.synthesised("Un résumé")
    answers = await asyncio.gather(
        *(world.draft(one.proposal_id, name=name) for name in (INES, "Marc T."))
    )
    assert sorted(one.status_code for one in answers) == [200, 409]
    refused = next(one for one in answers if one.status_code == 409)
    assert refused.json()["title"] == "DecisionChanged"


async def test_a_proposal_that_no_synthesis_lists_waits_for_no_decision(world: World) -> None:
    draft = proposal_state(world.project_id, "Une idée")
    await world.receive(
        project_state(world.project_id), draft, collection_state(world.project_id, None)
    )
    for unknown in (draft.proposal_id, uuid4()):
        assert (await world.draft(unknown)).json()["title"] == "NotListed"


async def test_a_decision_on_an_older_version_of_the_proposal_does_not_count(world: World) -> None:
    (one,) = await world.synthesised("Un résumé")
    await world.draft(one.proposal_id)
    newer = proposal_state(world.project_id, "Un résumé court", 2, one.proposal_id)
    await world.receive(newer, collection_state(world.project_id, [newer], version=10))
    assert (await world.decision(one.proposal_id)).state == "awaiting"
    assert (await world.sign(one.proposal_id)).json()["title"] == "OldProposal"
    await world.decide(one.proposal_id, version=1)
    assert (await world.decision(one.proposal_id)).state == "signed"


async def test_overdue_decisions_are_seen_and_counted(world: World) -> None:
    one, two = await world.synthesised("Un résumé", "Un numéro")
    await world.decide(one.proposal_id)
    assert (await world.account()).standing.overdue == 0
    world.on(COLLECTION_ENDED + timedelta(days=63))
    standing = (await world.account()).standing
    assert (standing.overdue, standing.decide_by) == (1, COLLECTION_ENDED + timedelta(days=60))
    assert (await world.decision(two.proposal_id)).overdue_days == 3
    assert (await world.decision(one.proposal_id)).overdue_days == 0
    metrics = {
        one.name: one.value for one in await world.service.collect_metrics() if not one.labels
    }
    assert metrics["decisions_overdue"] == 1


async def test_what_was_retained_is_followed_until_it_is_done(world: World) -> None:
    kept, not_kept = await world.reported("Un résumé", "Un numéro")
    assert (await world.follow(kept.proposal_id, "planned")).is_success
    world.on(COLLECTION_ENDED + timedelta(days=40))
    assert (await world.follow(kept.proposal_id, "under_way", note="Chez l'imprimeur")).is_success
    assert (await world.follow(kept.proposal_id, "done")).is_success
    told = (await world.events("decision.state"))[-1]
    assert [step["progress"] for step in told["follow_up"]] == ["planned", "under_way", "done"]
    assert told["follow_up"][1]["note"] == "Chez l'imprimeur"
    assert told["follow_up"][1]["on"] == str(COLLECTION_ENDED + timedelta(days=40))
    versions = [one["version"] for one in await world.events("decision.state")]
    assert len(set(versions[-3:])) == 3
    # What is done stays done; what was not retained is not followed.
    assert (await world.follow(kept.proposal_id, "planned")).json()["title"] == "StepOutOfOrder"
    refused = await world.follow(not_kept.proposal_id, "planned")
    assert refused.json()["title"] == "NotFollowed"


async def test_giving_up_says_why(world: World) -> None:
    (kept,) = await world.reported("Un résumé")
    refused = await world.follow(kept.proposal_id, "given_up")
    assert (refused.status_code, refused.json()["title"]) == (422, "GivenUpWithoutReason")
    assert (await world.follow(kept.proposal_id, "given_up", note="Budget refusé")).is_success


async def test_a_revision_is_drafted_beside_what_stays_published(world: World) -> None:
    (kept,) = await world.reported("Un résumé")
    assert (await world.draft(kept.proposal_id, version=3, **NOT_RETAINED)).is_success
    # A follow-up meanwhile tells the published text, never the draft.
    assert (await world.follow(kept.proposal_id, "planned")).is_success
    assert (await world.events("decision.state"))[-1]["outcome"] == "retained"
    assert (await world.sign(kept.proposal_id, version=5)).is_success
    assert (await world.publish()).is_success
    told = (await world.events("decision.state"))[-1]
    assert (told["outcome"], told["version"]) == ("not", 7)
    assert len(await world.fetch("SELECT FROM published_decision")) == 2


async def test_roles_are_checked_on_the_server(world: World) -> None:
    (one,) = await world.synthesised("Un résumé")
    path = f"/api/proposals/{one.proposal_id}/decision"
    written = RETAINED | {"version": 0}
    for role in (Role.REGISTRY, Role.OPERATIONS, Role.AUDIT, Role.CAMPAIGNS):
        answer = await world.client.put(path, json=written, headers=world.as_(INES, role))
        assert answer.status_code == 403
    assert (await world.client.put(path, json=written)).status_code == 401
    for role in (Role.ANALYSIS, Role.CAMPAIGNS):
        headers = world.as_(BERNARD, role)
        signed = await world.client.post(f"{path}/signature", json={"version": 1}, headers=headers)
        assert signed.status_code == 403


# Held by the database, whatever code writes to it.


ACCOUNT = "signer_account = (SELECT decision_maker_account FROM project)"


async def refused(world: World, constraint: str, *statements: str) -> None:
    with pytest.raises(asyncpg.PostgresError) as violated:
        await world.execute(*statements)
    assert violated.value.constraint_name == constraint


@pytest.mark.parametrize(
    ("constraint", "table", "statement"),
    [
        ("decision_has_reason", "decision", "UPDATE decision SET reason = ' ', state = 'drafted'"),
        (
            "decision_kept_says_what_next",
            "decision",
            "UPDATE decision SET owner = NULL",
        ),
        (
            "decision_signer_is_not_the_drafter",
            "decision",
            "UPDATE decision SET state = 'signed', signer = drafter,"
            " signed_by_name = 'M. Bernard', signed_by_role = 'directeur',"
            f" signed_on = '2027-01-12', {ACCOUNT}",
        ),
        (
            "decision_signature_is_whole",
            "decision",
            "UPDATE decision SET state = 'signed', signed_by_name = 'M. Bernard',"
            f" signed_by_role = 'directeur', {ACCOUNT}",
        ),
    ],
)
async def test_the_database_refuses_a_decision_that_is_not_whole(
    world: World, constraint: str, table: str, statement: str
) -> None:
    (one,) = await world.synthesised("Un résumé")
    await world.draft(one.proposal_id)
    await refused(world, constraint, statement)
    await world.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}", statement)


@pytest.mark.parametrize(
    ("trigger", "table", "statement"),
    [
        (
            "decision_signed_text_is_final",
            "decision",
            "UPDATE decision SET reason = 'Autre chose'",
        ),
        (
            "decision_begins_as_a_draft",
            "decision",
            "INSERT INTO decision SELECT gen_random_uuid(), project_id, version, state,"
            " proposal_version, outcome, reason, next_step, due_on, owner, drafter, drafted_by,"
            " drafted_on, signer, signed_by_name, signed_by_role, signed_on FROM decision",
        ),
        (
            "decision_transition",
            "decision",
            "UPDATE decision SET state = 'signed'",
        ),
        (
            "published_decision_is_final",
            "published_decision",
            "UPDATE published_decision SET reason = 'Autre chose'",
        ),
        ("published_decision_is_final", "published_decision", "DELETE FROM published_decision"),
        ("follow_up_is_final", "follow_up", "UPDATE follow_up SET progress = 'done'"),
        ("follow_up_is_final", "follow_up", "DELETE FROM follow_up"),
        (
            "published_decision_was_signed",
            "published_decision",
            "INSERT INTO published_decision SELECT proposal_id, version + 1, project_id,"
            " report_version, proposal_version, outcome, 'Autre chose', next_step, due_on, owner,"
            " decided_by_name, decided_by_role, decided_on, published_on FROM published_decision",
        ),
    ],
)
async def test_the_database_refuses_to_change_what_was_signed_or_published(
    world: World, trigger: str, table: str, statement: str
) -> None:
    (kept,) = await world.reported("Un résumé")
    await world.follow(kept.proposal_id, "planned")
    await refused(world, trigger, statement)
    await world.execute(f"DROP TRIGGER {trigger} ON {table}", statement)


@pytest.mark.parametrize("signed_before", [False, True])
async def test_the_database_takes_no_signature_but_that_of_whom_the_mandate_names(
    world: World, signed_before: bool
) -> None:
    (one,) = await world.synthesised("Un résumé")
    await world.draft(one.proposal_id)
    if signed_before:
        await world.sign(one.proposal_id)
    statement = (
        "UPDATE decision SET state = 'signed', signer = 'x', signed_by_name = 'Mme Petit',"
        " signed_by_role = 'directrice', signed_on = '2027-01-12'"
    )
    trigger = "decision_signed_by_whom_the_mandate_names"
    await refused(world, trigger, statement)
    await world.execute(f"DROP TRIGGER {trigger} ON decision", statement)


@pytest.mark.parametrize("account", ["NULL", "''", "'" + "b" * 32 + "'"])
@pytest.mark.parametrize("mandate", ["", "a" * 32])
async def test_the_database_takes_no_signature_of_another_account(
    world: World, account: str, mandate: str
) -> None:
    (one,) = await world.synthesised("Un résumé")
    await world.draft(one.proposal_id)
    await world.execute(f"UPDATE project SET decision_maker_account = '{mandate}'")
    statement = (
        f"UPDATE decision SET state = 'signed', signer = 'x', signer_account = {account},"
        " signed_by_name = 'M. Bernard', signed_by_role = 'directeur', signed_on = '2027-01-12'"
    )
    trigger = "decision_signed_by_whom_the_mandate_names"
    await refused(world, trigger, statement)
    await world.execute(f"DROP TRIGGER {trigger} ON decision", statement)


async def test_the_database_takes_no_signature_under_the_drafters_name(world: World) -> None:
    (one,) = await world.synthesised("Un résumé")
    await world.draft(one.proposal_id)
    await world.execute("UPDATE decision SET drafted_by = 'm  BERNARD'")
    statement = (
        "UPDATE decision SET state = 'signed', signer = 'x', signed_by_name = 'M. Bernard',"
        f" signed_by_role = 'directeur', signed_on = '2027-01-12', {ACCOUNT}"
    )
    trigger = "decision_signed_under_another_name_than_drafted"
    await refused(world, trigger, statement)
    await world.execute(f"DROP TRIGGER {trigger} ON decision", statement)


async def test_the_database_follows_only_what_was_kept(world: World) -> None:
    _, not_kept = await world.reported("Un résumé", "Un numéro")
    statement = (
        "INSERT INTO follow_up VALUES"
        f" ('{not_kept.proposal_id}', 1, 'done', NULL, '2027-01-12', 'x')"
    )
    await refused(world, "follow_up_of_what_was_kept", statement)
    await world.execute("DROP TRIGGER follow_up_of_what_was_kept ON follow_up", statement)
    await refused(
        world,
        "follow_up_given_up_has_reason",
        "INSERT INTO follow_up VALUES"
        f" ('{not_kept.proposal_id}', 2, 'given_up', ' ', '2027-01-12', 'x')",
    )
