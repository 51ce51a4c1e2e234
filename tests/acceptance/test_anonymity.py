"""The adversary of docs/privacy.md against a whole stack after a project.

The adversary seizes all rows of the four databases with PostgreSQL's own columns, all topics with
the times of their records, and all logs and metrics. Only this test knows the authors, from the
simulated members' seeds.
"""

import asyncio
import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from deploy.charter_check.mail_journal import Journal
from deploy.charter_check.topics import Record, records
from deploy.demo.demonstration import SEED
from deploy.local import endpoints
from deploy.local.charter_check import kafka_access
from deploy.local.endpoints import SERVICES, Endpoints
from services.contracts.topics import DAYS_ONLY, TOPICS
from services.runtime.crypto.blind_rsa import PublicKey, echo_from_seed
from tests.acceptance.command import started, wait_until_up
from tests.support.prober import Evidence, attacks, expected_hits

pytestmark = [pytest.mark.servers, pytest.mark.timeout(420)]

# Blind guesses of a project hit one on average (Poisson); more than ten once in 10^8 projects.
MOST_BY_CHANCE = 10
# Guessing at random within what looks alike hits one on average; openings in tens hit 2.0 to 2.6.
MOST_EXPECTED = 1.5


@dataclass
class Seized:
    """Rows by service and table; records of all topics; lines of logs and metrics."""

    tables: dict[tuple[str, str], list[dict[str, Any]]]
    records: list[Record]
    lines: list[str]

    def everything_but(self, service: str) -> str:
        """Everything except one service's database, as one text to search."""
        parts = [
            json.dumps(rows, default=_text)
            for (owner, _), rows in self.tables.items()
            if owner != service
        ]
        return "\n".join([*parts, *self.lines, *(record.as_json() for record in self.records)])


def _text(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


async def seize(stack: Endpoints) -> Seized:
    tables = {}
    for service in SERVICES:
        connection = await asyncpg.connect(stack.dsn(service))
        try:
            names = await connection.fetch(
                "SELECT format('%I', table_name) AS name FROM information_schema.tables"
                " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
            )
            for (name,) in names:
                rows = await connection.fetch(
                    f"SELECT ctid, xmin::text::bigint, cmin::text::bigint, t.* FROM {name} t"
                    " ORDER BY ctid"
                )
                tables[service, name] = [dict(row) for row in rows]
        finally:
            await connection.close()
    topics = [topic.name for topic in TOPICS]
    on_topics = [record async for record in records(kafka_access(stack.kafka), topics)]
    lines = [line for file in stack.logs.glob("*.log") for line in file.read_text().splitlines()]
    async with httpx.AsyncClient(trust_env=False) as client:
        for service in SERVICES:
            metrics = await client.get(f"{stack.url(service)}/metrics")
            lines += metrics.raise_for_status().text.splitlines()
    return Seized(tables, on_topics, lines)


def authors_by_echo(stack: Endpoints, seized: Seized) -> dict[bytes, str]:
    """Authors by the echo of their seed, which no adversary has."""
    members = {
        row["order_id"]: str(row["member_id"]) for row in seized.tables["registry", "delivery"]
    }
    keys = {
        row["id"]: PublicKey.from_jwk(json.loads(row["credential_key"]))
        for row in seized.tables["campaigns", "project"]
        if row["credential_key"]
    }
    projects = {
        row["order_id"]: row["project_id"] for row in seized.tables["campaigns", "send_order"]
    }
    authors = {}
    for message in Journal(stack.mail_journal).new():
        if message.kind == "invitation" and message.order_id:
            seed = sha256(f"{SEED}:{message.recipient}:{message.subject}:seed".encode()).digest()
            key = keys[projects[message.order_id]]
            echo = echo_from_seed(seed, key)
            authors[sha256(echo).digest()] = members[message.order_id]
    return authors


def test_who_holds_everything_does_not_know_who_wrote_what(
    demonstrated: tuple[Path, dict[str, Any]],
) -> None:
    data_dir, _ = demonstrated
    with started(data_dir) as process:
        wait_until_up(process, data_dir)
        stack = endpoints.read(data_dir)
        seized = asyncio.run(seize(stack))
        authors = authors_by_echo(stack, seized)
    contributions = [
        row for row in seized.tables["responses", "contribution"] if row["echo"] is not None
    ]
    assert len(contributions) > 100
    projects = {row["project_id"] for row in contributions}
    assert len(projects) == 2
    participations = {
        row["invitation_id"]: row for row in seized.tables["campaigns", "participation"]
    }
    # Each took a credential just before answering: the table's order is the order of arrival.
    arrivals = [
        participations[row["invitation_id"]] for row in seized.tables["campaigns", "credential"]
    ]
    # Evidence about each member: coded attributes, and the days of their choices.
    profiles = {
        row["id"]: json.loads(row["attributes"]) for row in seized.tables["campaigns", "profile"]
    }
    members_by_id = {row["member_id"]: row for row in seized.tables["campaigns", "member"]}
    names = sorted({name for profile in profiles.values() for name in profile})
    for row in seized.tables["campaigns", "participation"]:
        assert (row["since"].hour, row["since"].microsecond) == (0, 0), "days, not instants"
    for row in seized.tables["campaigns", "invitation"]:
        assert row["answered_at"] is None or row["answered_at"].microsecond == 0
    log = [*seized.lines, *(record.as_json() for record in seized.records)]
    for project in projects:
        rows = [row for row in contributions if row["project_id"] == project]
        members = [
            str(arrival["member_id"]) for arrival in arrivals if arrival["project_id"] == project
        ]
        truth = [authors[row["echo"]] for row in rows]
        came = [member for member in members if member in set(truth)]
        assert sorted(came) == sorted(truth), "the test knows who answered"
        taking = {
            str(arrival["member_id"]): arrival
            for arrival in arrivals
            if arrival["project_id"] == project
        }
        attributes: dict[str, list[Any]] = {
            "since": [str(taking[member_id]["since"]) for member_id in came]
        }
        for name in names:
            attributes[name] = [
                profiles.get(members_by_id[taking[member_id]["member_id"]]["profile_id"], {}).get(
                    name, ""
                )
                for member_id in came
            ]
        # One opening: neither the transaction nor the day divides what was opened.
        assert len({row["xmin"] for row in rows}) == len({row["on_day"] for row in rows}) == 1
        evidence = Evidence(came, rows, [0] * len(rows), log, attributes)
        for column in rows[0]:
            if len({str(row[column]) for row in rows}) <= len(rows) / 5:
                for attribute in (None, *attributes):
                    expected = expected_hits(evidence, truth, column, attribute)
                    assert expected <= MOST_EXPECTED, (column, attribute, expected)
        for name, attack in attacks(evidence).items():
            hits = sum(guess == other for guess, other in zip(attack(evidence), truth, strict=True))
            assert hits <= MOST_BY_CHANCE, (name, hits, len(rows))

    # Nothing that names a contribution, a box or a spent credential is anywhere else.
    elsewhere = seized.everything_but("responses")
    identifiers = [value for row in contributions for value in (str(row["id"]), row["echo"].hex())]
    identifiers += [
        row["token_hash"].hex() for row in seized.tables["responses", "spent_credential"]
    ]
    assert not [value for value in identifiers if value in elsewhere]
    # And nothing that names a member is in responses.
    authors_named = set(authors.values())
    inside = json.dumps(
        [rows for (owner, _), rows in seized.tables.items() if owner == "responses"], default=_text
    )
    assert not [member for member in authors_named if member in inside]

    opinions = [record for record in seized.records if record.topic in DAYS_ONLY]
    assert opinions
    for record in opinions:
        assert "traceparent" not in record.attributes
        assert record.appended_at.time().isoformat() == "00:00:00"
