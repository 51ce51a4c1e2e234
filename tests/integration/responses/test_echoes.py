"""The author's return: only their device can tell which contribution is theirs, and it learns what
became of it, and where a personal case goes instead."""

from services.contracts.http.responses import Echoes
from services.runtime.blind_rsa import base64url
from tests.integration.responses.reading_room import Room
from tests.integration.responses.world import answer

ECHO = base64url(b"an author's echo")


async def echoes(room: Room) -> Echoes:
    found = await room.world.client.get(f"/answer/{room.world.project_id}/echoes.json")
    assert found.status_code == 200
    assert "public" in found.headers["cache-control"]
    return Echoes.model_validate_json(found.content)


async def send_with_echoes(room: Room) -> None:
    for place in range(10):
        echo = ECHO if place == 0 else base64url(bytes([place]) * 16)
        assert (await room.world.send(answer(f"Écho {place}", echo=echo))).status_code == 201


async def test_the_device_learns_that_it_was_opened_read_or_a_personal_case(
    collecting: Room,
) -> None:
    room = collecting
    await send_with_echoes(room)
    assert await echoes(room) == Echoes(counted=[], read=[], personal_cases=[])
    await room.end()
    opened = await echoes(room)
    assert ECHO in opened.counted
    assert len(opened.counted) == 10, "those sent without an echo have none"
    mine = next(one for one in await room.contributions() if one.words == "Écho 0")
    await room.record(mine.id, "Bo M.")
    assert ECHO in (await echoes(room)).read
    await room.record(mine.id, "Ada L.", mark="personal_case")
    after = await echoes(room)
    assert after.personal_cases == [ECHO]
    assert after.read == []


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
    listed = await room.ask("GET", "contributions", limit=200)
    exported = await room.ask("GET", "contributions/export", format="json")
    assert exported.status_code == 200
    assert ECHO not in listed.text + exported.text
    assert "echo" not in listed.text.replace("Écho", "")
