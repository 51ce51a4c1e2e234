"""Searching in contributions: no search text leads to an error."""

from random import Random

import asyncpg

from services.responses.readings.rules_searching import search_words
from tests.support.reading_room import Room
from tests.support.servers import PostgresServer

HOSTILE = [
    "-" * 50,
    "- " * 50,
    '-"' * 50,
    '"' * 51,
    "_" * 200,
    "or " * 60,
    "( & | ! <-> :*",
    "le la les de",
    "\ud800 x",
    "'; DROP TABLE contribution; --",
    "%_\\",
    "\t\n\r",
    "x" * 200,
]
ALPHABET = ["-", "-", "-", '"', '"', " ", "a", "or", "_", "!", "(", ":*", "\\", "'", "é", "\t", "١"]


async def test_no_search_text_is_an_error(room: Room) -> None:
    for typed in HOSTILE:
        sent = typed.encode(errors="replace").decode()
        response = await room.request("GET", "contributions", search=sent)
        assert response.status_code == 200, (typed, response.text)


async def test_a_search_finds_words_leaves_out_words_and_keeps_phrases(room: Room) -> None:
    assert len(await room.contributions(search="avis")) == 12
    assert len(await room.contributions(search="-- avis ---")) == 12
    assert len(await room.contributions(search="avis -3")) == 11
    assert len(await room.contributions(search='"avis 3"')) == 1
    assert len(await room.contributions(search='avis -"avis 3"')) == 11
    assert await room.contributions(search="-" * 50) == []


async def test_postgresql_reads_every_search_that_the_rule_lets_through(
    postgres_server: PostgresServer,
) -> None:
    chance = Random(13)
    typed = ["".join(chance.choices(ALPHABET, k=chance.randint(1, 200))) for _ in range(20_000)]
    connection = await asyncpg.connect(postgres_server.dsn("postgres"))
    try:
        queries = await connection.fetchval(
            "SELECT count(websearch_to_tsquery('french', words)) FROM unnest($1::text[]) AS words",
            [search_words(text) for text in [*typed, *HOSTILE]],
        )
    finally:
        await connection.close()
    assert queries == len(typed) + len(HOSTILE)
