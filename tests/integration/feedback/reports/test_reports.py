"""A report appears with all its decisions, or not at all."""

import asyncio
from collections.abc import Coroutine
from functools import partial
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from httpx import Response

from services.contracts.events.responses import CollectionPhase
from services.contracts.http.common import Role
from tests.support.feedback import (
    BERNARD,
    NOT_RETAINED,
    PUBLIC,
    RETAINED,
    World,
    collection_state,
    project_state,
    proposal_state,
)
from tests.support.servers import eventually

pytestmark = pytest.mark.servers


async def blocked(world: World) -> list[str]:
    return (await world.account()).standing.blocked_by


async def test_sentences_say_what_blocks_a_project_until_it_is_closed(world: World) -> None:
    id = world.project_id
    await world.receive(project_state(id, "recruited", 3))
    assert await blocked(world) == ["collection ends on 23 December 2026"]
    await world.receive(project_state(id, "collected", 4))
    assert await blocked(world) == ["the state of the responses is not known here yet"]
    ready = collection_state(id, None, version=1).model_copy(
        update={"state": CollectionPhase.READY}
    )
    await world.receive(ready)
    assert await blocked(world) == ["the responses are not opened yet"]
    await world.receive(collection_state(id, None, version=2, unread=12))
    assert await blocked(world) == ["12 contributions still to read"]
    await world.receive(collection_state(id, None, version=3))
    assert await blocked(world) == ["the synthesis is not finished"]
    first, second = proposal_state(id, "Un résumé"), proposal_state(id, "Un numéro")
    await world.receive(first, collection_state(id, [first, second], version=4))
    assert await blocked(world) == [
        "1 listed proposal has not arrived yet",
        "1 decision to draft",
        "the report has no summary yet",
    ]
    await world.receive(second)
    await world.decide(first.proposal_id)
    await world.draft(second.proposal_id, **NOT_RETAINED)
    await world.summarise()
    assert await blocked(world) == [f"1 decision waits for {BERNARD} to sign it"]
    await world.sign(second.proposal_id)
    assert await blocked(world) == ["the report is ready to be published"]
    await world.publish()
    assert await blocked(world) == ["the report is published and on its way to participants"]
    await world.receive(
        project_state(
            id,
            "reporting",
            6,
            report_duties={
                "report_version": 1,
                "owed": 37,
                "sent": 0,
                "undeliverable": 0,
                "exempt": 0,
            },
        )
    )
    assert await blocked(world) == ["37 reports still to send"]
    await world.receive(project_state(id, "closed", 7))
    assert await blocked(world) == []


async def test_report_and_decisions_are_one_commit_and_one_event_each(world: World) -> None:
    proposals = await world.reported("Un résumé", "Un numéro", "Un dessin")
    (report,) = await world.events("report.state")
    assert report["version"] == 1
    assert report["collection_version"] == 9
    assert report["url"] == f"{PUBLIC}/projects/{world.project_id}/report"
    assert {proposal["proposal_id"]: proposal["version"] for proposal in report["decisions"]} == {
        str(proposal.proposal_id): 1 for proposal in proposals
    }
    decided = await world.events("decision.state")
    assert {proposal["proposal_id"] for proposal in decided} == {
        str(proposal.proposal_id) for proposal in proposals
    }


async def test_no_report_while_a_listed_proposal_lacks_a_signed_decision(world: World) -> None:
    first, second = await world.synthesised("Un résumé", "Un numéro")
    await world.decide(first.proposal_id)
    await world.summarise()
    refused = await world.publish()
    assert (refused.status_code, refused.json()["title"]) == (409, "ReportBlocked")
    assert refused.json()["errors"] == ["1 decision to draft"]
    await world.draft(second.proposal_id)
    assert (await world.publish()).status_code == 409
    assert await world.events("report.state") == []
    assert await world.events("decision.state") == []


async def test_no_report_before_the_synthesis(world: World) -> None:
    await world.receive(project_state(world.project_id), collection_state(world.project_id, None))
    await world.summarise()
    assert (await world.publish()).json()["errors"] == ["the synthesis is not finished"]


async def test_a_project_without_proposals_still_owes_a_report(world: World) -> None:
    """The list is empty and explicit."""
    await world.synthesised()
    await world.summarise("Personne n'a rien proposé.")
    assert (await world.publish()).is_success
    (report,) = await world.events("report.state")
    assert report["decisions"] == []


async def test_a_revision_is_a_higher_version_for_all_participants(world: World) -> None:
    (retained, other) = await world.reported("Un résumé", "Un numéro")
    await world.receive(project_state(world.project_id, "closed", 8))
    assert (await world.publish()).json()["title"] == "NothingNew"
    await world.decide(retained.proposal_id, version=3, **NOT_RETAINED)
    assert await blocked(world) == ["a revision is ready and not published yet"]
    assert (await world.publish()).is_success
    first, second = await world.events("report.state")
    assert (first["version"], second["version"]) == (1, 2)
    assert {proposal["proposal_id"] for proposal in second["decisions"]} == {
        str(retained.proposal_id),
        str(other.proposal_id),
    }


async def test_a_summary_rewritten_after_publication_waits_for_its_own(world: World) -> None:
    await world.reported("Un résumé")
    await world.summarise("Nous nous étions trompés.", version=1)
    assert (await world.publish(version=2)).is_success
    assert (await world.events("report.state"))[-1]["summary"] == "Nous nous étions trompés."


async def test_two_people_publishing_at_once_publish_once(world: World) -> None:
    (proposal,) = await world.synthesised("Un résumé")
    await world.decide(proposal.proposal_id)
    await world.summarise()
    responses = await asyncio.gather(*(world.publish() for _ in range(4)))
    assert sorted(response.status_code for response in responses) == [200, 409, 409, 409]
    assert len(await world.events("report.state")) == 1


@pytest.mark.parametrize("publishing_first", [True, False])
async def test_no_decision_is_rewritten_while_its_report_is_being_published(
    world: World, publishing_first: bool
) -> None:
    """The second one is refused, and no report without news is published."""
    (proposal,) = await world.synthesised("Un résumé")
    await world.decide(proposal.proposal_id)
    await world.summarise()
    requests = [world.publish(), world.draft(proposal.proposal_id, version=2, **NOT_RETAINED)]
    first, second = await run_while_synthesis_is_locked(
        world, *(requests if publishing_first else requests[::-1])
    )
    assert (first.status_code, second.status_code) == (200, 409), (first.text, second.text)
    assert second.json()["title"] == ("DecisionChanged" if publishing_first else "ReportBlocked")
    assert len(await world.events("report.state")) == publishing_first


async def run_while_synthesis_is_locked(
    world: World, *requests: Coroutine[Any, Any, Response]
) -> list[Response]:
    """Start the requests in that order while another transaction locks the synthesis."""
    conn = await world.service.database.dedicated("held")
    try:
        async with conn.transaction():
            await conn.execute("SELECT FROM collection FOR UPDATE")
            begun = []
            for number, request in enumerate(requests, 1):
                begun.append(asyncio.ensure_future(request))
                await eventually(partial(waiting, world, number), "it waits for the list")
        return await asyncio.gather(*begun)
    finally:
        await conn.close()


async def waiting(world: World, number: int) -> bool:
    (row,) = await world.fetch(
        "SELECT count(*) AS seen FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock'"
    )
    return bool(row["seen"] == number)


async def test_a_report_that_changed_since_it_was_read_is_not_published(world: World) -> None:
    (proposal,) = await world.synthesised("Un résumé")
    await world.decide(proposal.proposal_id)
    await world.summarise()
    await world.summarise("Autre chose.", version=1)
    assert (await world.publish(version=1)).json()["title"] == "ReportChanged"
    assert (await world.summarise("Encore.", version=1)).json()["title"] == "ReportChanged"
    assert (await world.summarise("  ", version=2)).json()["title"] == "SummaryMissing"


async def test_the_preview_shows_the_report_and_its_readability(world: World) -> None:
    (proposal, _) = await world.synthesised("Un résumé", "Un numéro")
    await world.decide(proposal.proposal_id)
    await world.summarise("Une phrase <courte>.")
    response = await world.client.get(
        f"/api/projects/{world.project_id}/report/preview",
        headers=world.as_("Aude R.", Role.AUDIT) | {"Accept-Language": "fr"},
    )
    preview = response.json()
    assert "Une phrase &lt;courte&gt;." in preview["html"]
    assert "Une phrase <courte>." in preview["text"]
    assert RETAINED["reason"] in preview["text"]
    assert "Sollicités" in preview["html"]
    assert preview["readability"]["score"] > 0
    assert preview["blocked_by"] == ["1 décision à rédiger"]


async def test_numbers_too_small_to_show_are_kept_out_of_the_method_note(world: World) -> None:
    proposal = proposal_state(world.project_id, "Un résumé")
    few = project_state(world.project_id, asked=12, joined=4, credentials_issued=3)
    await world.receive(
        few, proposal, collection_state(world.project_id, [proposal], contributions=3)
    )
    await world.decide(proposal.proposal_id)
    await world.summarise()
    assert (await world.publish()).is_success
    ((method,),) = await world.fetch("SELECT method FROM published_report")
    assert method["asked"] == 12
    assert (method["joined"], method["contributions"], method["read"]) == (None, None, None)
    assert method["too_small"] == ["contributions", "credentials_issued", "joined"]
    assert method["attention"] is None


async def test_republishing_writes_every_public_state_again(world: World) -> None:
    (retained,) = await world.reported("Un résumé")
    await world.follow(retained.proposal_id, "planned")
    await world.draft(retained.proposal_id, version=4, **NOT_RETAINED)
    reports, decisions = await world.events("report.state"), await world.events("decision.state")
    async with world.service.database.transaction() as conn:
        counts = await world.service.republish(conn)
    assert counts == {"decision.state": 1, "report.state": 1}
    assert (await world.events("report.state"))[-1] == reports[-1]
    republished = (await world.events("decision.state"))[-1]
    assert republished["outcome"] == "retained"
    assert republished["version"] >= decisions[-1]["version"]
    assert republished | {"version": 0} == decisions[-1] | {"version": 0}


# Constraints of the database, against any code.


async def insert_report(world: World, version: int = 1, collection_version: int = 9) -> None:
    await world.execute(
        "INSERT INTO published_report VALUES"
        f" ('{world.project_id}', {version}, {collection_version}, 1, 'Fait.', '{{}}', 'x',"
        " '2027-01-12')"
    )


async def refused(world: World, collection_version: int = 9) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as violated:
        await insert_report(world, collection_version=collection_version)
    assert violated.value.constraint_name == "report_answers_every_proposal"


async def test_the_database_refuses_a_report_that_leaves_a_proposal_unanswered(
    world: World,
) -> None:
    first, second = await world.synthesised("Un résumé", "Un numéro")
    await refused(world)  # nothing is decided
    await world.decide(first.proposal_id)
    await refused(world)  # signed is not published
    await world.execute("DROP TRIGGER report_answers_every_proposal ON published_report")
    await insert_report(world)
    assert second


async def test_the_database_refuses_a_report_on_an_older_list_or_before_the_end(
    world: World,
) -> None:
    """A report on an empty list answers that version of the list, and no other."""
    await world.synthesised()
    await refused(world, collection_version=8)
    newer = proposal_state(world.project_id, "Un oubli")
    await world.receive(newer, collection_state(world.project_id, [newer], version=10))
    await refused(world, collection_version=10)
    await refused(world)
    open_project = uuid4()
    await world.receive(project_state(open_project, "open"), collection_state(open_project, []))
    world.project_id = open_project
    await refused(world)
    await world.receive(project_state(open_project, "collected", 6))
    await insert_report(world)


async def synthesise_without_a_list(world: World) -> None:
    id = world.project_id
    synthesis = collection_state(id, []).model_copy(update={"proposals": None})
    await world.receive(project_state(id), synthesis)


async def test_no_report_answers_a_synthesis_without_a_list(world: World) -> None:
    await synthesise_without_a_list(world)
    assert (await world.summarise()).is_success
    blocked_report = await world.publish()
    assert (blocked_report.status_code, blocked_report.json()["title"]) == (409, "ReportBlocked")
    assert not await world.events("report.state")


async def test_the_list_of_a_newer_synthesis_unblocks_the_report(world: World) -> None:
    await synthesise_without_a_list(world)
    id = world.project_id
    listed = proposal_state(id, "Un résumé")
    await world.receive(listed, collection_state(id, [listed], version=10))
    await world.decide(listed.proposal_id)
    assert (await world.summarise()).is_success
    assert (await world.publish()).is_success


async def test_the_database_refuses_a_report_on_a_synthesis_without_a_list(world: World) -> None:
    await synthesise_without_a_list(world)
    await refused(world)


async def test_published_reports_stay_as_they_were(world: World) -> None:
    await world.reported("Un résumé")
    for statement in (
        "UPDATE published_report SET summary = 'Autre chose'",
        "DELETE FROM published_report",
    ):
        with pytest.raises(asyncpg.CheckViolationError) as violated:
            await world.execute(statement)
        assert violated.value.constraint_name == "published_report_is_final"
    await world.execute(
        "DROP TRIGGER published_report_is_final ON published_report",
        "UPDATE published_report SET summary = 'Autre chose'",
    )
