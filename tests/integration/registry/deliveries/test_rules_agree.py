"""The same rules stand twice, once as a set in SQL and once in Python: they must say the same."""

import random
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from services.registry.deliveries import rules as deliveries_rules
from services.registry.deliveries import store as deliveries_store
from services.registry.deliveries.rules import PendingOrder, Refuse, Start, evaluate
from services.registry.members import rules as members_rules
from services.registry.members.rules import MemberStatus
from tests.support.registry import NOON, TODAY, Registry, project, report

ZONES = ["Europe/Paris", "Pacific/Noumea", "America/Cayenne", "Pacific/Tahiti"]


def random_order(of: random.Random, order_id: UUID) -> dict[str, Any]:
    status = of.choice([*MemberStatus, *[MemberStatus.ACTIVE] * 12])
    accepted = of.choice([date(2026, 1, 1), *[date(2023, 11, 24 + day) for day in range(3)]])
    first = TODAY + timedelta(days=of.randint(-3, 2))
    return {
        "order_id": order_id,
        "member_id": uuid4(),
        "known": of.random() > 0.1,
        "status": status,
        "zone": of.choice(ZONES),
        "accepted_on": accepted,
        "has_address": of.random() > 0.1,
        "first_day": first,
        "last_day": first + timedelta(days=of.randint(0, 2)),
        "cancelled": of.random() < 0.1,
        "retry_at": of.choice([None, None, NOON - timedelta(1), NOON + timedelta(1)]),
        "notice": of.random() < 0.3,
        "project_version": of.choice([None, 1, 2, 3]),
        "report_version": of.choice([None, None, 1, 2, 3]),
        "locked_days_ago": of.choice([None, 100, *range(28, 34)]),
        "kind": of.choice(list(deliveries_rules.NOTICE_SPACING_DAYS)),
        "notice_days_ago": of.choice([None, None, 100, 0, 1, 6, 7, 8, *range(28, 34)]),
        "places_taken": of.choice([0, 0, 1, 2, 3]),
    }


async def stored(registry: Registry, rows: list[dict[str, Any]], project_id: UUID) -> None:
    async with registry.database.transaction() as conn:
        for row in rows:
            if row["known"]:
                merged = row["member_id"] if row["status"] is MemberStatus.MERGED else None
                erased = row["status"] is MemberStatus.ERASED
                # Of who is erased nothing is known.
                member_columns = [
                    None if erased else column
                    for column in (
                        row["member_id"], "fr", row["zone"], row["accepted_on"],
                        members_rules.membership_ends_on(row["accepted_on"]), row["accepted_on"],
                        "F",
                    )
                ]  # fmt: skip
                await conn.execute(
                    "INSERT INTO member (member_id, status, merged_into, person_id, language, zone,"
                    " accepted_on, ends_on, consent_on, consent_proof)"
                    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                    row["member_id"], row["status"], merged, *member_columns,
                )  # fmt: skip
                if row["has_address"]:
                    await conn.execute(
                        "INSERT INTO contact VALUES ($1, 'k', 'x', $2, $2)",
                        row["member_id"], row["member_id"].bytes,
                    )  # fmt: skip
            if row["locked_days_ago"] is not None:
                await conn.execute(
                    "INSERT INTO contact_lock VALUES ($1, $2)",
                    row["member_id"], TODAY - timedelta(days=row["locked_days_ago"]),
                )  # fmt: skip
            project_or_nil = project_id if row["project_version"] else UUID(int=0)
            if row["notice_days_ago"] is not None:
                await conn.execute(
                    "INSERT INTO notice_lock VALUES ($1, $2, $3, $4, $5)",
                    row["member_id"], row["kind"], project_or_nil,
                    TODAY - timedelta(days=row["notice_days_ago"]), uuid4(),
                )  # fmt: skip
            for slot in range(row["places_taken"]):
                for day in range(-2, 3):
                    await conn.execute(
                        "INSERT INTO notice_place VALUES ($1, $2, $3, $4)",
                        row["member_id"], TODAY + timedelta(days=day), slot + 1, uuid4(),
                    )  # fmt: skip
            await conn.execute(
                "INSERT INTO delivery (order_id, class, kind, member_id, subject_id, project_id,"
                " project_version, first_day, last_day, cancelled, retry_at, report_version)"
                " VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9, $10, $11)",
                row["order_id"], "notice" if row["notice"] else "solicitation",
                row["kind"] if row["notice"] else "invitation", row["member_id"],
                project_id if row["project_version"] else None, row["project_version"],
                row["first_day"], row["last_day"], row["cancelled"], row["retry_at"],
                row["report_version"] if reports(row) else None,
            )  # fmt: skip


def reports(row: dict[str, Any]) -> bool:
    return bool(row["notice"] and row["kind"] == "report" and row["project_version"])


def expected(row: dict[str, Any], instant: datetime) -> str:
    is_member = row["known"]
    verdict = evaluate(
        PendingOrder(
            first_day=row["first_day"],
            last_day=row["last_day"],
            cancelled=row["cancelled"],
            retry_at=row["retry_at"],
            status=row["status"] if is_member else None,
            zone=row["zone"] if is_member else None,
            ends_on=members_rules.membership_ends_on(row["accepted_on"]) if is_member else None,
            has_address=is_member and row["has_address"],
            project_known=(row["project_version"] or 0) <= 2,
            report_known=not reports(row) or (row["report_version"] or 0) <= 2,
        ),
        instant,
    )
    if isinstance(verdict, Refuse):
        return f"refused {verdict.reason}"
    if row["locked_days_ago"] is not None and not row["notice"]:
        free = members_rules.first_solicitable_day(TODAY - timedelta(days=row["locked_days_ago"]))
        if free > row["last_day"]:
            return "refused too_soon"
        if free > instant.astimezone(ZoneInfo(row["zone"])).date():
            return "waits"
    if row["notice"]:
        there = instant.astimezone(ZoneInfo(row["zone"])).date()
        if row["notice_days_ago"] is not None:
            free = TODAY - timedelta(days=row["notice_days_ago"])
            free += timedelta(days=deliveries_rules.NOTICE_SPACING_DAYS[row["kind"]])
            if free > row["last_day"]:
                return "refused too_soon"
            if free > there:
                return "waits"
        if row["places_taken"] >= deliveries_rules.MAX_NOTICES_PER_DAY:
            return "waits"
    return "due" if isinstance(verdict, Start) else "waits"


@pytest.mark.parametrize("hours", [-24, -5, 0, 9, 14])
async def test_sql_and_python_judge_every_order_alike(registry: Registry, hours: int) -> None:
    seed = hours + 2026
    of = random.Random(seed)
    instant = NOON + timedelta(hours=hours)
    survey = project(version=2)
    await registry.apply_projects(survey)
    await registry.apply_reports(report(survey, version=2))
    rows = [random_order(of, uuid4()) for _ in range(400)]
    await stored(registry, rows, survey.project_id)
    pool = registry.database.pool
    await deliveries_store.update_unsendable_orders(
        pool, instant, await deliveries_store.list_unsendable_orders(pool, instant)
    )
    page = await deliveries_store.list_due_orders(pool, instant, UUID(int=0), 1000)
    due = {order_id for order_id, _ in page.due}
    for row in rows:
        stored_order = await pool.fetchrow(
            "SELECT state, reason FROM delivery WHERE order_id = $1", row["order_id"]
        )
        assert stored_order is not None
        if stored_order["state"] == "refused":
            sql_result = f"refused {stored_order['reason']}"
        else:
            sql_result = "due" if row["order_id"] in due else "waits"
        assert sql_result == expected(row, instant), (seed, row)
