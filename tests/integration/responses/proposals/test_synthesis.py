"""Proposals are drafted, merged and listed; nothing is listed before everything was read."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from services.contracts.events.responses import CollectionState, ProposalState
from services.contracts.http.proposals import ProposalView
from services.responses.proposals import use_cases_synthesis as synthesis
from tests.support.reading_room import Room


async def support(room: Room) -> dict[str, int]:
    return {proposal.title: proposal.support for proposal in (await room.board()).proposals}


async def test_support_counts_each_contribution_once_also_through_merging(room: Room) -> None:
    draft, other = await room.draft("Une"), await room.draft("Autre")
    first, second, *_ = await room.contributions()
    await room.record(first.id, proposals=[str(draft.id), str(other.id)])
    await room.record(second.id, "Bo M.", proposals=[str(draft.id)])
    await room.record(second.id, proposals=[str(draft.id)])
    assert await support(room) == {"Une": 2, "Autre": 1}
    survivor = ProposalView.model_validate_json((await room.merge(draft, other)).content)
    assert survivor.support == 2
    assert survivor.merged_ids == [draft.id]
    assert survivor.version == other.version + 1
    page = await room.request("GET", f"/api/proposals/{other.id}/contributions")
    assert {contribution["id"] for contribution in page.json()["found"]} == {
        str(first.id),
        str(second.id),
    }


async def test_merging_is_for_drafts_of_one_project_and_makes_no_circle(room: Room) -> None:
    draft, other, third = [await room.draft(title) for title in ("Une", "Autre", "Troisième")]
    assert (await room.merge(draft, draft)).status_code == 422
    assert (await room.merge(draft, other)).status_code == 200
    assert (await room.merge(other, draft)).status_code == 409
    (proposal,) = [p for p in (await room.board()).proposals if p.id == other.id]
    assert (await room.merge(proposal, third)).status_code == 200
    (last,) = [p for p in (await room.board()).proposals if p.id == third.id]
    assert set(last.merged_ids) == {draft.id, other.id}


async def find_proposal(room: Room, title: str) -> ProposalView:
    return next(proposal for proposal in (await room.board()).proposals if proposal.title == title)


async def test_a_merge_is_undone_with_what_supported_each(room: Room) -> None:
    draft, other = await room.draft("Une"), await room.draft("Autre")
    first, second, *_ = await room.contributions()
    await room.record(first.id, proposals=[str(draft.id)])
    await room.record(second.id, proposals=[str(other.id)])
    assert (await room.unmerge(draft)).status_code == 409, "nothing to undo"
    await room.merge(draft, other)
    assert await support(room) == {"Une": 0, "Autre": 2}
    merged, survivor = await find_proposal(room, "Une"), await find_proposal(room, "Autre")
    assert (await room.unmerge(draft)).status_code == 409, "not the version that was read"
    separated = ProposalView.model_validate_json((await room.unmerge(merged)).content)
    assert (separated.state, separated.version, separated.merged_into) == (
        "draft",
        merged.version + 1,
        None,
    )
    assert (separated.title, separated.text) == (draft.title, draft.text)
    assert await support(room) == {"Une": 1, "Autre": 1}
    after = await find_proposal(room, "Autre")
    assert after.version == survivor.version + 1, "its support changed: who lists it reads it again"
    assert after.merged_ids == []
    assert (await room.merge(after, separated)).status_code == 200, "also the other way round"
    pool = room.world.service.database.pool
    rows = await pool.fetch("SELECT merged, number FROM proposal_merge ORDER BY 2, 1")
    assert [tuple(row) for row in rows] == [(True, 1), (True, 1), (False, 2)]


async def test_a_merge_in_the_middle_of_others_is_undone_alone(room: Room) -> None:
    first_draft, two, three = [await room.draft(title) for title in ("Une", "Deux", "Trois")]
    first, *_ = await room.contributions()
    await room.record(first.id, proposals=[str(first_draft.id)])
    await room.merge(first_draft, two)
    await room.merge(await find_proposal(room, "Deux"), three)
    assert (await room.unmerge(await find_proposal(room, "Une"))).status_code == 200
    assert await support(room) == {"Une": 1, "Deux": 0, "Trois": 0}
    assert (await find_proposal(room, "Trois")).merged_ids == [two.id]
    assert (await room.unmerge(await find_proposal(room, "Deux"))).status_code == 200
    assert {proposal.state for proposal in (await room.board()).proposals} == {"draft"}


async def test_the_synthesis_ends_undoing(room: Room) -> None:
    draft, other = await room.draft("Une"), await room.draft("Autre")
    await room.merge(draft, other)
    await room.end()
    await room.read_all(proposals=[str(other.id)])
    assert (await room.synthesise()).status_code == 200
    merged = await find_proposal(room, "Une")
    assert (await room.unmerge(merged)).status_code == 409
    pool = room.world.service.database.pool
    undone = (
        "UPDATE proposal SET state = 'draft', merged_into = NULL, version = version + 1"
        " WHERE state = 'merged'"
    )
    assert await refused_by(pool, undone) == "synthesis_is_final"
    await pool.execute("DROP TRIGGER merges_end_with_synthesis ON proposal")
    assert await refused_by(pool, undone) is None


async def test_undoing_a_merge_changes_no_word(room: Room) -> None:
    await room.merge(await room.draft("Une"), await room.draft("Autre"))
    pool = room.world.service.database.pool
    for change in ("text = 'x'", "title = 'x'", "theme = 'x'", "drafted_by = 'x'"):
        undone = f"UPDATE proposal SET state = 'draft', merged_into = NULL, {change}"
        statement = f"{undone}, version = version + 1 WHERE state = 'merged'"
        assert await refused_by(pool, statement) == "proposal_is_final"


async def test_two_officers_do_not_overwrite_each_other(room: Room) -> None:
    draft = await room.draft("Une")
    body = {"version": draft.version, "title": "Une fois", "text": "t", "theme": None}
    answers = await asyncio.gather(
        *(room.request("PUT", f"/api/proposals/{draft.id}", body) for _ in range(2))
    )
    assert sorted(response.status_code for response in answers) == [200, 409]
    (refused,) = [response for response in answers if response.status_code == 409]
    assert "version 2 is not the one you read (1)" in refused.json()["detail"]


async def test_similar_drafts_are_listed_in_pairs(room: Room) -> None:
    draft = await room.draft("Dire le montant dès la première ligne")
    other = await room.draft("Dire le montant à la première ligne")
    await room.draft("Écrire moins petit")
    (pair,) = (await room.board()).near
    assert {pair.first, pair.second} == {draft.id, other.id}


async def test_obstacles_to_the_synthesis_are_listed_as_sentences(collecting: Room) -> None:
    room = collecting
    await room.draft("Une")
    unread = "Contributions still to be read: 12."
    unlinked = "No contribution is linked to “Une”: link one, or merge it into another."
    blocked = (await room.board()).blocked_by
    assert "Responses are still taken, until" in blocked[0]
    assert blocked[1:] == []
    refused = await room.synthesise()
    assert refused.status_code == 409
    assert refused.json()["errors"] == blocked
    await room.end()
    assert (await room.board()).blocked_by == [unread, unlinked]
    await room.read_all()
    assert (await room.synthesise()).json()["errors"] == [unlinked]


async def test_the_synthesis_lists_every_proposal_at_the_version_that_was_read(room: Room) -> None:
    draft, other = await room.draft("Une"), await room.draft("Autre")
    await room.end()
    await room.read_all(proposals=[str(draft.id), str(other.id)])
    refused = await room.synthesise([draft])
    assert refused.json()["errors"] == ["“Autre”, version 1: not in the list."]
    stale = draft.model_copy(update={"version": 7})
    assert (await room.synthesise([stale, other])).status_code == 409
    synthesis = await room.synthesise([draft, other])
    assert synthesis.status_code == 200
    assert synthesis.json()["synthesised_by"] == "Ada L."
    events = await room.world.events()
    collection = CollectionState.model_validate(events[-1])
    assert collection.proposals is not None
    assert {p.id: p.version for p in collection.proposals} == {draft.id: 1, other.id: 1}
    assert (collection.contributions, collection.unread, collection.unopened) == (12, 0, None)
    assert collection.attention is not None
    assert collection.attention.coverage == 1
    published = [ProposalState.model_validate(body) for body in events if "proposal_id" in body]
    assert {p.proposal_id: p.support for p in published} == {draft.id: 12, other.id: 12}
    assert (await room.synthesise([draft, other])).status_code == 409


async def test_a_synthesis_without_suggestion_is_an_explicit_empty_list(room: Room) -> None:
    await room.end()
    await room.read_all()
    assert (await room.synthesise([])).status_code == 200
    assert (await room.world.events())[-1]["proposals"] == []


async def test_after_the_synthesis_nothing_that_led_to_it_changes(room: Room) -> None:
    draft = await room.draft("Une")
    await room.end()
    (first, *_) = await room.read_all(proposals=[str(draft.id)])
    await room.synthesise()
    body = {"version": 1, "title": "x", "text": "x", "theme": None}
    for refused in (
        await room.record(first),
        await room.request("PUT", f"/api/proposals/{draft.id}", body),
        await room.request("POST", "proposals", {"title": "x", "text": "x"}),
        await room.request("PUT", "readings-wanted", {"readings_wanted": 2}),
        await room.request("POST", "notes", {"title": "x", "words": "x"}),
    ):
        assert refused.status_code == 409, refused.text


async def test_a_draft_written_at_the_same_moment_is_listed_or_refused(room: Room) -> None:
    draft = await room.draft("Une")
    await room.end()
    await room.read_all(proposals=[str(draft.id)])
    synthesised, drafted, edited = await asyncio.gather(
        room.synthesise([draft]),
        room.request("POST", "proposals", {"title": "Autre", "text": "t"}),
        room.request(
            "PUT", f"/api/proposals/{draft.id}", {"version": 1, "title": "Mieux", "text": "t"}
        ),
    )
    drafts = [proposal for proposal in (await room.board()).proposals if proposal.state == "draft"]
    if synthesised.status_code == 200:
        assert (drafts, drafted.status_code, edited.status_code) == ([], 409, 409)
    else:
        assert 200 in (drafted.status_code - 1, edited.status_code)


async def test_a_lost_topic_is_published_again_with_its_proposals(room: Room) -> None:
    draft = await room.draft("Une")
    await room.end()
    await room.read_all(proposals=[str(draft.id)])
    await room.synthesise()
    published = (await room.world.events())[-2:]
    async with room.world.service.database.transaction() as conn:
        counts = await synthesis.republish(conn, room.world.service.clock)
    assert counts == {"collection.state": 1, "proposal.state": 1}
    republished = (await room.world.events())[-2:]
    assert sorted(map(json.dumps, republished)) == sorted(map(json.dumps, published))


KEPT = {
    "contribution_kept": ("contribution", "DELETE FROM contribution"),
    "contributions_kept": ("contribution", "TRUNCATE contribution CASCADE"),
    "reading_kept": ("reading", "DELETE FROM reading"),
    "reading_order_kept": ("reading_order", "DELETE FROM reading_order"),
    "moderation_kept": ("moderation", "DELETE FROM moderation"),
    "proposal_kept": ("proposal", "DELETE FROM proposal"),
    "proposal_merge_kept": ("proposal_merge", "DELETE FROM proposal_merge"),
    "proposal_is_final": ("proposal", "UPDATE proposal SET text = 'x' WHERE state = 'merged'"),
    "reading_says_something": ("reading", "UPDATE reading SET mark = NULL"),
    "reading_keeps_saying_something": ("reading_link", "DELETE FROM reading_link"),
    "collection_transition": ("collection", "UPDATE collection SET state = 'preparing'"),
    "synthesis_is_complete": (
        "collection",
        "UPDATE collection SET state = 'synthesised', synthesised_by = 'x',"
        " synthesised_on = current_date",
    ),
}
# The name of the violation where it differs from that of the trigger.
RAISED = {
    "reading_keeps_saying_something": "reading_says_something",
    "synthesis_is_complete": "synthesis_needs_every_reading",
}


async def refused_by(pool: Any, statement: str) -> str | None:
    """Run a statement; returns the name of the constraint or trigger that refused it."""
    try:
        await pool.execute(statement)
    except asyncpg.IntegrityConstraintViolationError as refused:
        return str(refused.constraint_name)
    return None


@pytest.mark.parametrize("trigger", KEPT)
async def test_the_database_keeps_contributions_readings_and_proposals(
    room: Room, trigger: str
) -> None:
    draft, other = await room.draft("Une"), await room.draft("Autre")
    first, second, *_ = await room.contributions()
    await room.record(first.id, proposals=[str(draft.id)])
    await room.record(second.id)
    await room.next()
    await room.merge(draft, other)
    await room.request(
        "POST", f"/api/contributions/{first.id}/moderation", {"hidden": True, "reason": "r"}
    )
    if trigger == "synthesis_is_complete":
        await room.end()
    table, statement = KEPT[trigger]
    pool = room.world.service.database.pool
    assert await refused_by(pool, statement) == RAISED.get(trigger, trigger)
    # The promise hangs on this trigger: without it, nothing refuses under its name.
    await pool.execute(f"DROP TRIGGER {trigger} ON {table}")
    assert await refused_by(pool, statement) != RAISED.get(trigger, trigger)


@pytest.mark.parametrize("table", ["reading", "reading_link", "proposal", "contribution"])
async def test_the_database_refuses_changes_after_the_synthesis(room: Room, table: str) -> None:
    draft = await room.draft("Une")
    await room.end()
    await room.read_all(proposals=[str(draft.id)])
    assert (await room.synthesise()).status_code == 200
    project = room.world.project_id
    statement = {
        "reading": "UPDATE reading SET seconds = 0",
        "reading_link": "INSERT INTO reading_link SELECT contribution_id, reader, proposal_id"
        " FROM reading_link ON CONFLICT DO NOTHING",
        "proposal": "INSERT INTO proposal (id, project_id, title, text, drafted_by, drafted_on)"
        f" VALUES ('{uuid4()}', '{project}', 'x', 'x', 'x', current_date)",
        "contribution": "INSERT INTO contribution (id, project_id, questionnaire_version,"
        f" answers, words, on_day) VALUES ('{uuid4()}', '{project}', 1, '{{}}', '',"
        " current_date)",
    }[table]
    pool = room.world.service.database.pool
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await pool.execute(statement)
    assert refused.value.constraint_name == "synthesis_is_final"
    await pool.execute(f"DROP TRIGGER synthesis_is_final ON {table}")
    await pool.execute(statement)


async def test_a_proposal_is_merged_within_its_project(room: Room) -> None:
    draft = await room.draft("Une")
    pool = room.world.service.database.pool
    other = uuid4()
    await pool.execute(
        "INSERT INTO collection (project_id, project_version, project_state, title, mandate,"
        " recruitment_ends_on, collection_ends_on, anonymity_floor)"
        " VALUES ($1, 1, 'open', 'Autre', '{}', current_date, current_date, 5)",
        other,
    )
    elsewhere = uuid4()
    await pool.execute(
        "INSERT INTO proposal (id, project_id, title, text, drafted_by, drafted_on)"
        " VALUES ($1, $2, 'x', 'x', 'x', current_date)",
        elsewhere,
        other,
    )
    merging = "UPDATE proposal SET state = 'merged', merged_into = $1 WHERE id = $2"
    with pytest.raises(asyncpg.ForeignKeyViolationError) as refused:
        await pool.execute(merging, elsewhere, draft.id)
    assert refused.value.constraint_name == "proposal_merged_in_its_project"
    await pool.execute("ALTER TABLE proposal DROP CONSTRAINT proposal_merged_in_its_project")
    await pool.execute(merging, elsewhere, draft.id)


async def test_a_draft_that_is_not_listed_stops_the_synthesis_in_the_database(room: Room) -> None:
    await room.draft("Une")
    await room.end()
    await room.read_all()
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await room.world.service.database.pool.execute(KEPT["synthesis_is_complete"][1])
    assert refused.value.constraint_name == "synthesis_lists_every_draft"
