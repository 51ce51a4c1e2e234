"""The write-ahead log before and after an opening.

Before it, the log has the sealed responses in order of arrival and none of their words. The opening
writes the words in a random order.
"""

from random import Random
from uuid import uuid4

from tests.support.responses import World, project, submission
from tests.support.unshuffled import PARTICIPANTS, Unshuffled

PROJECTS = 10
# Correct positions by chance: one per project on average (Poisson); more, once in a million runs.
MOST_BY_CHANCE = 30

# Page layout (access/xlog_internal.h): a word may continue after the next page's header.
_PAGE, _HEADER, _FIRST_HEADER = 8_192, 24, 40


async def log_since(panel: World, start: str) -> bytes:
    """The log from about a position until now, of all databases of the server.

    Files are recycled: after the current position the last one holds older content."""
    # Flushes the log's buffers. A checkpoint would recycle older files.
    async with panel.service.database.transaction() as conn:
        await conn.execute("SET LOCAL synchronous_commit = on")
        await conn.execute("SELECT pg_logical_emit_message(true, 'test', 'written')")
    rows = await panel.fetch(
        "SELECT pg_read_binary_file('pg_wal/' || name) AS content,"
        "   CASE WHEN name = first.file_name THEN first.file_offset ELSE 0 END AS low,"
        "   CASE WHEN name = last.file_name THEN last.file_offset ELSE size END AS high"
        " FROM pg_ls_waldir(), pg_walfile_name_offset($1::text::pg_lsn) AS first,"
        "   pg_walfile_name_offset(pg_current_wal_lsn()) AS last"
        " WHERE name BETWEEN first.file_name AND last.file_name ORDER BY name",
        start,
    )
    return b"".join(
        row["content"][
            page + (_FIRST_HEADER if page == 0 else _HEADER) : min(page + _PAGE, row["high"])
        ]
        for row in rows
        for page in range(row["low"] // _PAGE * _PAGE, row["high"], _PAGE)
    )


async def correct_positions(panel: World, chance: Random, source: Random) -> int:
    """Number of words of one project that the opening logs at their position of arrival."""
    panel.project_id, panel.chance = uuid4(), chance
    await panel.follow(project(project_id=panel.project_id))
    await panel.make_ready()
    await panel.becomes("open", 2)
    (start,) = await panel.fetch("SELECT pg_current_wal_lsn()::text AS at")
    submitted = [f"mot{source.getrandbits(64):016x}" for _ in range(PARTICIPANTS)]
    for word in submitted:
        assert (await panel.send(submission(word))).status_code == 201
    sealed = await log_since(panel, start["at"])
    assert len(sealed) > PARTICIPANTS * 7_936, "the boxes are there"
    assert not [word for word in submitted if word.encode() in sealed], "and no word of them"
    await panel.becomes("collected", 3, issued=PARTICIPANTS)
    assert await panel.open_sealed() == PARTICIPANTS
    opened = await log_since(panel, start["at"])
    order = sorted(submitted, key=lambda word: opened.find(word.encode()))
    assert opened.find(order[0].encode()) > 0, "the opening wrote every word"
    return sum(logged == other for logged, other in zip(order, submitted, strict=True))


async def test_the_log_has_no_word_before_the_opening_and_no_order_after(panel: World) -> None:
    right = [await correct_positions(panel, Random(seed), Random(seed)) for seed in range(PROJECTS)]
    assert sum(right) <= MOST_BY_CHANCE, right


async def test_without_the_shuffle_the_log_has_the_order_of_arrival(panel: World) -> None:
    assert await correct_positions(panel, Unshuffled(1), Random("another")) == PARTICIPANTS
