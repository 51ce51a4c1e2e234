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
    return {one.title: one.support for one in (await room.board()).proposals}


async def test_support_counts_each_contribution_once_also_through_merging(room: Room) -> None:
    one, other = await room.draft("Une"), await room.draft("Autre")
    first, second, *_ = await room.contributions()
    await room.record(first.id, proposals=[str(one.id), str(other.id)])
    await room.record(second.id, "Bo M.", proposals=[str(one.id)])
    await room.record(second.id, proposals=[str(one.id)])
    assert await support(room) == {"Une": 2, "Autre": 1}
    survivor = ProposalView.model_validate_json((await room.merge(one, other)).content)
    assert survivor.support == 2
    assert survivor.merged_ids == [one.id]
    assert survivor.version == other.version + 1
    found = await room.ask("GET", f"/api/proposals/{other.id}/contributions")
    assert {shown["id"] for shown in found.json()["found"]} == {str(first.id), str(second.id)}


async def test_merging_is_for_drafts_of_one_project_and_makes_no_circle(room: Room) -> None:
    one, other, third = [await room.draft(title) for title in ("Une", "Autre", "Troisième")]
    assert (await room.merge(one, one)).status_code == 422
    assert (await room.merge(one, other)).status_code == 200
    assert (await room.merge(other, one)).status_code == 409
    (held,) = [p for p in (await room.board()).proposals if p.id == other.id]
    assert (await room.merge(held, third)).status_code == 200
    (last,) = [p for p in (await room.board()).proposals if p.id == third.id]
    assert set(last.merged_ids) == {one.id, other.id}


async def held(room: Room, title: str) -> ProposalView:
    return next(one for one in (await room.board()).proposals if one.title == title)


async def test_a_merge_is_undone_with_what_supported_each(room: Room) -> None:
    one, other = await room.draft("Une"), await room.draft("Autre")
    first, second, *_ = await room.contributions()
    await room.record(first.id, proposals=[str(one.id)])
    await room.record(second.id, proposals=[str(other.id)])
    assert (await room.unmerge(one)).status_code == 409, "nothing to undo"
    await room.merge(one, other)
    assert await support(room) == {"Une": 0, "Autre": 2}
    merged, survivor = await held(room, "Une"), await held(room, "Autre")
    assert (await room.unmerge(one)).status_code == 409, "not the version that was read"
    separated = ProposalView.model_validate_json((await room.unmerge(merged)).content)
    assert (separated.state, separated.version, separated.merged_into) == (
        "draft",
        merged.version + 1,
        None,
    )
    assert (separated.title, separated.text) == (one.title, one.text)
    assert await support(room) == {"Une": 1, "Autre": 1}
    after = await held(room, "Autre")
    assert after.version == survivor.version + 1, "its support changed: who lists it reads it again"
    assert after.merged_ids == []
    assert (await room.merge(after, separated)).status_code == 200, "also the other way round"
    pool = room.world.service.database.pool
    rows = await pool.fetch("SELECT merged, number FROM proposal_merge ORDER BY 2, 1")
    assert [tuple(row) for row in rows] == [(True, 1), (True, 1), (False, 2)]


async def test_a_merge_in_the_middle_of_others_is_undone_alone(room: Room) -> None:
    one, two, three = [await room.draft(title) for title in ("Une", "Deux", "Trois")]
    first, *_ = await room.contributions()
    await room.record(first.id, proposals=[str(one.id)])
    await room.merge(one, two)
    await room.merge(await held(room, "Deux"), three)
    assert (await room.unmerge(await held(room, "Une"))).status_code == 200
    assert await support(room) == {"Une": 1, "Deux": 0, "Trois": 0}
    assert (await held(room, "Trois")).merged_ids == [two.id]
    assert (await room.unmerge(await held(room, "Deux"))).status_code == 200
    assert {one.state for one in (await room.board()).proposals} == {"draft"}


async def test_the_synthesis_ends_undoing(room: Room) -> None:
    one, other = await room.draft("Une"), await room.draft("Autre")
    await room.merge(one, other)
    await room.end()
    await room.read_all(proposals=[str(other.id)])
    assert (await room.synthesise()).status_code == 200
    merged = await held(room, "Une")
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
        *(room.ask("PUT", f"/api/proposals/{draft.id}", body) for _ in range(2))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (refused,) = [answer for answer in answers if answer.status_code == 409]
    assert "version 2 is not the one you read (1)" in refused.json()["detail"]


async def test_drafts_that_look_alike_are_shown_side_by_side(room: Room) -> None:
    one = await room.draft("Dire le montant dès la première ligne")
    other = await room.draft("Dire le montant à la première ligne")
    await room.draft("Écrire moins petit")
    (pair,) = (await room.board()).near
    assert {pair.first, pair.second} == {one.id, other.id}


async def test_what_blocks_the_synthesis_is_said_in_words(collecting: Room) -> None:
    room = collecting
    await room.draft("Une")
    unread = "Contributions still to be read: 12."
    unlinked = "No contribution is linked to “Une”: link one, or merge it into another."
    blocked = (await room.board()).blocked_by
    assert "Answers are still taken, until" in blocked[0]
    assert blocked[1:] == []
    refused = await room.synthesise()
    assert refused.status_code == 409
    assert refused.json()["errors"] == blocked
    await room.end()
    assert (await room.board()).blocked_by == [unread, unlinked]
    await room.read_all()
    assert (await room.synthesise()).json()["errors"] == [unlinked]


async def test_the_synthesis_lists_every_proposal_at_the_version_that_was_read(room: Room) -> None:
    one, other = await room.draft("Une"), await room.draft("Autre")
    await room.end()
    await room.read_all(proposals=[str(one.id), str(other.id)])
    refused = await room.synthesise([one])
    assert refused.json()["errors"] == ["“Autre”, version 1: not in the list."]
    stale = one.model_copy(update={"version": 7})
    assert (await room.synthesise([stale, other])).status_code == 409
    made = await room.synthesise([one, other])
    assert made.status_code == 200
    assert made.json()["synthesised_by"] == "Ada L."
    events = await room.world.events()
    collection = CollectionState.model_validate(events[-1])
    assert collection.proposals is not None
    assert {p.id: p.version for p in collection.proposals} == {one.id: 1, other.id: 1}
    assert (collection.contributions, collection.unread, collection.unopened) == (12, 0, None)
    assert collection.attention is not None
    assert collection.attention.coverage == 1
    told = [ProposalState.model_validate(body) for body in events if "proposal_id" in body]
    assert {p.proposal_id: p.support for p in told} == {one.id: 12, other.id: 12}
    assert (await room.synthesise([one, other])).status_code == 409


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
        await room.ask("PUT", f"/api/proposals/{draft.id}", body),
        await room.ask("POST", "proposals", {"title": "x", "text": "x"}),
        await room.ask("PUT", "readings-wanted", {"readings_wanted": 2}),
        await room.ask("POST", "notes", {"title": "x", "words": "x"}),
    ):
        assert refused.status_code == 409, refused.text


async def test_a_draft_written_at_the_same_moment_is_listed_or_refused(room: Room) -> None:
    draft = await room.draft("Une")
    await room.end()
    await room.read_all(proposals=[str(draft.id)])
    made, drafted, edited = await asyncio.gather(
        room.synthesise([draft]),
        room.ask("POST", "proposals", {"title": "Autre", "text": "t"}),
        room.ask(
            "PUT", f"/api/proposals/{draft.id}", {"version": 1, "title": "Mieux", "text": "t"}
        ),
    )
    drafts = [one for one in (await room.board()).proposals if one.state == "draft"]
    if made.status_code == 200:
        assert (drafts, drafted.status_code, edited.status_code) == ([], 409, 409)
    else:
        assert 200 in (drafted.status_code - 1, edited.status_code)


async def test_a_lost_topic_is_told_again_with_its_proposals(room: Room) -> None:
    draft = await room.draft("Une")
    await room.end()
    await room.read_all(proposals=[str(draft.id)])
    await room.synthesise()
    before = (await room.world.events())[-2:]
    async with room.world.service.database.transaction() as conn:
        told = await synthesis.republish(conn, room.world.service.clock)
    assert told == {"collection.state": 1, "proposal.state": 1}
    after = (await room.world.events())[-2:]
    assert sorted(map(json.dumps, after)) == sorted(map(json.dumps, before))


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
# What is raised, where one trigger raises it under several names.
RAISED = {
    "reading_keeps_saying_something": "reading_says_something",
    "synthesis_is_complete": "synthesis_needs_every_reading",
}


async def refused_by(pool: Any, statement: str) -> str | None:
    """The constraint or trigger that refuses it, if one does; otherwise it is done."""
    try:
        await pool.execute(statement)
    except asyncpg.IntegrityConstraintViolationError as refused:
        return str(refused.constraint_name)
    return None


@pytest.mark.parametrize("trigger", KEPT)
async def test_the_database_itself_keeps_what_was_written_read_and_proposed(
    room: Room, trigger: str
) -> None:
    one, other = await room.draft("Une"), await room.draft("Autre")
    first, second, *_ = await room.contributions()
    await room.record(first.id, proposals=[str(one.id)])
    await room.record(second.id)
    await room.next()
    await room.merge(one, other)
    await room.ask(
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
async def test_the_database_itself_refuses_what_comes_after_the_synthesis(
    room: Room, table: str
) -> None:
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
        "contribution": "INSERT INTO contribution (id, project_id, questionnaire_version, language,"
        f" answers, words, on_day) VALUES ('{uuid4()}', '{project}', 1, 'fr', '{{}}', '',"
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
        "INSERT INTO collection (project_id, project_version, project_state, title)"
        " VALUES ($1, 1, 'open', 'Autre')",
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
