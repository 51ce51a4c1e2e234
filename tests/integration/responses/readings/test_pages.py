"""Equal attention is measured and shown to anybody, of the whole and never of one contribution."""

import re
from pathlib import Path

from services.contracts.http.reading import PublicAttention
from tests.support.reading_room import Room, reading_room
from tests.support.servers import PostgresServer


async def public(room: Room, suffix: str = "", **query: str) -> tuple[int, str]:
    path = f"/attention/{room.world.project_id}{suffix}"
    found = await room.world.client.get(path, params=query, headers={"Accept": "text/html"})
    return found.status_code, found.text


async def test_nothing_is_shown_before_the_collection_has_ended(collecting: Room) -> None:
    status, said = await public(collecting, lang="en")
    assert status == 409
    assert "once the collection has ended" in said


async def test_anybody_reads_what_was_measured_in_both_languages(room: Room) -> None:
    await room.end()
    status, unread = await public(room, lang="en")
    assert status == 200
    assert "Contributions still wait for a reading" in unread
    for place in range(12):
        found = (await room.next()).contribution
        assert found
        await room.record(found.id, seconds=10.0 * (1 + place % 3))
    _, english = await public(room, lang="en")
    _, french = await public(room, lang="fr")
    assert "100% of the 12 contributions" in english
    assert "100\u00a0% des 12 contributions" in french
    assert '<polyline points="0.0,200.0' in english
    assert "Gini" in french
    assert re.search(r"the least read half got\s+3\d%", english)


async def test_as_data_and_without_any_contribution_by_itself(room: Room) -> None:
    await room.end()
    ids = [str(one.id) for one in await room.contributions()]
    await room.read_all()
    status, said = await public(room, ".json")
    shown = PublicAttention.model_validate_json(said)
    assert status == 200
    assert (shown.contributions, shown.unread) == (12, 0)
    assert (shown.lorenz[0].attention, shown.lorenz[-1].attention) == (0, 1)
    _, page = await public(room)
    assert not any(id in said + page for id in ids)
    assert "Ada L." not in said + page


async def test_fewer_than_five_contributions_are_too_few(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    async with reading_room(postgres_server, tmp_path, answers=0, ended=False) as room:
        await room.world.send_many(4)
        await room.end()
        status, said = await public(room, lang="en")
    assert status == 404
    assert "too few" in said


async def test_a_preview_has_no_such_page(room: Room) -> None:
    await room.end()
    preview = await room.world.service.database.pool.fetchval("SELECT preview_id FROM collection")
    found = await room.world.client.get(f"/attention/{preview}")
    assert found.status_code == 404
