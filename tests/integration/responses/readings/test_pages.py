"""The public page of attention has figures of all contributions together, never of one."""

import re
from pathlib import Path

from services.contracts.http.reading import PublicAttention
from tests.support.reading_room import Room, reading_room
from tests.support.servers import PostgresServer


async def public(room: Room, suffix: str = "", **query: str) -> tuple[int, str]:
    path = f"/attention/{room.world.project_id}{suffix}"
    page = await room.world.client.get(path, params=query, headers={"Accept": "text/html"})
    return page.status_code, page.text


async def test_nothing_is_shown_before_the_collection_has_ended(collecting: Room) -> None:
    status, text = await public(collecting, lang="en")
    assert status == 409
    assert "once the collection has ended" in text


async def test_the_public_page_shows_the_figures_in_both_languages(room: Room) -> None:
    await room.end()
    status, unread = await public(room, lang="en")
    assert status == 200
    assert "Some contributions have not been read yet" in unread
    for number in range(12):
        contribution = (await room.next()).contribution
        assert contribution
        await room.record(contribution.id, seconds=10.0 * (1 + number % 3))
    _, english = await public(room, lang="en")
    _, french = await public(room, lang="fr")
    assert "100% of the 12 contributions" in english
    assert "100\u00a0% des 12 contributions" in french
    assert '<polyline points="0.0,200.0' in english
    assert "Gini" in french
    assert re.search(r"the least read half got\s+3\d%", english)


async def test_as_data_and_without_any_contribution_by_itself(room: Room) -> None:
    await room.end()
    ids = [str(contribution.id) for contribution in await room.contributions()]
    await room.read_all()
    status, text = await public(room, ".json")
    attention = PublicAttention.model_validate_json(text)
    assert status == 200
    assert (attention.contributions, attention.unread) == (12, 0)
    assert (attention.lorenz[0].attention, attention.lorenz[-1].attention) == (0, 1)
    _, page = await public(room)
    assert not any(id in text + page for id in ids)
    assert "Ada L." not in text + page


async def test_fewer_than_five_contributions_are_too_few(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    async with reading_room(postgres_server, tmp_path, answers=0, ended=False) as room:
        await room.world.send_many(4)
        await room.end()
        status, text = await public(room, lang="en")
    assert status == 404
    assert "too few" in text


async def test_a_preview_has_no_such_page(room: Room) -> None:
    await room.end()
    preview = await room.world.service.database.pool.fetchval("SELECT preview_id FROM collection")
    response = await room.world.client.get(f"/attention/{preview}")
    assert response.status_code == 404
