"""A day that registry must infer never brings the month forward, wherever the member lives."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import orjson
import pytest

from services.registry import recovery
from services.registry.erasures import use_cases as erasures
from services.registry.imports import use_cases as imports
from services.registry.members import store as members_store
from tests.support.registry import NOON, Registry, csv_file, encryptor, line, order, project

pytestmark = pytest.mark.servers

# Evening of the 24th in Paris and morning of the 25th in Nouméa, where messages are leaving.
PUT_BACK = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)
THERE = date(2026, 11, 25)
ZONE = "Pacific/Noumea"


async def put_back(registry: Registry, *published: tuple[str, UUID, dict[str, object]]) -> None:
    """Recover as the service does after a restore; `published` is the content of its topics."""
    registry.clock.at = PUT_BACK
    pool = registry.database.pool
    await pool.execute("DELETE FROM outbox")
    await pool.execute("INSERT INTO recovery VALUES ($1, $2)", PUT_BACK, NOON)
    for topic, key, body in published:
        await pool.execute(
            "INSERT INTO told VALUES ($1, $2, $3, $4)",
            topic, str(key), body["version"], orjson.loads(orjson.dumps(body)),
        )  # fmt: skip
    async with registry.database.transaction() as conn:
        await recovery.recover_people(conn, registry.clock)
        await recovery.recover_messages(conn, registry.clock)
    await pool.execute("UPDATE recovery SET done_at = $1", registry.clock.now())


async def is_free_on_the_31st_civil_day_only(registry: Registry, member: UUID) -> None:
    survey = project()
    await registry.apply_projects(survey)
    early = order(member, survey, first=THERE + timedelta(days=30), days=1)
    later = order(member, survey, first=THERE + timedelta(days=31), days=1)
    await registry.receive(early, later)
    assert await registry.state(early) == "refused too_soon"
    assert await registry.state(later) == "pending"


async def test_after_the_loss_of_the_topics_a_month_counts_from_the_latest_day_on_earth(
    registry: Registry,
) -> None:
    (ann,) = await registry.enrol("ann@example.test", zone=ZONE)
    await put_back(registry)
    lock = await registry.lock(ann)
    assert lock is not None
    assert lock["last_day"] == THERE
    await is_free_on_the_31st_civil_day_only(registry, ann)


async def test_erased_since_the_backup_counts_as_solicited_on_the_latest_day_on_earth(
    registry: Registry,
) -> None:
    (ann,) = await registry.enrol("ann@example.test", zone=ZONE)
    erased = {"member_id": str(ann), "version": 9, "status": "erased"}
    await put_back(registry, (members_store.TOPIC, ann, erased))
    pool = registry.database.pool
    assert await pool.fetchval("SELECT last_day FROM contact_lock") == THERE
    suppressed = await pool.fetchrow("SELECT since, until FROM suppression")
    assert tuple(suppressed) == (THERE, THERE + timedelta(days=31))


async def test_erased_during_the_recovery_counts_as_solicited_on_the_latest_day_on_earth(
    registry: Registry,
) -> None:
    (ann,) = await registry.enrol("ann@example.test", zone=ZONE)
    registry.clock.at = PUT_BACK
    pool = registry.database.pool
    await pool.execute("INSERT INTO recovery VALUES ($1, $2)", PUT_BACK, NOON)
    async with registry.database.transaction() as conn:
        await erasures.erase_member(conn, registry.clock, ann)
    assert await pool.fetchval("SELECT last_day FROM contact_lock") == THERE
    assert await pool.fetchval("SELECT until FROM suppression") == THERE + timedelta(days=31)


async def test_imported_again_after_a_restore_counts_from_the_latest_day_on_earth(
    registry: Registry,
) -> None:
    await put_back(registry)
    rows = csv_file(line("ann@example.test", zone=ZONE))
    async with registry.database.transaction() as conn:
        await imports.import_members(conn, registry.clock, encryptor(), rows, "en")
        ann = await conn.fetchval("SELECT member_id FROM member")
    await is_free_on_the_31st_civil_day_only(registry, ann)
