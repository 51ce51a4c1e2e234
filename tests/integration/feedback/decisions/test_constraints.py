"""The database refuses decisions that break a promise, whatever code writes them."""

import pytest

from tests.support.feedback import (
    World,
    refused_by,
)

pytestmark = pytest.mark.servers
ACCOUNT = "signer_account = (SELECT decision_maker_account FROM project)"


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
async def test_the_database_refuses_an_incomplete_decision(
    world: World, constraint: str, table: str, statement: str
) -> None:
    (proposal,) = await world.synthesised("Un résumé")
    await world.draft(proposal.proposal_id)
    await refused_by(world, constraint, statement)
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
async def test_the_database_refuses_to_change_a_signed_or_published_decision(
    world: World, trigger: str, table: str, statement: str
) -> None:
    (retained,) = await world.reported("Un résumé")
    await world.follow(retained.proposal_id, "planned")
    await refused_by(world, trigger, statement)
    await world.execute(f"DROP TRIGGER {trigger} ON {table}", statement)


@pytest.mark.parametrize("signed_before", [False, True])
async def test_the_database_refuses_every_signature_but_the_decision_makers(
    world: World, signed_before: bool
) -> None:
    (proposal,) = await world.synthesised("Un résumé")
    await world.draft(proposal.proposal_id)
    if signed_before:
        await world.sign(proposal.proposal_id)
    statement = (
        "UPDATE decision SET state = 'signed', signer = 'x', signed_by_name = 'Mme Petit',"
        " signed_by_role = 'directrice', signed_on = '2027-01-12'"
    )
    trigger = "decision_signed_by_whom_the_mandate_names"
    await refused_by(world, trigger, statement)
    await world.execute(f"DROP TRIGGER {trigger} ON decision", statement)


@pytest.mark.parametrize("account", ["NULL", "''", "'" + "b" * 32 + "'"])
@pytest.mark.parametrize("mandate", ["", "a" * 32])
async def test_the_database_refuses_the_signature_of_another_account(
    world: World, account: str, mandate: str
) -> None:
    (proposal,) = await world.synthesised("Un résumé")
    await world.draft(proposal.proposal_id)
    await world.execute(f"UPDATE project SET decision_maker_account = '{mandate}'")
    statement = (
        f"UPDATE decision SET state = 'signed', signer = 'x', signer_account = {account},"
        " signed_by_name = 'M. Bernard', signed_by_role = 'directeur', signed_on = '2027-01-12'"
    )
    trigger = "decision_signed_by_whom_the_mandate_names"
    await refused_by(world, trigger, statement)
    await world.execute(f"DROP TRIGGER {trigger} ON decision", statement)


async def test_the_database_refuses_a_signature_under_the_drafters_name(world: World) -> None:
    (proposal,) = await world.synthesised("Un résumé")
    await world.draft(proposal.proposal_id)
    await world.execute("UPDATE decision SET drafted_by = 'm  BERNARD'")
    statement = (
        "UPDATE decision SET state = 'signed', signer = 'x', signed_by_name = 'M. Bernard',"
        f" signed_by_role = 'directeur', signed_on = '2027-01-12', {ACCOUNT}"
    )
    trigger = "decision_signed_under_another_name_than_drafted"
    await refused_by(world, trigger, statement)
    await world.execute(f"DROP TRIGGER {trigger} ON decision", statement)
