"""One anonymous credential per participant: recorded once, whoever asks how often."""

import asyncio
import base64
import json
import os
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from cryptography.exceptions import InvalidTag

from services.campaigns import maintenance as upkeep
from services.campaigns.credentials import use_cases as credentials
from services.campaigns.credentials.issuer import Keyring
from services.campaigns.credentials.rules import (
    CollectionOver,
    IssuedElsewhere,
    OtherProject,
    StillWaiting,
)
from services.campaigns.credentials.store import SealedKey, project_key
from services.campaigns.credentials.use_cases import Asking
from services.campaigns.invitations.rules import AlreadyLeft, NotParticipating
from services.contracts.events.registry import MemberStatus
from services.runtime.crypto.blind_rsa import PublicKey
from services.runtime.crypto.encryption import Encryptor
from services.runtime.refusal import NotFound, Refusal
from tests.support.campaigns import CREDENTIAL_KEYS, World, gone, signing_key
from tests.support.servers import eventually

Row = dict[str, Any]
REQUEST = b"blinded, as far as anybody can tell"
OTHER_KEYS = json.dumps([base64.b64encode(b"o" * 32).decode()])


async def joined(world: World, count: int = 1, **changes: Any) -> list[Row]:
    """Invitations of one project, all accepted."""
    await world.members(count)
    project, _ = await world.launched(count, **changes)
    await world.deliver_all()
    rows = await world.invitations(project)
    for row in rows:
        await world.accept(row["id"], row["member_id"])
    return rows


async def ask(
    world: World, row: Row, request: bytes = REQUEST, project_id: UUID | None = None
) -> None:
    (refusal,) = await ask_together(world, [(row, request)], project_id or row["project_id"])
    if refusal:
        raise refusal


async def ask_together(
    world: World, asking: list[tuple[Row, bytes]], project_id: UUID
) -> list[Refusal | None]:
    async with world.transaction() as conn:
        return await credentials.record_requests(
            conn,
            world.clock,
            project_id,
            [Asking(row["id"], row["member_id"], request) for row, request in asking],
        )


async def issued(world: World) -> list[Row]:
    return await world.rows("SELECT * FROM credential")


async def test_the_first_request_is_kept_by_its_hash_and_nothing_else(world: World) -> None:
    (row,) = await joined(world)
    before = await world.value("SELECT count(*) FROM outbox")
    await ask(world, row)
    await ask(world, row)
    assert await issued(world) == [
        {"invitation_id": row["id"], "request_hash": sha256(REQUEST).digest()}
    ]
    # Neither event nor hint: both carry the instant.
    assert await world.value("SELECT count(*) FROM outbox") == before


async def test_nothing_about_credentials_is_dated_or_numbered(world: World) -> None:
    columns = await world.rows(
        "SELECT column_name, data_type, column_default FROM information_schema.columns"
        " WHERE table_name IN ('credential', 'project_key')"
    )
    assert {(c["data_type"], c["column_default"]) for c in columns} == {
        ("uuid", None),
        ("bytea", None),
        ("text", None),
    }


async def test_another_request_after_the_first_is_refused_with_the_way_out(world: World) -> None:
    (row,) = await joined(world)
    await ask(world, row)
    with pytest.raises(IssuedElsewhere) as refused:
        await ask(world, row, b"from another device")
    assert "lien privé" in str(refused.value.way_out_message("fr"))
    assert "private link" in str(refused.value.way_out_message("en"))
    assert len(await issued(world)) == 1


async def test_of_many_requests_at_one_moment_one_is_kept(world: World) -> None:
    (row,) = await joined(world)
    requests = [f"device {n}".encode() for n in range(10)]
    done = await asyncio.gather(*[ask(world, row, r) for r in requests], return_exceptions=True)
    assert [type(d) for d in done if d] == [IssuedElsewhere] * 9
    (kept,) = await issued(world)
    assert kept["request_hash"] == sha256(requests[done.index(None)]).digest()


async def test_of_those_who_ask_together_each_has_an_answer_of_their_own(world: World) -> None:
    here, elsewhere, left = rows = await joined(world, 3)
    await ask(world, elsewhere, b"from another device")
    await world.leave(left["id"], left["member_id"])
    stranger = {"id": uuid4(), "member_id": uuid4()}
    asking = [(row, REQUEST) for row in (here, elsewhere, left, stranger, here)]
    asking.append((here, b"from another device"))
    said = await ask_together(world, asking, rows[0]["project_id"])
    assert [type(one) for one in said] == [
        type(None),
        IssuedElsewhere,
        AlreadyLeft,
        NotFound,
        type(None),
        IssuedElsewhere,
    ]
    assert len(await issued(world)) == 2


async def test_only_who_takes_part_is_given_one(world: World) -> None:
    await world.members(4)
    project, _ = await world.launched(4, places=2)
    await world.deliver_all()
    taking_part, leaving, waiting, declining = await world.invitations(project)
    with pytest.raises(NotParticipating):
        await ask(world, declining)
    for row in (taking_part, leaving, waiting):
        await world.accept(row["id"], row["member_id"])
    await world.decline(declining["id"], declining["member_id"])
    with pytest.raises(NotParticipating):
        await ask(world, declining)
    with pytest.raises(StillWaiting):
        await ask(world, waiting)
    with pytest.raises(NotFound):
        await ask(world, taking_part | {"member_id": waiting["member_id"]})
    with pytest.raises(NotFound):
        await ask(world, taking_part | {"id": uuid4()})
    with pytest.raises(OtherProject):
        await ask(world, taking_part, project_id=uuid4())
    await ask(world, leaving)
    await world.leave(leaving["id"], leaving["member_id"])
    with pytest.raises(AlreadyLeft):
        await ask(world, leaving)
    # Who waited has the place now, and what comes with it.
    await ask(world, waiting)
    assert len(await issued(world)) == 2


async def test_the_link_of_a_merged_member_is_the_survivors(world: World) -> None:
    (row,) = await joined(world)
    (survivor,) = await world.members(1)
    await world.tell_members(gone(row["member_id"], MemberStatus.MERGED, into=survivor))
    await ask(world, row)
    await ask(world, row | {"member_id": survivor})
    assert len(await issued(world)) == 1


async def test_a_credential_can_be_had_until_collection_ends(world: World) -> None:
    first, late = await joined(world, 2)
    await ask(world, first)
    world.advance(days=61)
    # Before and after the sweeper ends recruitment.
    await ask(world, late)
    await sweep(world)
    assert (await world.projects_told())[-1].state == "recruited"
    await ask(world, first)
    with pytest.raises(IssuedElsewhere):
        await ask(world, first, b"from another device")
    assert len(await issued(world)) == 2


async def test_on_the_last_day_of_collection_a_first_credential_is_still_issued(
    world: World,
) -> None:
    (late,) = await joined(world, 1)
    world.advance(days=61)
    await sweep(world)
    world.advance(days=29)
    await ask(world, late)
    assert len(await issued(world)) == 1


async def test_the_number_issued_is_public_only_once_no_credential_can_be_had(
    world: World,
) -> None:
    rows = await joined(world, 9)
    for row in rows[:3]:
        await ask(world, row)
    world.advance(days=61)
    await sweep(world)
    told = (await world.projects_told())[-1]
    assert (told.state, told.credentials_issued) == ("recruited", None)
    for row in rows[3:8]:
        await ask(world, row)
    world.advance(days=30)
    # Even before the sweeper passes.
    for row in (rows[0], rows[8]):
        with pytest.raises(CollectionOver):
            await ask(world, row)
    await sweep(world)
    for row in (rows[0], rows[8]):
        with pytest.raises(CollectionOver):
            await ask(world, row)
    told = (await world.projects_told())[-1]
    # Nine joined and eight took a credential: nobody sees that one did not.
    assert (told.joined, told.credentials_issued, told.floor_reached) == (5, 5, True)


async def test_none_is_issued_between_the_count_and_its_publication(world: World) -> None:
    """The sweeper holds the project; a request meanwhile waits and finds collection over."""
    (row,) = await joined(world)
    world.advance(days=91)
    async with world.transaction() as conn:
        await upkeep.sweep(conn, world.clock)
        world.advance(days=-1)  # a replica whose clock is a little behind
        asking = asyncio.create_task(ask(world, row))
        await lock_waited_for(world)
    with pytest.raises(CollectionOver):
        await asking
    assert await issued(world) == []


@pytest.mark.parametrize(("floor", "told"), [(5, True), (8, True), (9, False)])
async def test_a_number_told_in_fives_says_exactly_whether_the_floor_is_reached(
    world: World, floor: int, told: bool
) -> None:
    rows = await joined(world, 8)
    for row in rows:
        await ask(world, row)
    await world.database.pool.execute("UPDATE project SET anonymity_floor = $1", floor)
    world.advance(days=91)
    await sweep(world)
    last = (await world.projects_told())[-1]
    assert (last.credentials_issued, last.floor_reached) == (5, told)


async def test_a_restored_project_says_no_number_that_it_cannot_know(world: World) -> None:
    (row,) = await joined(world)
    await ask(world, row)
    await world.database.pool.execute("UPDATE project SET issuing_stopped = true")
    world.advance(days=91)
    await sweep(world)
    told = (await world.projects_told())[-1]
    assert (told.state, told.credentials_issued) == ("collected", None)
    assert told.floor_reached is None


async def sweep(world: World) -> None:
    async with world.transaction() as conn:
        await upkeep.sweep(conn, world.clock)


async def lock_waited_for(world: World) -> None:
    async def waits() -> bool:
        return bool(await world.value("SELECT count(*) FROM pg_locks WHERE NOT granted"))

    await eventually(waits, "nobody waits for a lock")


async def test_without_its_constraint_a_second_credential_passes(world: World) -> None:
    (row,) = await joined(world)
    insert = "INSERT INTO credential (invitation_id, request_hash) VALUES ($1, sha256('x'))"
    await ask(world, row)
    with pytest.raises(asyncpg.UniqueViolationError, match="credential_once"):
        await world.database.pool.execute(insert, row["id"])
    await world.database.pool.execute("ALTER TABLE credential DROP CONSTRAINT credential_once")
    await world.database.pool.execute(insert, row["id"])
    assert len(await issued(world)) == 2


async def test_what_was_issued_and_the_published_key_cannot_be_changed(world: World) -> None:
    (row,) = await joined(world)
    await ask(world, row)
    for change, rule in (
        ("UPDATE credential SET request_hash = sha256('x')", "credential_is_final"),
        ("UPDATE project SET credential_key = '{}'", "project_credential_key_is_final"),
        ("UPDATE project SET credential_key = NULL", "project_credential_key_is_final"),
    ):
        with pytest.raises(asyncpg.CheckViolationError, match=rule):
            await world.database.pool.execute(change)
    with pytest.raises(asyncpg.UniqueViolationError, match="project_key_once"):
        await world.database.pool.execute("INSERT INTO project_key SELECT * FROM project_key")


async def test_a_project_tells_its_public_key_from_the_day_it_is_published(world: World) -> None:
    project = await world.project()
    campaign = await world.campaign(project, 1)
    await world.members(1)
    await world.launch(campaign)
    world.advance(days=61)
    async with world.transaction() as conn:
        await upkeep.sweep(conn, world.clock)
        await upkeep.republish(conn, world.clock)
    told = await world.projects_told()
    assert [event.state for event in told] == ["published", "open", "recruited", "recruited"]
    for event in told:
        assert event.credential_key is not None
        assert PublicKey.from_jwk(event.credential_key) == signing_key().public


async def stored(world: World, project_id: UUID) -> SealedKey:
    async with world.database.read_only() as conn:
        return await project_key(conn, project_id)


async def test_a_private_key_opens_with_the_configured_key_and_for_its_project_only(
    world: World,
) -> None:
    project, other = await world.project(), await world.project()
    request = os.urandom(383).rjust(384, b"\0")

    async def read(project_id: UUID) -> SealedKey:
        return await stored(world, project_id)

    async def read_another(_: UUID) -> SealedKey:
        return await stored(world, other)

    signature = signing_key().blind_sign(request)
    assert await Keyring(Encryptor(CREDENTIAL_KEYS)).sign(project, request, read) == signature
    rotated = json.dumps(json.loads(OTHER_KEYS) + json.loads(CREDENTIAL_KEYS))
    assert await Keyring(Encryptor(rotated)).sign(project, request, read) == signature
    with pytest.raises(KeyError):
        await Keyring(Encryptor(OTHER_KEYS)).sign(project, request, read)
    with pytest.raises(InvalidTag):
        await Keyring(Encryptor(CREDENTIAL_KEYS)).sign(project, request, read_another)
    with pytest.raises(NotFound):
        await Keyring(Encryptor(CREDENTIAL_KEYS)).sign(uuid4(), request, read)
    # Nothing in the row gives it away.
    held = await stored(world, project)
    der = signing_key().der()
    assert not any(der[n : n + 16] in held.sealed for n in range(0, len(der) - 16, 16))


async def test_each_project_has_a_key_of_its_own(world: World) -> None:
    keyring = Keyring(Encryptor(CREDENTIAL_KEYS))
    one, another = await asyncio.gather(keyring.new_key(uuid4()), keyring.new_key(uuid4()))
    assert one.public_jwk != another.public_jwk
    assert one.private.sealed != another.private.sealed
    assert set(one.public_jwk) == {"kty", "n", "e"}
