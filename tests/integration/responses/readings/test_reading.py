"""Readings: each reader has an order of their own, and no contribution is dropped."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from services.contracts.http.reading import AttentionView, ContributionView
from tests.support.reading_room import Room
from tests.support.responses import LAST_DAY


async def test_each_reader_has_an_order_of_their_own_and_keeps_it(room: Room) -> None:
    first = await room.next("Ada L.")
    assert first.contribution is not None
    assert (first.contributions, first.unread, first.readings_wanted) == (12, 12, 1)
    same = await room.next("Ada L.")
    assert same.seed == first.seed
    assert same.contribution is not None
    assert same.contribution.id == first.contribution.id
    other = await room.next("Bo M.")
    assert other.seed != first.seed


async def test_two_readings_each_come_in_two_orders(room: Room) -> None:
    assert (await room.request("PUT", "readings-wanted", {"readings_wanted": 2})).status_code == 200
    ada, bo = await room.read_all("Ada L."), await room.read_all("Bo M.")
    assert set(ada) == set(bo)
    assert len(ada) == 12
    assert ada != bo
    assert (await room.next("Cy N.")).unread == 0
    assert (await room.next("Cy N.")).contribution is None


async def test_unread_contributions_come_before_those_that_lack_a_reading(room: Room) -> None:
    await room.request("PUT", "readings-wanted", {"readings_wanted": 3})
    ids = [contribution.id for contribution in await room.contributions()]
    for id in ids[:11]:
        await room.record(id, "Bo M.")
    contribution = (await room.next("Ada L.")).contribution
    assert contribution is not None
    assert contribution.id == ids[11]


async def test_a_reading_is_named_and_says_something(room: Room) -> None:
    (first, *_) = await room.contributions()
    refused = await room.request("POST", f"/api/contributions/{first.id}/readings", {"seconds": 3})
    assert refused.status_code == 422
    proposal = await room.draft()
    contradiction = await room.record(first.id, mark="no_suggestion", proposals=[str(proposal.id)])
    assert contradiction.status_code == 422
    response = await room.record(first.id, proposals=[str(proposal.id)], seconds=12.5)
    (reading,) = ContributionView.model_validate_json(response.content).readings
    assert (reading.reader, reading.mine, reading.seconds) == ("Ada L.", True, 12.5)
    assert reading.proposals == [proposal.id]
    assert reading.read_on == LAST_DAY


async def test_reading_again_replaces_mark_and_links_and_adds_the_time(room: Room) -> None:
    (first, *_) = await room.contributions()
    draft, other = await room.draft("Une"), await room.draft("Autre")
    await room.record(first.id, proposals=[str(draft.id)], seconds=5)
    response = await room.record(
        first.id, proposals=[str(other.id)], mark="personal_case", seconds=7
    )
    (reading,) = ContributionView.model_validate_json(response.content).readings
    assert reading.proposals == [other.id]
    assert reading.mark == "personal_case"
    assert reading.seconds == 12


async def test_a_reading_links_to_proposals_of_its_own_project_only(room: Room) -> None:
    (first, *_) = await room.contributions()
    refused = await room.record(first.id, proposals=[str(uuid4())])
    assert refused.status_code == 422
    assert "board" in refused.json()["way_out"]
    draft, other = await room.draft("Une"), await room.draft("Autre")
    await room.merge(draft, other)
    refused = await room.record(first.id, proposals=[str(draft.id)])
    assert refused.status_code == 409
    assert "“Autre”" in refused.json()["way_out"]


async def test_readers_and_one_reader_twice_do_not_disturb_each_other(room: Room) -> None:
    (first, *_) = await room.contributions()
    await room.next("Bo M.")
    room.world.later(5)
    answers = await asyncio.gather(
        *(
            room.record_at_once(first.id, reader, seconds=5)
            for reader in ["Ada L."] * 5 + ["Bo M."] * 5
        )
    )
    assert {response.status_code for response in answers} == {200}
    contribution = ContributionView.model_validate_json(
        (await room.request("GET", f"/api/contributions/{first.id}")).content
    )
    assert [(reading.reader, reading.seconds) for reading in contribution.readings] == [
        ("Ada L.", 5),
        ("Bo M.", 5),
    ]


async def test_twelve_readings_at_once_are_twelve_readings_without_time(room: Room) -> None:
    """As attention is published, no more time is credited than passed."""
    ids = [contribution.id for contribution in await room.contributions()]
    await room.next()
    room.world.later(4.6)
    for id in ids:
        assert (await room.record_at_once(id, seconds=30)).status_code == 200
    figures = AttentionView.model_validate_json(
        (await room.request("GET", "attention")).content
    ).figures
    assert (figures.coverage, figures.median_seconds) == (1, 0)
    seconds = [contribution.readings[0].seconds for contribution in await room.contributions()]
    assert sorted(seconds) == [0] * 11 + [pytest.approx(4.6)]


async def test_time_counts_from_when_this_reader_was_shown_this_contribution(room: Room) -> None:
    contribution = (await room.next("Ada L.")).contribution
    assert contribution is not None
    room.world.later(60)
    assert await seconds(room, contribution.id, "Bo M.", 60) == 0, (
        "nothing was shown to this reader"
    )
    path = f"/api/contributions/{contribution.id}"
    room.world.later(20)
    assert (await room.request("GET", path, reader="Bo M.")).is_success
    room.world.later(5)
    assert (await room.request("GET", path, reader="Bo M.")).is_success, "looked at again"
    room.world.later(5)
    assert await seconds(room, contribution.id, "Bo M.", 60) == 10, "not since the reading before"
    assert await seconds(room, contribution.id, "Ada L.", 80) == 80


async def test_no_time_of_a_reader_is_left_but_the_latest(room: Room) -> None:
    for number in range(3):
        contribution = (await room.next()).contribution
        assert contribution is not None
        await room.record(contribution.id, seconds=number)
    assert await room.world.count("reader_time") == 1
    assert await room.world.count("shown_time") == 0


async def seconds(room: Room, id: UUID, reader: str, reported: float) -> float:
    response = await room.record_at_once(id, reader, seconds=reported)
    contribution = ContributionView.model_validate_json(response.content)
    return next(reading.seconds for reading in contribution.readings if reading.reader == reader)


async def test_hiding_takes_a_reason_and_deletes_nothing(room: Room) -> None:
    (first, *_) = await room.contributions(search="Avis 3")
    path = f"/api/contributions/{first.id}/moderation"
    blank = await room.request("POST", path, {"hidden": True, "reason": "  "})
    assert blank.status_code == 422
    hidden = await room.request("POST", path, {"hidden": True, "reason": "Nomme un agent"})
    contribution = ContributionView.model_validate_json(hidden.content)
    assert contribution.is_hidden
    assert (contribution.words, contribution.answers) == ("", {})
    assert contribution.moderation[0].decided_by == "Ada L."
    assert await room.contributions(search="Avis 3") == []
    (asked_for,) = await room.contributions(search="Avis 3", hidden="show")
    assert asked_for.words == "Avis 3"
    await room.request("POST", path, {"hidden": False, "reason": "Erreur"})
    (back,) = await room.contributions(search="Avis 3")
    assert [entry.reason for entry in back.moderation] == ["Erreur", "Nomme un agent"]


async def test_a_hidden_contribution_is_still_owed_its_reading(room: Room) -> None:
    (first, *_) = await room.contributions()
    await room.request(
        "POST",
        f"/api/contributions/{first.id}/moderation",
        {"hidden": True, "reason": "Nomme un agent"},
    )
    assert first.id in await room.read_all()


async def test_a_note_of_a_workshop_names_nobody_and_is_read_like_any_word(room: Room) -> None:
    taken = await room.request(
        "POST", "notes", {"title": "Atelier du 3", "words": "La lettre fait peur."}
    )
    assert taken.status_code == 201
    note = ContributionView.model_validate_json(taken.content)
    assert (note.origin, note.title, note.readings) == ("session", "Atelier du 3", [])
    assert note.id in await room.read_all()
    rows = await room.world.fetch("SELECT * FROM contribution WHERE origin = 'session'")
    assert "Ada" not in str(dict(rows[0]))
    blank = await room.request("POST", "notes", {"title": "x", "words": " \n"})
    assert blank.status_code == 422


async def test_pages_of_contributions_miss_none(room: Room) -> None:
    ids: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        response = (await room.request("GET", "contributions", limit=5, **cursor)).json()
        ids += [contribution["id"] for contribution in response["found"]]
        if response["next_after"] is None:
            break
        cursor = {"after": response["next_after"]}
    assert len(ids) == len(set(ids)) == 12
    assert len(await room.contributions(unread=True)) == 12
    await room.record((await room.contributions())[0].id)
    assert len(await room.contributions(unread=True)) == 11


async def test_attention_lists_waiting_contributions_and_inequality(room: Room) -> None:
    ids = [contribution.id for contribution in await room.contributions()]
    for id in ids[:6]:
        await room.record(id, seconds=30)
    room.world.on(LAST_DAY + timedelta(days=4))
    for id in ids[6:9]:
        await room.record(id, seconds=30)
    attention = AttentionView.model_validate_json((await room.request("GET", "attention")).content)
    assert attention.figures.coverage == 0.75
    assert attention.figures.longest_delay_days == 4
    assert attention.figures.gini == 0.25
    assert attention.readings_each == {0: 3, 1: 9}
    assert attention.unread_days == 4
    assert {late.contribution_id for late in attention.late} == set(ids[6:])
    assert (attention.lorenz[0].attention, attention.lorenz[-1].attention) == (0.0, 1.0)


async def test_only_analysis_reads(room: Room) -> None:
    (first, *_) = await room.contributions()
    for roles in ("campaigns", "decision", "audit"):
        response = await room.world.client.get(
            f"/api/contributions/{first.id}",
            headers={"Authorization": f"Bearer {room.issuer.token(roles)}"},  # type: ignore[arg-type]
        )
        assert response.status_code == 403
    unknown = await room.request("GET", f"/api/contributions/{uuid4()}")
    assert unknown.status_code == 404
