"""From an order to a message: once, in its window, to somebody who may be written to."""

import asyncio
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from asyncpg import CheckViolationError, UniqueViolationError

from services.contracts.events.campaigns import OrderKind, OrderRequest
from services.contracts.events.registry import DeliveryState
from services.registry.deliveries import rules as deliveries_rules
from services.registry.deliveries import store as deliveries_store
from services.registry.deliveries import use_cases as deliveries
from services.registry.deliveries.rules import DeliveryStatus, OrderClass, may_transition
from services.registry.erasures import use_cases as erasures
from tests.support.registry import TODAY, Registry, encryptor, order, project
from tests.support.servers import eventually

MONTH = timedelta(days=31)


async def start(registry: Registry, order_id: UUID) -> deliveries.Attempt | None:
    async with registry.database.transaction() as conn:
        return await deliveries.start_attempt(conn, registry.clock, encryptor(), order_id)


async def test_an_ordered_invitation_is_sent_and_answered(registry: Registry) -> None:
    survey = project()
    [member] = await registry.enrol("zoe@example.test")
    await registry.apply_projects(survey)
    invitation = order(member, survey)
    await registry.receive(invitation)

    async with registry.sending():
        await registry.becomes(invitation, "sent")

    [message] = registry.mail()
    assert message["recipient"] == "zoe@example.test"
    assert message["headers"]["X-Panel-Kind"] == "invitation"
    assert message["headers"]["X-Panel-Order"] == str(invitation.order_id)
    assert "http://campaigns.test/invitations/" in message["text"]
    [answer] = await registry.outcomes(invitation)
    assert answer == {
        "order_id": str(invitation.order_id),
        "version": 3,
        "state": "sent",
        "day": TODAY.isoformat(),
    }
    lock = await registry.lock(member)
    assert lock is not None
    assert (lock["last_day"], lock["order_id"]) == (TODAY, invitation.order_id)


async def test_an_attempt_begun_at_night_is_noticed_by_who_sends(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rule refuses it; the count is there for the day on which the rule does not."""
    survey = project()
    members = await registry.enrol("zoe@example.test", "ali@example.test")
    await registry.apply_projects(survey)
    by_day, by_night = (order(member, survey) for member in members)
    await registry.receive(by_day, by_night)
    sender = registry.sender()
    session = await registry.database.dedicated("sender")
    assert await sender.start(session, by_day.order_id)
    assert sender.outside_hours == 0
    registry.clock.advance(timedelta(hours=10))
    assert not await sender.start(session, by_night.order_id)
    monkeypatch.setattr(deliveries_rules, "evaluate", lambda *_: deliveries_rules.Start(TODAY))
    assert await sender.start(session, by_night.order_id)
    assert sender.outside_hours == 1
    await session.close()


async def test_every_kind_of_message_can_be_ordered_and_sent(registry: Registry) -> None:
    survey = project()
    await registry.apply_projects(survey)
    members = await registry.enrol(*(f"{kind}@example.test" for kind in OrderKind))
    orders = [order(m, survey, kind=kind) for m, kind in zip(members, OrderKind, strict=True)]
    await registry.receive(*orders)
    async with registry.sending():
        for invitation in orders:
            await registry.becomes(invitation, "sent")
    assert {entry["headers"]["X-Panel-Kind"] for entry in registry.mail()} == set(OrderKind)


async def test_many_orders_are_each_sent_exactly_once_by_several_workers(
    registry: Registry,
) -> None:
    survey = project()
    await registry.apply_projects(survey)
    members = await registry.enrol(*(f"m{number}@example.test" for number in range(60)))
    orders = [order(member, survey) for member in members]
    await registry.receive(*orders)
    async with registry.sending(workers=4), registry.sending(workers=3):
        for invitation in orders:
            await registry.becomes(invitation, "sent")
    ids = [entry["headers"]["X-Panel-Order"] for entry in registry.mail()]
    assert sorted(ids) == sorted(str(invitation.order_id) for invitation in orders)


async def test_a_second_solicitation_within_a_month_is_refused_as_too_soon(
    registry: Registry,
) -> None:
    survey, other = project(), project()
    await registry.apply_projects(survey, other)
    [member] = await registry.enrol("zoe@example.test")
    first, second = order(member, survey), order(member, other)
    await registry.receive(first)
    async with registry.sending():
        await registry.becomes(first, "sent")
        await registry.receive(second)
        await registry.becomes(second, "refused too_soon")
    assert len(registry.mail()) == 1
    [answer] = await registry.outcomes(second)
    assert answer["reason"] == "too_soon"


@pytest.mark.parametrize(("days", "ends"), [(30, "refused too_soon"), (31, "sent")])
async def test_day_30_is_refused_and_day_31_accepted(
    registry: Registry, days: int, ends: str
) -> None:
    survey = project()
    await registry.apply_projects(survey)
    last = TODAY - timedelta(days=days)
    [member] = await registry.enrol("zoe@example.test", last_contact=last.isoformat())
    invitation = order(member, survey, days=1)
    await registry.receive(invitation)
    async with registry.sending():
        await registry.becomes(invitation, ends)
    assert len(registry.mail()) == (ends == "sent")


async def test_an_order_waits_for_the_day_in_its_window_on_which_the_month_is_over(
    registry: Registry,
) -> None:
    survey = project()
    await registry.apply_projects(survey)
    last = TODAY - timedelta(days=30)
    [member] = await registry.enrol("zoe@example.test", last_contact=last.isoformat())
    invitation = order(member, survey, days=2)
    await registry.receive(invitation)
    assert await start(registry, invitation.order_id) is None
    assert await registry.state(invitation) == "pending"
    registry.clock.advance(timedelta(days=1))
    async with registry.sending():
        await registry.becomes(invitation, "sent")


async def test_an_imported_member_without_a_last_contact_is_first_asked_31_days_later(
    registry: Registry,
) -> None:
    survey = project()
    await registry.apply_projects(survey)
    [member] = await registry.enrol("zoe@example.test", last_contact="")
    early, right = order(member, survey), order(member, survey, first=TODAY + MONTH)
    await registry.receive(early, right)
    assert await registry.state(early) == "refused too_soon"
    registry.clock.advance(MONTH)
    async with registry.sending():
        await registry.becomes(right, "sent")


async def test_two_members_who_are_one_person_are_solicited_once(registry: Registry) -> None:
    """The lock is the person's: merged identities share it."""
    survey = project()
    await registry.apply_projects(survey)
    zoe, alias = await registry.enrol("zoe@example.test", "z.durand@example.test")
    await registry.database.pool.execute(
        "UPDATE member SET person_id = (SELECT person_id FROM member WHERE member_id = $1)"
        " WHERE member_id = $2",
        zoe,
        alias,
    )
    first, second = order(zoe, survey), order(alias, survey)
    await registry.receive(first, second)
    async with registry.sending():

        async def settled() -> bool:
            await registry.refuse_unsendable()
            states = {await registry.state(first), await registry.state(second)}
            return states == {"sent", "refused too_soon"}

        await eventually(settled, "one is sent and the other refused")
    assert len(registry.mail()) == 1


async def test_a_notice_does_not_need_and_does_not_take_the_contact_lock(
    registry: Registry,
) -> None:
    survey = project()
    await registry.apply_projects(survey)
    [member] = await registry.enrol("zoe@example.test", last_contact="")
    previous_lock = await registry.lock(member)
    report = order(member, survey, kind=OrderKind.REPORT)
    await registry.receive(report)
    async with registry.sending():
        await registry.becomes(report, "sent")
    assert await registry.lock(member) == previous_lock


async def test_without_the_contact_lock_one_person_is_solicited_twice(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the lock two solicitations leave: the lock alone holds the promise."""

    async def always(*_: object) -> bool:
        return True

    monkeypatch.setattr(deliveries_store, "upsert_contact_lock", always)
    survey, other = project(), project()
    await registry.apply_projects(survey, other)
    [member] = await registry.enrol("zoe@example.test")
    orders = [order(member, survey), order(member, other)]
    await registry.receive(*orders)
    async with registry.sending():
        for invitation in orders:
            await registry.becomes(invitation, "sent")
    assert len(registry.mail("zoe@example.test")) == 2


async def test_without_one_lock_row_per_person_no_solicitation_leaves_at_all(
    registry: Registry,
) -> None:
    survey = project()
    await registry.apply_projects(survey)
    [member] = await registry.enrol("zoe@example.test")
    await registry.database.pool.execute(
        "ALTER TABLE contact_lock DROP CONSTRAINT contact_lock_one_per_person"
    )
    invitation = order(member, survey)
    await registry.receive(invitation)
    with pytest.raises(Exception, match="no unique or exclusion constraint"):
        await start(registry, invitation.order_id)
    assert await registry.state(invitation) == "pending"


async def test_orders_consumed_twice_are_sent_once(registry: Registry) -> None:
    survey = project()
    await registry.apply_projects(survey)
    [member] = await registry.enrol("zoe@example.test")
    invitation = order(member, survey)
    await registry.receive(invitation)
    async with registry.sending():
        await registry.becomes(invitation, "sent")
        await registry.receive(invitation)
        await registry.receive(invitation)
    assert await registry.state(invitation) == "sent"
    assert len(registry.mail()) == 1
    assert len(await registry.outcomes(invitation)) == 1


async def test_the_order_id_is_what_holds_one_delivery_per_order(registry: Registry) -> None:
    [member] = await registry.enrol("zoe@example.test")
    invitation = order(member)
    await registry.receive(invitation)
    copy = "INSERT INTO delivery SELECT * FROM delivery"
    with pytest.raises(UniqueViolationError, match="delivery_once"):
        await registry.database.pool.execute(copy)
    await registry.database.pool.execute("ALTER TABLE delivery DROP CONSTRAINT delivery_once")
    assert await registry.database.pool.execute(copy) == "INSERT 0 1"


async def test_a_cancelled_order_is_refused_even_if_the_cancelling_comes_first(
    registry: Registry,
) -> None:
    [member] = await registry.enrol("zoe@example.test")
    later = order(member, first=TODAY + timedelta(days=5))
    await registry.receive(later)
    cancel = later.model_copy(update={"state": OrderRequest.CANCELLED, "version": 2})
    await registry.receive(cancel)
    assert await registry.state(later) == "refused cancelled"

    unseen = order(member, state=OrderRequest.CANCELLED, version=2)
    await registry.receive(unseen)
    await registry.receive(unseen.model_copy(update={"state": OrderRequest.ORDERED, "version": 1}))
    assert await registry.state(unseen) == "refused cancelled"
    for invitation in (later, unseen):
        [answer] = await registry.outcomes(invitation)
        assert answer["reason"] == "cancelled"


async def test_an_order_waits_for_its_project_and_for_the_version_it_names(
    registry: Registry,
) -> None:
    survey = project(version=2)
    [member] = await registry.enrol("zoe@example.test")
    invitation = order(member, survey)
    await registry.receive(invitation)
    assert await start(registry, invitation.order_id) is None
    await registry.apply_projects(survey.model_copy(update={"version": 1}))
    assert await start(registry, invitation.order_id) is None
    assert await registry.state(invitation) == "pending"
    await registry.apply_projects(survey)
    assert await start(registry, invitation.order_id) is not None


async def test_an_older_project_state_changes_nothing(registry: Registry) -> None:
    survey = project(version=3)
    await registry.apply_projects(survey)
    await registry.apply_projects(survey.model_copy(update={"version": 2}))
    assert await registry.database.pool.fetchval("SELECT version FROM project") == 3


async def test_messages_leave_between_8_and_20_where_the_member_lives(
    registry: Registry,
) -> None:
    survey = project()
    await registry.apply_projects(survey)
    # Noon in Paris is 22:00 in Nouméa and 08:00 in Cayenne.
    [paris] = await registry.enrol("p@example.test")
    [noumea] = await registry.enrol("n@example.test", zone="Pacific/Noumea")
    [cayenne] = await registry.enrol("c@example.test", zone="America/Cayenne")
    due, late, early = order(paris, survey), order(noumea, survey), order(cayenne, survey)
    await registry.receive(due, late, early)
    registry.clock.advance(-timedelta(minutes=1))
    page = await deliveries_store.list_due_orders(
        registry.database.pool, registry.clock.now(), UUID(int=0), 10
    )
    assert [order_id for order_id, _ in page.due] == [due.order_id]
    assert await start(registry, late.order_id) is None
    assert await start(registry, early.order_id) is None
    registry.clock.advance(timedelta(minutes=1))
    assert await start(registry, early.order_id) is not None
    registry.clock.advance(timedelta(hours=10))
    attempt = await start(registry, late.order_id)
    assert attempt is not None
    assert attempt.day == TODAY + timedelta(days=1)


async def test_an_order_whose_window_is_over_is_answered_at_any_hour(registry: Registry) -> None:
    survey = project()
    [member] = await registry.enrol("zoe@example.test")
    invitation = order(member, survey)
    await registry.receive(invitation)
    registry.clock.advance(timedelta(days=2) - timedelta(hours=11, minutes=59))
    await registry.refuse_unsendable()
    assert await registry.state(invitation) == "refused window_over"
    [answer] = await registry.outcomes(invitation)
    assert answer["state"] == "refused"


@pytest.mark.parametrize("status", ["paused", "suspended", "left", "expired", "erased"])
async def test_orders_for_who_is_not_active_are_refused(registry: Registry, status: str) -> None:
    [member] = await registry.enrol("zoe@example.test")
    if status == "erased":
        async with registry.database.transaction() as conn:
            await erasures.erase_member(conn, registry.clock, member)
    else:
        await registry.database.pool.execute("UPDATE member SET status = $1", status)
    invitation = order(member)
    await registry.receive(invitation)
    assert await registry.state(invitation) == "refused not_active"


async def test_orders_are_refused_for_the_merged_the_unknown_and_who_has_no_address(
    registry: Registry,
) -> None:
    zoe, ana = await registry.enrol("zoe@example.test", "ana@example.test")
    await registry.database.pool.execute(
        "UPDATE member SET status = 'merged', merged_into = $2 WHERE member_id = $1", zoe, ana
    )
    await registry.database.pool.execute("DELETE FROM contact WHERE member_id = $1", ana)
    merged, unknown, unreachable = order(zoe), order(uuid4()), order(ana)
    await registry.receive(merged, unknown, unreachable)
    assert await registry.state(merged) == "refused merged"
    assert await registry.state(unknown) == "refused not_active"
    assert await registry.state(unreachable) == "refused no_address"
    for one_order in (merged, unknown, unreachable):
        [answer] = await registry.outcomes(one_order)
        event = DeliveryState.model_validate(answer)
        assert answer == event.model_dump(mode="json", exclude_none=True)


async def test_a_membership_that_ends_today_gets_no_more_messages(registry: Registry) -> None:
    survey = project()
    await registry.apply_projects(survey)
    [member] = await registry.enrol("zoe@example.test", accepted="25/11/2023")
    invitation = order(member, survey, days=3)
    await registry.receive(invitation)
    registry.clock.advance(timedelta(days=1))
    assert await start(registry, invitation.order_id) is None
    assert await registry.state(invitation) == "refused not_active"


@pytest.mark.parametrize("current", DeliveryStatus)
@pytest.mark.parametrize("of", OrderClass)
async def test_the_database_allows_exactly_the_moves_of_the_design(
    registry: Registry, of: OrderClass, current: DeliveryStatus
) -> None:
    kind = "invitation" if of is OrderClass.SOLICITATION else "report"
    # The locks of notices have tests of their own (test_notices.py).
    await registry.database.pool.execute("DROP TRIGGER delivery_notice_is_locked ON delivery")
    reason = {DeliveryStatus.REFUSED: "rejected"}
    for target in DeliveryStatus:
        if target is current:
            continue
        order_id = uuid4()
        await registry.database.pool.execute(
            "INSERT INTO delivery (order_id, state, class, kind, member_id, subject_id, first_day,"
            " last_day, day, reason) VALUES ($1, $2, $3, $4, $1, $1, $5, $5, $5, $6)",
            order_id, current, of, kind, date(2026, 1, 1), reason.get(current),
        )  # fmt: skip
        move = registry.database.pool.execute(
            "UPDATE delivery SET state = $2, reason = $3 WHERE order_id = $1",
            order_id, target, reason.get(target),
        )  # fmt: skip
        if may_transition(of, current, target):
            await move
        else:
            with pytest.raises(CheckViolationError, match="cannot go from"):
                await move


async def test_no_database_transaction_is_open_while_the_mail_server_thinks(
    registry: Registry,
) -> None:
    holding, go_on = asyncio.Event(), asyncio.Event()

    async def hold(_: str) -> None:
        holding.set()
        await go_on.wait()

    registry.catcher.reply = hold
    survey = project()
    await registry.apply_projects(survey)
    [member] = await registry.enrol("zoe@example.test")
    invitation = order(member, survey)
    await registry.receive(invitation)
    async with registry.sending(workers=1):
        await holding.wait()
        sessions = await registry.database.pool.fetch(
            "SELECT state FROM pg_stat_activity WHERE application_name LIKE '%:sender-%'"
            " AND datname = current_database()"
        )
        assert [row["state"] for row in sessions] == ["idle"]
        go_on.set()
        await registry.becomes(invitation, "sent")
