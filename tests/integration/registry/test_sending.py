"""From an order to a message: once, in its window, to somebody who may be written to."""

from tests.people import TODAY, Registry, order, project


async def test_an_ordered_invitation_is_sent_and_answered(registry: Registry) -> None:
    about = project()
    [member] = await registry.enrol("zoe@example.test")
    await registry.hold(about)
    invitation = order(member, about)
    await registry.receive(invitation)

    async with registry.sending():
        await registry.becomes(invitation, "sent")

    [message] = registry.mail()
    assert message["recipient"] == "zoe@example.test"
    assert message["headers"]["X-Panel-Kind"] == "invitation"
    assert message["headers"]["X-Panel-Order"] == str(invitation.order_id)
    assert "http://campaigns.test/invitations/" in message["text"]
    [answer] = await registry.answers(invitation)
    assert answer == {
        "order_id": str(invitation.order_id),
        "version": 3,
        "state": "sent",
        "day": TODAY.isoformat(),
    }
    lock = await registry.lock(member)
    assert lock is not None
    assert (lock["last_day"], lock["order_id"]) == (TODAY, invitation.order_id)
