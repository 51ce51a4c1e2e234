"""Rules of deliveries and memberships, over random orders, instants and replies."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from services.registry.deliveries import rules as deliveries_rules
from services.registry.deliveries.rules import (
    TRANSITIONS,
    DeliveryStatus,
    OrderClass,
    PendingOrder,
    RefusalReason,
    Refuse,
    Start,
    Wait,
    evaluate,
    may_transition,
)
from services.registry.members import rules as members_rules
from services.registry.members.rules import MemberStatus

TODAY = date(2026, 11, 24)
states, classes = st.sampled_from(DeliveryStatus), st.sampled_from(OrderClass)
zones = st.sampled_from(["Europe/Paris", "Indian/Reunion", "America/Cayenne", "Pacific/Noumea"])
# Hypothesis wants naive bounds.
FROM, TO = datetime(2026, 11, 20), datetime(2026, 11, 30)  # noqa: DTZ001
instants = st.datetimes(FROM, TO, timezones=st.just(UTC))


@given(of=classes, path=st.lists(states, max_size=12))
def test_a_solicitation_is_at_the_mail_server_at_most_once(
    of: OrderClass, path: list[DeliveryStatus]
) -> None:
    """Over any history: once sent or unknown, a solicitation is never attempted again."""
    at, handed_over = DeliveryStatus.PENDING, False
    for target in path:
        if not may_transition(of, at, target):
            continue
        if target is DeliveryStatus.ATTEMPTING and of is OrderClass.SOLICITATION:
            assert not handed_over
        handed_over = handed_over or target in {DeliveryStatus.SENT, DeliveryStatus.UNKNOWN}
        at = target


@given(of=classes, target=states)
def test_a_refusal_and_a_bounce_are_final(of: OrderClass, target: DeliveryStatus) -> None:
    assert not may_transition(of, DeliveryStatus.REFUSED, target)
    assert not may_transition(of, DeliveryStatus.BOUNCED, target)


def test_every_state_is_reached_from_pending() -> None:
    reached = {DeliveryStatus.PENDING}
    for _ in DeliveryStatus:
        reached |= {target for current, target in TRANSITIONS if current in reached}
    assert reached == set(DeliveryStatus)


def test_a_notice_of_unknown_fate_is_sent_again_three_times_at_most() -> None:
    ends = [
        deliveries_rules.status_after_unknown(OrderClass.NOTICE, unknowns) for unknowns in range(5)
    ]
    assert ends == [DeliveryStatus.PENDING] * 3 + [DeliveryStatus.UNKNOWN] * 2
    assert (
        deliveries_rules.status_after_unknown(OrderClass.SOLICITATION, 0) is DeliveryStatus.UNKNOWN
    )


def order(
    *,
    first_day: date = TODAY,
    last_day: date = TODAY + timedelta(days=1),
    cancelled: bool = False,
    retry_at: datetime | None = None,
    status: MemberStatus | None = MemberStatus.ACTIVE,
    zone: str | None = "Europe/Paris",
    ends_on: date | None = date(2028, 1, 1),
    has_address: bool = True,
    project_known: bool = True,
    report_known: bool = True,
) -> PendingOrder:
    return PendingOrder(
        first_day,
        last_day,
        cancelled,
        retry_at,
        status,
        zone,
        ends_on,
        has_address,
        project_known,
        report_known,
    )


@given(instant=instants, zone=zones)
def test_no_message_starts_outside_its_window_or_the_members_day(
    instant: datetime, zone: str
) -> None:
    verdict = evaluate(order(zone=zone), instant)
    local = instant.astimezone(ZoneInfo(zone))
    if isinstance(verdict, Start):
        assert verdict.day == local.date()
        assert TODAY <= local.date() <= TODAY + timedelta(days=1)
        assert time(8) <= local.time() < time(20)
    elif isinstance(verdict, Refuse):
        assert verdict.reason is RefusalReason.WINDOW_OVER
        assert local.date() > TODAY + timedelta(days=1)
    else:
        early = local.date() < TODAY
        assert early or not time(8) <= local.time() < time(20)


@given(
    instant=instants,
    status=st.sampled_from([s for s in MemberStatus if s is not MemberStatus.ACTIVE]),
)
def test_nobody_but_an_active_member_is_written_to(instant: datetime, status: MemberStatus) -> None:
    verdict = evaluate(order(status=status), instant)
    reason = RefusalReason.MERGED if status is MemberStatus.MERGED else RefusalReason.NOT_ACTIVE
    assert verdict == Refuse(reason)


def test_each_reason_not_to_start() -> None:
    instant = datetime(2026, 11, 24, 11, tzinfo=UTC)
    assert evaluate(order(), instant) == Start(TODAY)
    assert evaluate(order(cancelled=True), instant) == Refuse(RefusalReason.CANCELLED)
    assert evaluate(order(status=None, zone=None, ends_on=None), instant) == Refuse(
        RefusalReason.NOT_ACTIVE
    )
    assert evaluate(order(ends_on=TODAY), instant) == Refuse(RefusalReason.NOT_ACTIVE)
    assert evaluate(order(has_address=False), instant) == Refuse(RefusalReason.NO_ADDRESS)
    assert evaluate(order(project_known=False), instant) == Wait()
    assert evaluate(order(report_known=False), instant) == Wait()
    assert evaluate(order(retry_at=instant + timedelta(seconds=1)), instant) == Wait()
    assert evaluate(order(retry_at=instant), instant) == Start(TODAY)


@given(day=st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_membership_ends_three_years_after_the_charter_was_accepted(day: date) -> None:
    end = members_rules.membership_ends_on(day)
    assert end.year == day.year + 3
    assert (end.month, end.day) == (day.month, day.day) or (day.day, end.day) == (29, 28)


@given(started=instants, zone=zones, slow=st.timedeltas(timedelta(0), timedelta(days=40)))
def test_a_message_is_handed_over_on_the_day_that_was_recorded(
    started: datetime, zone: str, slow: timedelta
) -> None:
    day = started.astimezone(ZoneInfo(zone)).date()
    instant = started + slow
    if deliveries_rules.is_attempt_valid(started, day, zone, instant):
        assert instant.astimezone(ZoneInfo(zone)).date() == day
        assert slow < deliveries_rules.ATTEMPT_TIME_LIMIT


@given(attempt=st.integers(1, 10_000), instant=instants)
def test_a_temporary_refusal_is_tried_again_within_the_hour(
    attempt: int, instant: datetime
) -> None:
    wait = deliveries_rules.next_retry(instant, attempt) - instant
    assert timedelta(minutes=1) <= wait <= timedelta(hours=1)
