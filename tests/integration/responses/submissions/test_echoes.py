"""Echoes: the author's device alone recognises its contribution, and learns whether it was read or
is a personal case."""

from hashlib import sha256

import asyncpg
import pytest

from services.contracts.http.responses import Echoes
from services.runtime.crypto.blind_rsa import base64url
from tests.support.reading_room import Room
from tests.support.responses import submission

ECHO = base64url(b"an author's echo")
MARK = base64url(sha256(b"an author's echo").digest())


async def echoes(room: Room) -> Echoes:
    response = await room.world.client.get(f"/answer/{room.world.project_id}/echoes.json")
    assert response.status_code == 200
    assert "public" in response.headers["cache-control"]
    return Echoes.model_validate_json(response.content)


async def send_with_echoes(room: Room) -> None:
    for number in range(10):
        echo = ECHO if number == 0 else base64url(bytes([number]) * 16)
        assert (await room.world.send(submission(f"Écho {number}", echo=echo))).status_code == 201


async def test_the_device_learns_that_it_was_opened_read_or_a_personal_case(
    collecting: Room,
) -> None:
    room = collecting
    await send_with_echoes(room)
    assert await echoes(room) == Echoes(counted=[], read=[], personal_cases=[])
    await room.end()
    opened = await echoes(room)
    assert MARK in opened.counted
    assert len(opened.counted) == 10, "those sent without an echo have none"
    mine = next(
        contribution
        for contribution in await room.contributions()
        if contribution.words == "Écho 0"
    )
    await room.record(mine.id, "Bo M.")
    assert MARK in (await echoes(room)).read
    await room.record(mine.id, "Ada L.", mark="personal_case")
    outcomes = await echoes(room)
    assert outcomes.personal_cases == [MARK]
    assert outcomes.read == []


async def test_the_list_has_no_order_of_arrival(
    collecting: Room,
) -> None:
    room = collecting
    await send_with_echoes(room)
    await room.end()
    listed = (await echoes(room)).counted
    raw = await room.world.service.database.pool.fetch("SELECT echo FROM contribution")
    assert sorted(listed) == sorted(base64url(row["echo"]) for row in raw if row["echo"])
    by_value = await room.world.service.database.pool.fetch(
        "SELECT echo FROM contribution WHERE echo IS NOT NULL ORDER BY echo"
    )
    assert listed == [base64url(row["echo"]) for row in by_value]


async def test_readers_and_exports_never_see_an_echo(
    collecting: Room,
) -> None:
    room = collecting
    await send_with_echoes(room)
    await room.end()
    listed = await room.request("GET", "contributions", limit=200)
    exported = await room.request("GET", "contributions/export", format="json")
    assert exported.status_code == 200
    assert ECHO not in listed.text + exported.text
    assert MARK not in listed.text + exported.text
    assert "echo" not in listed.text.replace("Écho", "")


async def test_a_copied_echo_hash_proves_nothing(
    collecting: Room,
) -> None:
    """The author's device alone has the echo; the list has its hash."""
    await send_with_echoes(collecting)
    await collecting.end()
    path = f"/answer/{collecting.world.project_id}/echoes.json"
    assert ECHO not in (await collecting.world.client.get(path)).text
    rows = await collecting.world.fetch("SELECT echo FROM contribution WHERE echo IS NOT NULL")
    assert b"an author's echo" not in {row["echo"] for row in rows}


async def test_an_echo_sent_with_two_responses_identifies_neither(collecting: Room) -> None:
    await send_with_echoes(collecting)
    assert (await collecting.world.send(submission("Copie", echo=ECHO))).status_code == 201
    await collecting.end()
    listed = await echoes(collecting)
    assert MARK not in listed.counted
    assert len(listed.counted) == 9
    assert len(await collecting.contributions()) == 12 + 11, "no word is lost for it"


async def test_two_contributions_of_a_project_never_share_an_echo(collecting: Room) -> None:
    await send_with_echoes(collecting)
    await collecting.end()
    pool = collecting.world.service.database.pool
    copy = (
        "INSERT INTO contribution (id, project_id, questionnaire_version, answers, words, on_day,"
        " echo) SELECT gen_random_uuid(), project_id, 1, '{}', '', on_day, echo FROM contribution"
        " WHERE echo IS NOT NULL LIMIT 1"
    )
    with pytest.raises(asyncpg.UniqueViolationError, match="contribution_echo_once"):
        await pool.execute(copy)
    await pool.execute("DROP INDEX contribution_echo_once")
    await pool.execute(copy)
