"""Documents in an S3-compatible store: members see no difference, and a failure loses nothing."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from services.contracts.http.common import Role
from services.contracts.http.responses import DocumentView
from services.responses.settings import ResponsesSettings
from tests.support import object_store
from tests.support.object_store import ObjectStore
from tests.support.responses import NOBODY, World, facing, project, settings
from tests.support.running import signing_in
from tests.support.servers import PostgresServer

LETTER = b"<h1>Trop-per\xc3\xa7u</h1><p>Vous devez 120 euros.</p>"


@pytest.fixture
async def objects(tmp_path: Path) -> AsyncIterator[ObjectStore]:
    async with object_store.running(tmp_path) as store:
        yield store


Staffed = Callable[..., Awaitable[World]]


@pytest.fixture
async def staffed(postgres_server: PostgresServer, tmp_path: Path) -> AsyncIterator[Staffed]:
    """Start a service for staff, each on its own database: `await staffed(**settings)`."""
    async with AsyncExitStack() as stack:
        issuer = await stack.enter_async_context(signing_in())

        async def start(**more: Any) -> World:
            world = await stack.enter_async_context(
                facing(postgres_server, tmp_path, issuer.url, **more)
            )
            await world.follow(project(project_id=world.project_id))
            world.client.headers.update(issuer.headers(Role.CAMPAIGNS))
            return world

        yield start


async def upload(world: World) -> httpx.Response:
    return await world.client.post(
        f"/api/collections/{world.project_id}/documents",
        params={"title": "La lettre"},
        content=LETTER,
        headers={"Content-Type": "text/html"},
    )


async def added(world: World) -> DocumentView:
    response = await upload(world)
    assert response.status_code == 201, response.text
    return DocumentView.model_validate_json(response.content)


async def download(world: World, document: DocumentView) -> httpx.Response:
    return await world.client.get(document.url, headers={"Authorization": ""})


async def test_members_cannot_see_where_a_document_is_stored(
    staffed: Staffed, objects: ObjectStore
) -> None:
    in_database, there = await staffed(), await staffed(**objects.settings())
    kept_here, kept_there = await added(in_database), await added(there)
    assert kept_here.size == kept_there.size
    [file] = objects.objects()
    assert file.name == str(kept_there.id)
    assert await there.fetch("SELECT FROM document WHERE content IS NOT NULL") == []
    for_members = await download(there, kept_there)
    assert b"120 euros" in for_members.content
    assert (
        for_members.content == (await download(in_database, kept_here)).content == file.read_bytes()
    )
    # Streamed by the service itself, under the same policy, at an address that nobody is in.
    assert for_members.headers == (await download(in_database, kept_here)).headers
    assert kept_there.url == f"/answer/{there.project_id}/documents/{kept_there.id}"


@pytest.mark.parametrize("fault", ["absent", "wrong key", "no bucket"])
async def test_when_the_store_fails_an_upload_is_refused_and_leaves_nothing(
    staffed: Staffed, objects: ObjectStore, fault: str
) -> None:
    configured = {
        "absent": objects.settings() | {"document_store_url": f"{NOBODY}/letters"},
        "wrong key": objects.settings(secret="another"),
        "no bucket": objects.settings() | {"document_store_url": f"{objects.url}-of-others"},
    }[fault]
    world = await staffed(**configured)
    refused = await upload(world)
    assert refused.status_code == 503
    assert "document store is not responding" in refused.json()["detail"]
    assert "try again" in refused.json()["way_out"]
    assert await world.count("document") == 0
    assert objects.objects() == []


async def test_a_rolled_back_row_leaves_at_most_an_object_that_is_never_shown(
    staffed: Staffed, objects: ObjectStore
) -> None:
    world = await staffed(**objects.settings())
    world.project_id = project().project_id  # nobody has published it
    assert (await upload(world)).status_code == 404
    assert await world.count("document") == 0
    [file] = objects.objects()
    assert (await world.client.get(f"/answer/x/documents/{file.name}")).status_code in (404, 422)


@pytest.mark.parametrize("fault", ["changed", "gone"])
async def test_other_bytes_than_those_added_are_never_shown(
    staffed: Staffed, objects: ObjectStore, fault: str
) -> None:
    world = await staffed(**objects.settings())
    document = await added(world)
    [file] = objects.objects()
    if fault == "changed":
        file.write_bytes(file.read_bytes().replace(b"120", b"999"))
    else:
        file.unlink()
    refused = await download(world, document)
    assert refused.status_code == 503
    assert b"999" not in refused.content


async def test_documents_added_before_a_store_was_configured_are_still_shown(
    staffed: Staffed, objects: ObjectStore
) -> None:
    world = await staffed(**objects.settings())
    first = await added(world)
    content = objects.objects()[0].read_bytes()
    await world.service.database.pool.execute("UPDATE document SET content = $1", content)
    objects.objects()[0].unlink()
    assert (await download(world, first)).content == content


async def test_a_row_cannot_hold_other_bytes_than_its_digest_says(staffed: Staffed) -> None:
    world = await staffed()
    await added(world)
    pool = world.service.database.pool
    with pytest.raises(asyncpg.CheckViolationError, match="document_bytes_are_its_own"):
        await pool.execute("UPDATE document SET content = content || '!'")
    with pytest.raises(asyncpg.CheckViolationError, match="document_has_digest"):
        await pool.execute("UPDATE document SET content = NULL, digest = ''")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"document_store_url": "https://s3.example/letters"}, "together"),
        ({"document_store_key": "panel"}, "together"),
        ({"document_store_url": "https://s3.example"}, "https://host/bucket"),
        ({"document_store_url": "s3://letters/x"}, "https://host/bucket"),
        ({"mode": "production", "clock_file": None}, "must be https"),
    ],
)
def test_a_store_that_is_half_configured_stops_the_start(
    tmp_path: Path, more: dict[str, Any], message: str
) -> None:
    whole = ObjectStore("http://s3.example/letters", tmp_path).settings()
    changes = more if message == "together" else whole | more
    usual = settings("postgresql://nowhere/x", tmp_path / "clock.json").model_dump()
    with pytest.raises(ValueError, match=message):
        ResponsesSettings.model_validate(usual | changes)
