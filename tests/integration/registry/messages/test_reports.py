"""The return on the proposals reaches who took part: a notice that asks nothing, with its link."""

from datetime import timedelta
from uuid import UUID

from services.contracts.events.campaigns import OrderKind, OrderState, ProjectState
from services.registry.deliveries import store as deliveries_store
from tests.support.registry import TODAY, Registry, order, project, report


async def due(registry: Registry) -> list[UUID]:
    page = await deliveries_store.list_due_orders(
        registry.database.pool, registry.clock.now(), UUID(int=0), 10
    )
    return [order_id for order_id, _ in page.due]


async def owed(
    registry: Registry, survey: ProjectState, version: int = 1, language: str = "fr", days: int = 2
) -> OrderState:
    [member] = await registry.enrol("zoe@example.test", language=language)
    await registry.apply_projects(survey)
    notice = order(member, survey, kind=OrderKind.REPORT, report_version=version, days=days)
    await registry.receive(notice)
    return notice


async def test_a_report_is_sent_with_its_link_and_what_it_says(registry: Registry) -> None:
    survey = project()
    notice = await owed(registry, survey)
    await registry.apply_reports(report(survey))
    async with registry.sending():
        await registry.becomes(notice, "sent")
    [message] = registry.mail()
    assert message["headers"]["X-Panel-Kind"] == "report"
    assert "https://panel.test/projets/1/retour?lang=fr" in message["text"]
    assert "Quatorze personnes ont demandé" in message["text"]
    assert "Vous n'avez rien à faire" in message["text"]
    assert "/invitations/" not in message["text"], "it asks nothing"


async def test_it_is_read_in_the_members_language(registry: Registry) -> None:
    survey = project()
    notice = await owed(registry, survey, language="en")
    await registry.apply_reports(report(survey, url="https://panel.test/p?x=1&lang=fr#decisions"))
    async with registry.sending():
        await registry.becomes(notice, "sent")
    [message] = registry.mail()
    assert "https://panel.test/p?x=1&lang=en#decisions" in message["text"]
    assert "There is nothing for you to do." in message["text"]


async def test_an_order_waits_until_its_version_of_the_report_is_known(registry: Registry) -> None:
    survey = project()
    notice = await owed(registry, survey, version=2)
    assert await due(registry) == []
    await registry.apply_reports(report(survey, version=1))
    assert await due(registry) == []
    assert await registry.state(notice) == "pending"
    await registry.apply_reports(
        report(survey, version=3, summary="Tout est revu.", url="https://panel.test/projets/1/v3")
    )
    async with registry.sending():
        await registry.becomes(notice, "sent")
    [message] = registry.mail()
    assert "/projets/1/v3" in message["text"], "nobody is sent an account known to be old"
    assert "a été revu" in message["text"]
    assert "Tout est revu." not in message["text"], "a revised report is read on its page"
    assert "En résumé" not in message["text"]


async def test_a_report_that_stays_unknown_is_answered_when_its_window_is_over(
    registry: Registry,
) -> None:
    notice = await owed(registry, project())
    registry.clock.advance(timedelta(days=2))
    await registry.refuse_unsendable()
    assert await registry.state(notice) == "refused window_over"


async def test_an_older_or_repeated_report_changes_nothing(registry: Registry) -> None:
    survey = project()
    notice = await owed(registry, survey)
    await registry.apply_reports(report(survey, version=2, url="https://panel.test/p/revu"))
    for version in (1, 2):
        await registry.apply_reports(report(survey, version=version, url="https://panel.test/p/x"))
    async with registry.sending():
        await registry.becomes(notice, "sent")
    assert "https://panel.test/p/revu" in registry.mail()[0]["text"]


async def test_a_report_takes_no_place_in_the_month(registry: Registry) -> None:
    survey = project()
    notice = await owed(registry, survey)
    previous_lock = await registry.lock(notice.member_id)
    await registry.apply_reports(report(survey))
    async with registry.sending():
        await registry.becomes(notice, "sent")
    later_lock = await registry.lock(notice.member_id)
    assert previous_lock is not None
    assert later_lock is not None
    assert dict(later_lock) == dict(previous_lock)
    assert later_lock["last_day"] < TODAY
