"""Members by their versions, and the figures of a day."""

from collections.abc import Sequence
from datetime import date

import orjson

from services.campaigns.members.rules import DayFigures, ErasedMember, FormerMember, Member
from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import Queries, execute, fetch_all, fetch_row

queries = Queries("services.campaigns.members")


async def upsert_members(
    conn: Connection, members: Sequence[Member], today: date
) -> list[FormerMember]:
    """Store newer versions; returns the members who leave the panel with them."""
    attributes = [_json(member.attributes) for member in members]
    profiles = sorted({text for text in attributes if text is not None})
    await execute(conn, queries.insert_profiles, attributes=profiles)
    return await fetch_all(
        conn,
        FormerMember,
        queries.upsert_members,
        member_ids=[member.member_id for member in members],
        versions=[member.version for member in members],
        statuses=[member.status for member in members],
        merged_into=[member.merged_into for member in members],
        zones=[member.zone for member in members],
        attributes=attributes,
        not_before=[member.not_before for member in members],
        ends_on=[member.ends_on for member in members],
        today=today,
    )


async def list_erased_members(conn: Connection, today: date) -> list[ErasedMember]:
    return await fetch_all(conn, ErasedMember, queries.list_erased_members, today=today)


async def find_day_figures(conn: Connection, today: date) -> DayFigures:
    row = await fetch_row(conn, queries.find_day_figures, today=today)
    assert row is not None
    return DayFigures(**row)


def _json(attributes: dict[str, str] | None) -> str | None:
    return None if attributes is None else orjson.dumps(attributes).decode()
