"""Every contribution is read, in an order of each reader's own, and nothing is dropped."""

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
    again = await room.next("Ada L.")
    assert again.seed == first.seed
    assert again.contribution is not None
    assert again.contribution.id == first.contribution.id
    other = await room.next("Bo M.")
    assert other.seed != first.seed


async def test_two_readings_each_come_in_two_orders(room: Room) -> None:
    assert (await room.ask("PUT", "readings-wanted", {"readings_wanted": 2})).status_code == 200
    ada, bo = await room.read_all("Ada L."), await room.read_all("Bo M.")
    assert set(ada) == set(bo)
    assert len(ada) == 12
    assert ada != bo
    assert (await room.next("Cy N.")).unread == 0
    assert (await room.next("Cy N.")).contribution is None


async def test_what_nobody_read_comes_before_what_lacks_a_reading(room: Room) -> None:
    await room.ask("PUT", "readings-wanted", {"readings_wanted": 3})
    ids = [one.id for one in await room.contributions()]
    for id in ids[:11]:
        await room.record(id, "Bo M.")
    found = (await room.next("Ada L.")).contribution
    assert found is not None
    assert found.id == ids[11]


async def test_a_reading_is_named_and_says_something(room: Room) -> None:
    (first, *_) = await room.contributions()
    refused = await room.ask("POST", f"/api/contributions/{first.id}/readings", {"seconds": 3})
    assert refused.status_code == 422
    proposal = await room.draft()
    both = await room.record(first.id, mark="no_suggestion", proposals=[str(proposal.id)])
    assert both.status_code == 422
    answer = await room.record(first.id, proposals=[str(proposal.id)], seconds=12.5)
    (reading,) = ContributionView.model_validate_json(answer.content).readings
    assert (reading.reader, reading.mine, reading.seconds) == ("Ada L.", True, 12.5)
    assert reading.proposals == [proposal.id]
    assert reading.read_on == LAST_DAY


async def test_reading_again_replaces_what_was_said_and_adds_the_time(room: Room) -> None:
    (first, *_) = await room.contributions()
    one, other = await room.draft("Une"), await room.draft("Autre")
    await room.record(first.id, proposals=[str(one.id)], seconds=5)
    answer = await room.record(first.id, proposals=[str(other.id)], mark="personal_case", seconds=7)
    (reading,) = ContributionView.model_validate_json(answer.content).readings
    assert reading.proposals == [other.id]
    assert reading.mark == "personal_case"
    assert reading.seconds == 12


async def test_a_reading_links_to_proposals_of_its_own_project_only(room: Room) -> None:
    (first, *_) = await room.contributions()
    refused = await room.record(first.id, proposals=[str(uuid4())])
    assert refused.status_code == 422
    assert "board" in refused.json()["way_out"]
    one, other = await room.draft("Une"), await room.draft("Autre")
    await room.merge(one, other)
    refused = await room.record(first.id, proposals=[str(one.id)])
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
    assert {answer.status_code for answer in answers} == {200}
    shown = ContributionView.model_validate_json(
        (await room.ask("GET", f"/api/contributions/{first.id}")).content
    )
    assert [(one.reader, one.seconds) for one in shown.readings] == [("Ada L.", 5), ("Bo M.", 5)]


async def test_twelve_readings_at_once_are_twelve_readings_without_time(room: Room) -> None:
    """Equal attention is published: no time that did not pass is counted."""
    ids = [one.id for one in await room.contributions()]
    await room.next()
    room.world.later(4.6)
    for id in ids:
        assert (await room.record_at_once(id, seconds=30)).status_code == 200
    figures = AttentionView.model_validate_json(
        (await room.ask("GET", "attention")).content
    ).figures
    assert (figures.coverage, figures.median_seconds) == (1, 0)
    read = [one.readings[0].seconds for one in await room.contributions()]
    assert sorted(read) == [0] * 11 + [pytest.approx(4.6)]


async def test_time_counts_from_when_this_reader_was_shown_this_contribution(room: Room) -> None:
    found = (await room.next("Ada L.")).contribution
    assert found is not None
    room.world.later(60)
    assert await seconds(room, found.id, "Bo M.", 60) == 0, "nothing was shown to this reader"
    path = f"/api/contributions/{found.id}"
    room.world.later(20)
    assert (await room.ask("GET", path, reader="Bo M.")).is_success
    room.world.later(5)
    assert (await room.ask("GET", path, reader="Bo M.")).is_success, "looked at again"
    room.world.later(5)
    assert await seconds(room, found.id, "Bo M.", 60) == 10, "not since the reading before"
    assert await seconds(room, found.id, "Ada L.", 80) == 80


async def test_no_time_of_a_reader_is_left_but_the_latest(room: Room) -> None:
    for place in range(3):
        found = (await room.next()).contribution
        assert found is not None
        await room.record(found.id, seconds=place)
    assert await room.world.count("reader_time") == 1
    assert await room.world.count("shown_time") == 0


async def seconds(room: Room, id: UUID, reader: str, reported: float) -> float:
    answer = await room.record_at_once(id, reader, seconds=reported)
    shown = ContributionView.model_validate_json(answer.content)
    return next(one.seconds for one in shown.readings if one.reader == reader)


async def test_hiding_takes_a_reason_and_deletes_nothing(room: Room) -> None:
    (first, *_) = await room.contributions(search="Avis 3")
    path = f"/api/contributions/{first.id}/moderation"
    blank = await room.ask("POST", path, {"hidden": True, "reason": "  "})
    assert blank.status_code == 422
    hidden = await room.ask("POST", path, {"hidden": True, "reason": "Nomme un agent"})
    shown = ContributionView.model_validate_json(hidden.content)
    assert shown.is_hidden
    assert (shown.words, shown.answers) == ("", {})
    assert shown.moderation[0].decided_by == "Ada L."
    assert await room.contributions(search="Avis 3") == []
    (asked_for,) = await room.contributions(search="Avis 3", hidden="show")
    assert asked_for.words == "Avis 3"
    await room.ask("POST", path, {"hidden": False, "reason": "Erreur"})
    (back,) = await room.contributions(search="Avis 3")
    assert [entry.reason for entry in back.moderation] == ["Erreur", "Nomme un agent"]


async def test_a_hidden_contribution_is_still_owed_its_reading(room: Room) -> None:
    (first, *_) = await room.contributions()
    await room.ask(
        "POST",
        f"/api/contributions/{first.id}/moderation",
        {"hidden": True, "reason": "Nomme un agent"},
    )
    assert first.id in await room.read_all()


async def test_a_note_of_a_workshop_names_nobody_and_is_read_like_any_word(room: Room) -> None:
    taken = await room.ask(
        "POST", "notes", {"title": "Atelier du 3", "words": "La lettre fait peur."}
    )
    assert taken.status_code == 201
    note = ContributionView.model_validate_json(taken.content)
    assert (note.origin, note.title, note.readings) == ("session", "Atelier du 3", [])
    assert note.id in await room.read_all()
    rows = await room.world.fetch("SELECT * FROM contribution WHERE origin = 'session'")
    assert "Ada" not in str(dict(rows[0]))
    blank = await room.ask("POST", "notes", {"title": "x", "words": " \n"})
    assert blank.status_code == 422


async def test_pages_of_contributions_miss_none(room: Room) -> None:
    found: list[str] = []
    after: dict[str, str] = {}
    while True:
        answer = (await room.ask("GET", "contributions", limit=5, **after)).json()
        found += [one["id"] for one in answer["found"]]
        if answer["next_after"] is None:
            break
        after = {"after": answer["next_after"]}
    assert len(found) == len(set(found)) == 12
    assert len(await room.contributions(unread=True)) == 12
    await room.record((await room.contributions())[0].id)
    assert len(await room.contributions(unread=True)) == 11


async def test_attention_says_who_waits_and_how_equal_it_was(room: Room) -> None:
    ids = [one.id for one in await room.contributions()]
    for id in ids[:6]:
        await room.record(id, seconds=30)
    room.world.on(LAST_DAY + timedelta(days=4))
    for id in ids[6:9]:
        await room.record(id, seconds=30)
    found = AttentionView.model_validate_json((await room.ask("GET", "attention")).content)
    assert found.figures.coverage == 0.75
    assert found.figures.longest_delay_days == 4
    assert found.figures.gini == 0.25
    assert found.readings_each == {0: 3, 1: 9}
    assert found.unread_days == 4
    assert {one.contribution_id for one in found.late} == set(ids[6:])
    assert (found.lorenz[0].attention, found.lorenz[-1].attention) == (0.0, 1.0)


async def test_only_analysis_reads(room: Room) -> None:
    (first, *_) = await room.contributions()
    for roles in ("campaigns", "decision", "audit"):
        answer = await room.world.client.get(
            f"/api/contributions/{first.id}",
            headers={"Authorization": f"Bearer {room.issuer.token(roles)}"},  # type: ignore[arg-type]
        )
        assert answer.status_code == 403
    unknown = await room.ask("GET", f"/api/contributions/{uuid4()}")
    assert unknown.status_code == 404
