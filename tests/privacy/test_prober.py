"""The holder of every dump and log guesses authors no better than chance.

`PROBER_RUNS=200` plays all projects; the other tests play 30.
"""

import json
import os
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from services.runtime.crypto.blind_rsa import base64url
from tests.support.prober import Evidence, Hits
from tests.support.responses import FIRST_DAY, World, client_at, project, submission
from tests.support.unshuffled import PARTICIPANTS, Unshuffled

RUNS = int(os.environ.get("PROBER_RUNS", "30"))
DEVICES = ("Mozilla/5.0 (Android 15)", "Mozilla/5.0 (iPhone)", "Mozilla/5.0 (X11; Linux)")
LONGEST_WORDS = 1_500  # of four characters: a page and a half
# Enough when the promise is broken: each run then hits all twenty.
RUNS_WHEN_BROKEN = 3

pytestmark = pytest.mark.timeout(120 + 2 * RUNS)
# Receives the author of each distinctive word, in order of arrival; returns log lines.
Break = Callable[[World, Mapping[str, str]], Awaitable[list[str]]]
OF_PROJECT = "SELECT id, words FROM contribution WHERE project_id = $1"


async def play_project(
    panel: World, hits: Hits, seed: int, chance: Random, afterwards: Break | None = None
) -> None:
    """Play one project and run every attack on it.

    Participants respond one after the other, over three days, the last one alone on the last day.
    They differ in language and device; one reads English. At the end of each day the service may
    open what its rules allow."""
    panel.project_id, panel.chance = uuid4(), chance
    await panel.follow(project(project_id=panel.project_id))
    await panel.make_ready()
    await panel.becomes("open", 2)
    source = Random(seed)
    members = [str(uuid4()) for _ in range(PARTICIPANTS)]
    # Only this test knows the author of each word; for an attack they are ordinary words.
    author_of = {f"mot{source.getrandbits(64):016x}": member for member in members}
    days = [min(2, 2 * arrival // (PARTICIPANTS - 1)) for arrival in range(PARTICIPANTS)]
    only = source.randrange(PARTICIPANTS)
    languages = ["en" if arrival == only else "fr" for arrival in range(PARTICIPANTS)]
    devices = [source.choice(DEVICES) for _ in range(PARTICIPANTS)]
    for arrival, word in enumerate(author_of):
        if arrival and days[arrival] != days[arrival - 1]:
            await panel.open_sealed()
        panel.on(FIRST_DAY + timedelta(days=days[arrival]))
        text = " ".join(["mot"] * source.randint(1, LONGEST_WORDS))
        echo = base64url(source.randbytes(16))  # derived by the device; random to everybody else
        sent = await panel.client.post(
            f"/answer/{panel.project_id}/contributions",
            json=submission(f"{text} {word}", echo=echo, language=languages[arrival]),
            headers={"User-Agent": devices[arrival], "Accept-Language": languages[arrival]},
        )
        assert sent.status_code == 201
    boxes = await panel.fetch(
        "SELECT octet_length(box) AS size FROM sealed WHERE project_id = $1 ORDER BY ctid",
        panel.project_id,
    )
    await panel.becomes("collected", 3, issued=PARTICIPANTS)
    await panel.open_sealed()
    assert await panel.count("sealed") == 0
    log = [] if afterwards is None else await afterwards(panel, author_of)
    rows = await panel.fetch(
        "SELECT ctid, xmin::text::bigint, cmin::text::bigint, c.* FROM contribution c"
        " WHERE project_id = $1 ORDER BY ctid",
        panel.project_id,
    )
    authors = [author_of[last_word(row)] for row in rows]
    hits.judge(
        Evidence(
            members,
            [dict(row) for row in rows],
            [box["size"] for box in boxes] if len(boxes) == PARTICIPANTS else [0] * PARTICIPANTS,
            log,
            {"language": languages, "device": devices, "day": days},
        ),
        authors,
    )


def last_word(row: Any) -> str:
    return str(row["words"]).rpartition(" ")[2]


async def test_no_attack_is_better_than_chance(panel: World) -> None:
    hits = Hits()
    for seed in range(RUNS):
        # From different addresses, because the rate limit is per address.
        async with client_at(f"192.0.2.{seed % 250 + 1}", panel.service) as panel.client:
            await play_project(panel, hits, seed, Random(seed))
    assert len(hits.of) >= 100
    successful = hits.better_than_chance
    assert successful == {}, f"{hits.runs} runs, limit {hits.limit:.1f}"


async def test_without_the_shuffle_the_prober_finds_the_order(panel: World) -> None:
    hits = Hits()
    for seed in range(RUNS_WHEN_BROKEN):
        await play_project(panel, hits, seed, Unshuffled(seed))
    assert "ctid, upwards" in hits.better_than_chance


async def test_with_exact_times_the_prober_finds_the_order(panel: World) -> None:
    pool = panel.service.database.pool
    await pool.execute("ALTER TABLE contribution ADD COLUMN written_at timestamptz")
    await pool.execute("ALTER TABLE contribution DISABLE TRIGGER USER")

    async def timed(world: World, author_of: Mapping[str, str]) -> list[str]:
        arrival = {word: index for index, word in enumerate(author_of)}
        for row in await world.fetch(OF_PROJECT, world.project_id):
            await pool.execute(
                "UPDATE contribution SET written_at = now() + $2 * interval '1 minute'"
                " WHERE id = $1",
                row["id"],
                arrival[last_word(row)],
            )
        return []

    hits = Hits()
    for seed in range(RUNS_WHEN_BROKEN):
        await play_project(panel, hits, seed, Random(seed), timed)
    assert "written_at, upwards" in hits.better_than_chance


async def test_with_a_member_in_the_log_the_prober_finds_the_author(panel: World) -> None:
    async def logged(world: World, author_of: Mapping[str, str]) -> list[str]:
        return [
            json.dumps({"contribution": str(row["id"]), "by": author_of[last_word(row)]})
            for row in await world.fetch(OF_PROJECT, world.project_id)
        ]

    hits = Hits()
    for seed in range(RUNS_WHEN_BROKEN):
        await play_project(panel, hits, seed, Random(seed), logged)
    assert "identifiers" in hits.better_than_chance
