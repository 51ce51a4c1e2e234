"""Sealed responses are opened together, shuffled, and never below the anonymity floor."""

import asyncio
from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidTag

from deploy.charter_check.database import QUERIES
from services.contracts.events.responses import CollectionState
from tests.support.responses import FIRST_DAY, LAST_DAY, World, submission


async def opened(world: World) -> list[str]:
    """The texts in the physical order of the table."""
    rows = await world.fetch("SELECT answers ->> 'change' AS said FROM contribution ORDER BY ctid")
    return [row["said"] for row in rows]


@pytest.mark.parametrize("state", ["open", "recruited"])
async def test_nothing_is_opened_while_a_credential_can_be_obtained(
    world: World, state: str
) -> None:
    await world.becomes(state, 3, issued=None)
    await world.send_many(30)
    for day in (FIRST_DAY, FIRST_DAY + timedelta(days=12), LAST_DAY):
        world.on(day)
        assert await world.open_sealed() == 0
    # Nor on the day after, before campaigns has said that it issues none any more.
    world.on(LAST_DAY + timedelta(days=1))
    assert await world.open_sealed() == 0
    assert await world.count("sealed") == 30
    await world.becomes("collected", 4, issued=30)
    assert await world.open_sealed() == 30


async def test_all_responses_of_a_project_are_opened_at_once(world: World) -> None:
    """Ten early answers and one of a late joiner: no row says which one came last."""
    await world.send_many(10)
    await world.open_sealed()
    world.on(FIRST_DAY + timedelta(days=9))
    await world.send_many(1)
    await world.open_sealed()
    await world.becomes("collected", 3, issued=11)
    assert await world.open_sealed() == 11
    marks = "SELECT count(DISTINCT xmin::text) AS marks, count(DISTINCT on_day) AS days"
    (row,) = await world.fetch(f"{marks} FROM contribution")
    assert (row["marks"], row["days"]) == (1, 1)


async def test_contributions_are_not_in_order_of_arrival(world: World) -> None:
    sent = [body["answers"]["change"] for body in await world.send_many(30)]
    await world.becomes("collected", 3, issued=30)
    await world.open_sealed()
    stored = await opened(world)
    assert sorted(stored) == sorted(sent)
    assert stored != sent
    same_place = sum(text == other for text, other in zip(stored, sent, strict=True))
    assert same_place < 6
    ids = [row["id"] for row in await world.fetch("SELECT id FROM contribution ORDER BY ctid")]
    assert ids != sorted(ids)
    (row,) = await world.fetch("SELECT count(DISTINCT xmin::text) AS marks FROM contribution")
    assert row["marks"] == 1


async def test_at_the_end_all_are_opened_and_the_collection_ends_with_its_count(
    world: World,
) -> None:
    await world.send_many(6)
    assert await world.open_sealed() == 0
    world.on(LAST_DAY + timedelta(days=1))
    await world.becomes("collected", 3, issued=8)
    assert await world.open_sealed() == 6
    ended = CollectionState.model_validate((await world.events())[-1])
    assert (ended.state, ended.contributions, ended.unread) == ("ended", 6, 6)
    assert ended.version == 3
    assert await world.open_sealed() == 0
    assert len(await world.events()) == 3  # preparing, ready, ended


async def test_a_rewritten_response_differs_from_the_published_digest(world: World) -> None:
    """Even by a database administrator who changes an answer and its words alike."""
    await world.send_many(6)
    await world.becomes("collected", 3, issued=8)
    await world.open_sealed()
    ended = CollectionState.model_validate((await world.events())[-1])
    (row,) = await world.fetch(QUERIES["answers_stored"].text)
    assert row["digest"] == ended.answers_digest
    for statement in (
        "ALTER TABLE contribution DISABLE TRIGGER contribution_kept",
        """UPDATE contribution SET words = 'Tout va bien.',
            answers = jsonb_set(answers, '{change}', '"Tout va bien."')
        WHERE id = (SELECT id FROM contribution LIMIT 1)""",
    ):
        await world.fetch(statement)
    (row,) = await world.fetch(QUERIES["answers_stored"].text)
    assert row["digest"] != ended.answers_digest


async def test_events_carry_no_hour(world: World) -> None:
    await world.send_many(10)
    await world.becomes("collected", 3, issued=10)
    await world.open_sealed()
    rows = await world.fetch("SELECT DISTINCT at FROM outbox")
    assert [row["at"].isoformat() for row in rows] == [f"{FIRST_DAY}T00:00:00+00:00"]


async def test_a_collection_without_responses_ends_too(world: World) -> None:
    await world.becomes("collected", 3, issued=0)
    await world.open_sealed()
    ended = CollectionState.model_validate((await world.events())[-1])
    assert (ended.state, ended.contributions, ended.unopened) == ("ended", None, None)


async def test_three_participants_stay_sealed(world: World) -> None:
    await world.send_many(3)
    await world.becomes("collected", 3, issued=3)
    assert await world.open_sealed() == 0
    assert await world.count("sealed") == 3
    assert await world.count("contribution") == 0
    ended = CollectionState.model_validate((await world.events())[-1])
    assert (ended.state, ended.contributions, ended.unopened) == ("ended", None, None)


async def test_three_who_all_agreed_are_opened(world: World) -> None:
    await world.send_many(3, agree_below_floor=True)
    await world.becomes("collected", 3, issued=4)
    assert await world.open_sealed() == 3


async def test_one_who_did_not_agree_keeps_all_sealed(world: World) -> None:
    await world.send_many(3, agree_below_floor=True)
    await world.send_many(1)
    await world.becomes("collected", 3, issued=4)
    assert await world.open_sealed() == 0
    assert await world.count("sealed") == 4


async def test_three_of_many_participants_are_opened_at_the_end(world: World) -> None:
    await world.send_many(3)
    await world.becomes("collected", 3, issued=5)
    assert await world.open_sealed() == 3


@pytest.mark.parametrize(("issued", "opened"), [(19, 0), (20, 10), (None, 0)])
async def test_a_high_floor_holds_back_ten_responses(
    world: World, issued: int | None, opened: int
) -> None:
    await world.send_many(10)
    await world.becomes("collected", 4, floor=20, issued=issued)
    assert await world.open_sealed() == opened


@pytest.mark.parametrize(("reached", "opened"), [(True, 6), (False, 0), (None, 0)])
async def test_campaigns_publishes_whether_the_floor_is_reached_where_rounding_hides_it(
    world: World, reached: bool | None, opened: int
) -> None:
    """Nine credentials are published as five; the floor of seven is reached all the same."""
    await world.send_many(6)
    await world.becomes("collected", 4, floor=7, issued=5, reached=reached)
    assert await world.open_sealed() == opened


async def test_a_response_at_the_moment_of_the_end_is_opened_or_refused(world: World) -> None:
    await world.send_many(6)
    await world.becomes("collected", 3, issued=50)
    bodies = [submission(f"Pendant {number}") for number in range(10)]
    answers = asyncio.gather(*(world.send(body) for body in bodies))
    await world.open_sealed()
    assert {response.status_code for response in await answers} == {409}
    assert await world.count("contribution") == 6
    assert await world.count("sealed") == 0


async def test_a_changed_box_stops_the_opening_and_loses_nothing(world: World) -> None:
    await world.send_many(10)
    await world.becomes("collected", 3, issued=10)
    await world.service.database.pool.execute(
        "UPDATE sealed SET box = set_byte(box, 20, 255 - get_byte(box, 20))"
        " WHERE ctid = (SELECT min(ctid) FROM sealed)"
    )
    with pytest.raises(InvalidTag):
        await world.open_sealed()
    assert await world.count("sealed") == 10


async def test_sealed_responses_hide_content_and_length(world: World) -> None:
    for text in ("a", "mot " * 100):
        await world.send(submission(text))
    rows = await world.fetch("SELECT box FROM sealed")
    assert len({len(row["box"]) for row in rows}) == 1
    assert not any(b"mot" in row["box"] for row in rows)


STRANGEST = (
    " ".join(f"{chr(0x20000 + n)}{n:x}-{n:o}" for n in range(13_900)),
    " ".join(f"a{n:x}.fr/{n:x}" for n in range(9_000)),
    " ".join(f"{n:x}-{n:x}-{n:x}" for n in range(9_000)),
    " ".join(chr(0x20000 + n) for n in range(40_000)),
    " ".join(f"{n}.{n}" for n in range(10_000)),
    "x" * 199_000,
)


@pytest.mark.parametrize("text", STRANGEST, ids=range(len(STRANGEST)))
async def test_the_longest_strangest_texts_do_not_stop_an_opening(world: World, text: str) -> None:
    assert (await world.send(submission(text))).status_code == 201
    await world.becomes("collected", 3, issued=9)
    assert await world.open_sealed() == 1
