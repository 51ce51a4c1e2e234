"""One anonymous credential per participant, recorded once, however often it is requested."""

import asyncio
import base64
import json
import os
from dataclasses import replace
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from cryptography.exceptions import InvalidTag

from services.campaigns import maintenance
from services.campaigns.credentials import use_cases as credentials
from services.campaigns.credentials.issuer import CredentialIssuer
from services.campaigns.credentials.rules import (
    BlindedRequest,
    CollectionOver,
    IssuedElsewhere,
    OtherProject,
    StillWaiting,
)
from services.campaigns.participations.rules import AlreadyLeft, NotParticipating
from services.campaigns.projects.signing_keys import (
    EncryptedKey,
    decrypt_key,
    generate_key_pair,
)
from services.campaigns.projects.store import find_project_key
from services.campaigns.projects.use_cases import end_due_phases
from services.contracts.events.registry import MemberStatus
from services.runtime.crypto.blind_rsa import PublicKey
from services.runtime.crypto.encryption import Encryptor
from services.runtime.refusal import NotFound, Refusal
from tests.support.campaigns import (
    CREDENTIAL_KEYS,
    World,
    gone,
    joined,
    signing_key,
    until_lock_is_awaited,
)

Row = dict[str, Any]
REQUEST = b"blinded, as far as anybody can tell"
OTHER_KEYS = json.dumps([base64.b64encode(b"o" * 32).decode()])


async def request_credential(
    world: World, row: Row, request: bytes = REQUEST, project_id: UUID | None = None
) -> None:
    (refusal,) = await request_together(world, [(row, request)], project_id or row["project_id"])
    if refusal:
        raise refusal


async def request_together(
    world: World, asking: list[tuple[Row, bytes]], project_id: UUID
) -> list[Refusal | None]:
    async with world.transaction() as conn:
        return await credentials.record_requests(
            conn,
            world.clock,
            project_id,
            [BlindedRequest(row["id"], row["member_id"], request) for row, request in asking],
        )


async def issued(world: World) -> list[Row]:
    return await world.rows("SELECT * FROM credential")


async def test_the_first_request_is_stored_as_a_hash_and_nothing_else(world: World) -> None:
    (row,) = await joined(world)
    events = await world.value("SELECT count(*) FROM outbox")
    await request_credential(world, row)
    await request_credential(world, row)
    assert await issued(world) == [
        {"invitation_id": row["id"], "request_hash": sha256(REQUEST).digest()}
    ]
    # Neither event nor hint: both carry the instant.
    assert await world.value("SELECT count(*) FROM outbox") == events


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
    await request_credential(world, row)
    with pytest.raises(IssuedElsewhere) as refused:
        await request_credential(world, row, b"from another device")
    assert "lien privé" in str(refused.value.way_out_message("fr"))
    assert "private link" in str(refused.value.way_out_message("en"))
    assert len(await issued(world)) == 1


async def test_one_of_many_concurrent_requests_is_stored(world: World) -> None:
    (row,) = await joined(world)
    requests = [f"device {n}".encode() for n in range(10)]
    outcomes = await asyncio.gather(
        *[request_credential(world, row, r) for r in requests], return_exceptions=True
    )
    assert [type(d) for d in outcomes if d] == [IssuedElsewhere] * 9
    (credential,) = await issued(world)
    assert credential["request_hash"] == sha256(requests[outcomes.index(None)]).digest()


async def test_each_request_of_a_batch_has_its_own_result(world: World) -> None:
    first, elsewhere, former = rows = await joined(world, 3)
    await request_credential(world, elsewhere, b"from another device")
    await world.leave(former["id"], former["member_id"])
    stranger = {"id": uuid4(), "member_id": uuid4()}
    asking = [(row, REQUEST) for row in (first, elsewhere, former, stranger, first)]
    asking.append((first, b"from another device"))
    refusals = await request_together(world, asking, rows[0]["project_id"])
    assert [type(refusal) for refusal in refusals] == [
        type(None),
        IssuedElsewhere,
        AlreadyLeft,
        NotFound,
        type(None),
        IssuedElsewhere,
    ]
    assert len(await issued(world)) == 2


async def test_only_participants_are_given_a_credential(world: World) -> None:
    await world.members(4)
    project, _ = await world.launched(4, places=2)
    await world.deliver_all()
    taking_part, leaving, waiting, declining = await world.invitations(project)
    with pytest.raises(NotParticipating):
        await request_credential(world, declining)
    for row in (taking_part, leaving, waiting):
        await world.accept(row["id"], row["member_id"])
    await world.decline(declining["id"], declining["member_id"])
    with pytest.raises(NotParticipating):
        await request_credential(world, declining)
    with pytest.raises(StillWaiting):
        await request_credential(world, waiting)
    with pytest.raises(NotFound):
        await request_credential(world, taking_part | {"member_id": waiting["member_id"]})
    with pytest.raises(NotFound):
        await request_credential(world, taking_part | {"id": uuid4()})
    with pytest.raises(OtherProject):
        await request_credential(world, taking_part, project_id=uuid4())
    await request_credential(world, leaving)
    await world.leave(leaving["id"], leaving["member_id"])
    with pytest.raises(AlreadyLeft):
        await request_credential(world, leaving)
    # The promoted member has the place now, and the right to a credential.
    await request_credential(world, waiting)
    assert len(await issued(world)) == 2


async def test_a_merged_members_link_is_valid_for_the_survivor(world: World) -> None:
    (row,) = await joined(world)
    (survivor,) = await world.members(1)
    await world.apply_members(gone(row["member_id"], MemberStatus.MERGED, into=survivor))
    await request_credential(world, row)
    await request_credential(world, row | {"member_id": survivor})
    assert len(await issued(world)) == 1


async def test_a_credential_is_available_until_collection_ends(world: World) -> None:
    first, late = await joined(world, 2)
    await request_credential(world, first)
    world.advance(days=61)
    # Before and after the job ends recruitment.
    await request_credential(world, late)
    await sweep(world)
    assert (await world.published_projects())[-1].state == "recruited"
    await request_credential(world, first)
    with pytest.raises(IssuedElsewhere):
        await request_credential(world, first, b"from another device")
    assert len(await issued(world)) == 2


async def test_on_the_last_day_of_collection_a_first_credential_is_still_issued(
    world: World,
) -> None:
    (late,) = await joined(world, 1)
    world.advance(days=61)
    await sweep(world)
    world.advance(days=29)
    await request_credential(world, late)
    assert len(await issued(world)) == 1


async def test_the_number_issued_is_public_only_once_no_more_can_be_issued(
    world: World,
) -> None:
    rows = await joined(world, 9)
    for row in rows[:3]:
        await request_credential(world, row)
    world.advance(days=61)
    await sweep(world)
    project = (await world.published_projects())[-1]
    assert (project.state, project.credentials_issued) == ("recruited", None)
    for row in rows[3:8]:
        await request_credential(world, row)
    world.advance(days=30)
    # Even before the job runs.
    for row in (rows[0], rows[8]):
        with pytest.raises(CollectionOver):
            await request_credential(world, row)
    await sweep(world)
    for row in (rows[0], rows[8]):
        with pytest.raises(CollectionOver):
            await request_credential(world, row)
    project = (await world.published_projects())[-1]
    # Nine joined and eight took a credential: nobody sees that one did not.
    assert (project.joined, project.credentials_issued, project.floor_reached) == (5, 5, True)


async def test_no_credential_is_issued_between_the_count_and_its_publication(world: World) -> None:
    """The job holds the project's lock; a concurrent request waits and finds collection over."""
    (row,) = await joined(world)
    world.advance(days=91)
    async with world.transaction() as conn:
        await end_due_phases(conn, world.clock)
        world.advance(days=-1)  # a replica whose clock is a little behind
        asking = asyncio.create_task(request_credential(world, row))
        await until_lock_is_awaited(world)
    with pytest.raises(CollectionOver):
        await asking
    assert await issued(world) == []


@pytest.mark.parametrize(("floor", "reached"), [(5, True), (8, True), (9, False)])
async def test_a_number_published_in_fives_states_exactly_whether_the_floor_is_reached(
    world: World, floor: int, reached: bool
) -> None:
    rows = await joined(world, 8)
    for row in rows:
        await request_credential(world, row)
    await world.database.pool.execute("UPDATE project SET anonymity_floor = $1", floor)
    world.advance(days=91)
    await sweep(world)
    last = (await world.published_projects())[-1]
    assert (last.credentials_issued, last.floor_reached) == (5, reached)


async def test_a_restored_project_publishes_no_number_that_it_cannot_know(world: World) -> None:
    (row,) = await joined(world)
    await request_credential(world, row)
    await world.database.pool.execute("UPDATE project SET issuing_stopped = true")
    world.advance(days=91)
    await sweep(world)
    project = (await world.published_projects())[-1]
    assert (project.state, project.credentials_issued) == ("collected", None)
    assert project.floor_reached is None


async def sweep(world: World) -> None:
    async with world.transaction() as conn:
        await end_due_phases(conn, world.clock)


async def test_without_its_constraint_a_second_credential_passes(world: World) -> None:
    (row,) = await joined(world)
    insert = "INSERT INTO credential (invitation_id, request_hash) VALUES ($1, sha256('x'))"
    await request_credential(world, row)
    with pytest.raises(asyncpg.UniqueViolationError, match="credential_once"):
        await world.database.pool.execute(insert, row["id"])
    await world.database.pool.execute("ALTER TABLE credential DROP CONSTRAINT credential_once")
    await world.database.pool.execute(insert, row["id"])
    assert len(await issued(world)) == 2


async def test_issued_credentials_and_the_published_key_cannot_be_changed(world: World) -> None:
    (row,) = await joined(world)
    await request_credential(world, row)
    for change, rule in (
        ("UPDATE credential SET request_hash = sha256('x')", "credential_is_final"),
        ("UPDATE project SET credential_key = '{}'", "project_credential_key_is_final"),
        ("UPDATE project SET credential_key = NULL", "project_credential_key_is_final"),
    ):
        with pytest.raises(asyncpg.CheckViolationError, match=rule):
            await world.database.pool.execute(change)
    with pytest.raises(asyncpg.UniqueViolationError, match="project_key_once"):
        await world.database.pool.execute("INSERT INTO project_key SELECT * FROM project_key")


async def test_a_project_publishes_its_public_key_from_its_publication_on(world: World) -> None:
    project = await world.project()
    campaign = await world.campaign(project, 1)
    await world.members(1)
    await world.launch(campaign)
    world.advance(days=61)
    async with world.transaction() as conn:
        await end_due_phases(conn, world.clock)
        await maintenance.republish(conn, world.clock)
    events = await world.published_projects()
    assert [event.state for event in events] == ["published", "open", "recruited", "recruited"]
    for event in events:
        assert event.credential_key is not None
        assert PublicKey.from_jwk(event.credential_key) == signing_key().public


async def stored(world: World, project_id: UUID) -> EncryptedKey:
    async with world.database.read_only() as conn:
        return await find_project_key(conn, project_id)


def issuer(world: World, keys: str) -> CredentialIssuer:
    return CredentialIssuer(world.database, world.clock, Encryptor(keys))


async def test_a_private_key_is_decrypted_with_the_configured_key_and_for_its_project_only(
    world: World,
) -> None:
    project, other = await world.project(), await world.project()
    request = os.urandom(383).rjust(384, b"\0")

    key = await stored(world, project)
    signature = signing_key().blind_sign(request)
    decrypted = await decrypt_key(Encryptor(CREDENTIAL_KEYS), key)
    assert decrypted.blind_sign(request) == signature
    rotated = json.dumps(json.loads(OTHER_KEYS) + json.loads(CREDENTIAL_KEYS))
    assert (await decrypt_key(Encryptor(rotated), key)).blind_sign(request) == signature
    moved = replace(await stored(world, other), project_id=project)
    with pytest.raises(InvalidTag):
        await decrypt_key(Encryptor(CREDENTIAL_KEYS), moved)
    blinded = BlindedRequest(uuid4(), uuid4(), request)
    with pytest.raises(KeyError):
        await issuer(world, OTHER_KEYS).issue(project, blinded)
    with pytest.raises(NotFound):
        await issuer(world, CREDENTIAL_KEYS).issue(uuid4(), blinded)
    # Nothing in the row reveals the key.
    der = signing_key().der()
    assert not any(der[n : n + 16] in key.sealed for n in range(0, len(der) - 16, 16))


async def test_each_project_has_a_key_of_its_own(world: World) -> None:
    encryptor = Encryptor(CREDENTIAL_KEYS)
    first, second = await asyncio.gather(
        generate_key_pair(encryptor, uuid4()), generate_key_pair(encryptor, uuid4())
    )
    assert first.public_jwk != second.public_jwk
    assert first.private.sealed != second.private.sealed
    assert set(first.public_jwk) == {"kty", "n", "e"}
