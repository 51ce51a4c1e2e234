"""feedback stores nothing about members."""

from uuid import UUID

import pytest

from tests.support.feedback import World

pytestmark = pytest.mark.servers


async def test_feedback_knows_no_member(world: World) -> None:
    columns = await world.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public'"
    )
    assert not [row for (row,) in columns if "member" in row or "person" in row]
    assert isinstance(world.project_id, UUID)
