"""Send orders. Each statement that writes orders also writes their events, built from the rows."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

import orjson

from services.campaigns.orders.rules import Notice, Window
from services.contracts.events.campaigns import OrderState
from services.contracts.topics import topic_of
from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import Queries, execute, execute_counted, fetch_value

queries = Queries("services.campaigns.orders")
ORDERS_TOPIC = topic_of(OrderState).name


async def insert_notices(
    conn: Connection, window: Window, at: datetime, notices: Sequence[Notice]
) -> None:
    await execute(
        conn,
        queries.insert_notices,
        first_day=window.first_day,
        last_day=window.last_day,
        at=at,
        kinds=[notice.kind for notice in notices],
        member_ids=[notice.member_id for notice in notices],
        invitation_ids=[notice.invitation_id for notice in notices],
        project_ids=[notice.project_id for notice in notices],
        project_versions=[notice.project_version for notice in notices],
        details=[orjson.dumps(notice.details).decode() for notice in notices],
        topic=ORDERS_TOPIC,
    )


async def cancel_member_orders(conn: Connection, member_ids: Sequence[UUID], at: datetime) -> None:
    await execute(
        conn, queries.cancel_member_orders, member_ids=member_ids, at=at, topic=ORDERS_TOPIC
    )


async def cancel_solicitations(conn: Connection, project_id: UUID, at: datetime) -> None:
    await execute(
        conn, queries.cancel_solicitations, project_id=project_id, at=at, topic=ORDERS_TOPIC
    )


async def cancel_confirmations(
    conn: Connection, member_of: Mapping[UUID, UUID], at: datetime
) -> None:
    """`member_of`: the member of each invitation."""
    await execute(
        conn,
        queries.cancel_confirmations,
        invitation_ids=list(member_of),
        member_ids=list(member_of.values()),
        at=at,
        topic=ORDERS_TOPIC,
    )


async def republish_unanswered(conn: Connection, at: datetime) -> int:
    """Number of events written."""
    return await execute_counted(conn, queries.republish_unanswered, at=at, topic=ORDERS_TOPIC)


async def count_overdue_orders(conn: Connection, today: date) -> int:
    count: int = await fetch_value(conn, queries.count_overdue_orders, today=today)
    return count
