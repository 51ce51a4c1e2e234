"""The database keeps the public account equal to the published decisions."""

import asyncpg
import pytest

from services.contracts.http.common import Role
from services.contracts.http.feedback import PublishReport
from services.feedback.reports import use_cases as reports
from services.runtime.http.staff_tokens import Staff
from tests.support.feedback import BERNARD, PUBLIC, RETAINED, World

pytestmark = pytest.mark.servers


async def test_no_decision_is_published_without_the_wording_of_its_proposal(world: World) -> None:
    (proposal,) = await world.synthesised("Un résumé")
    await world.decide(proposal.proposal_id)
    await world.summarise()
    await world.execute("DROP TRIGGER published_decision_is_in_the_account ON published_decision")
    with pytest.raises(asyncpg.ForeignKeyViolationError) as violated:
        await publish_here(world)
    assert violated.value.constraint_name == "published_decision_answers_words"
    await world.execute(
        "ALTER TABLE published_decision DROP CONSTRAINT published_decision_answers_words"
    )
    await publish_here(world)


async def publish_here(world: World) -> None:
    """Publish without the API, so that the error of the database is visible."""
    staff = Staff("bernard", BERNARD, frozenset({Role.DECISION}))
    async with world.service.database.transaction() as conn:
        await reports.publish_report(
            conn, world.service.clock, staff, world.project_id, PublishReport(version=1), PUBLIC
        )


async def test_the_decision_in_force_is_the_last_one_published_and_followed(world: World) -> None:
    retained, other = await world.reported("Un résumé", "Un numéro")
    await world.follow(retained.proposal_id, "planned")
    await world.follow(retained.proposal_id, "under_way")
    await world.decide(other.proposal_id, version=3, **RETAINED)
    await world.publish()
    differ = await world.fetch(
        """
        SELECT a.proposal_id FROM answer_in_force a FULL JOIN (
            SELECT DISTINCT ON (d.proposal_id) d.*, coalesce((SELECT progress FROM follow_up f
                WHERE f.proposal_id = d.proposal_id ORDER BY number DESC LIMIT 1), 'promised')
                AS progress
            FROM published_decision d ORDER BY d.proposal_id, d.version DESC) d USING (proposal_id)
        WHERE (a.version, a.outcome, a.due_on, a.published_on, a.progress)
            IS DISTINCT FROM (d.version, d.outcome, d.due_on, d.published_on, d.progress)
        """
    )
    assert differ == []
    with pytest.raises(asyncpg.CheckViolationError) as violated:
        await world.execute("UPDATE answered_proposal SET text = 'Autre chose'")
    assert violated.value.constraint_name == "answered_proposal_is_final"
    await world.execute(
        "DROP TRIGGER answered_proposal_is_final ON answered_proposal",
        "UPDATE answered_proposal SET text = 'Autre chose'",
    )
