"""Documents in an S3-compatible store: the same for members, nothing lost when it fails."""

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
    """`await staffed(**more)` is a service that staff may use, on a database of its own."""
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
    answer = await upload(world)
    assert answer.status_code == 201, answer.text
    return DocumentView.model_validate_json(answer.content)


async def shown(world: World, document: DocumentView) -> httpx.Response:
    return await world.client.get(document.url, headers={"Authorization": ""})


async def test_members_cannot_tell_where_a_document_is_kept(
    staffed: Staffed, objects: ObjectStore
) -> None:
    here, there = await staffed(), await staffed(**objects.settings())
    kept_here, kept_there = await added(here), await added(there)
    assert kept_here.size == kept_there.size
    [file] = objects.objects()
    assert file.name == str(kept_there.id)
    assert await there.fetch("SELECT FROM document WHERE content IS NOT NULL") == []
    for_members = await shown(there, kept_there)
    assert b"120 euros" in for_members.content
    assert for_members.content == (await shown(here, kept_here)).content == file.read_bytes()
    # Streamed by the service itself, under the same policy, at an address that nobody is in.
    assert for_members.headers == (await shown(here, kept_here)).headers
    assert kept_there.url == f"/answer/{there.project_id}/documents/{kept_there.id}"


@pytest.mark.parametrize("fault", ["absent", "wrong key", "no bucket"])
async def test_when_the_store_fails_an_upload_is_refused_in_words_and_leaves_nothing(
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
    assert "documents are kept" in refused.json()["detail"]
    assert "try again" in refused.json()["way_out"]
    assert await world.count("document") == 0
    assert objects.objects() == []


async def test_a_row_that_is_not_written_leaves_at_most_an_object_nobody_is_shown(
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
    refused = await shown(world, document)
    assert refused.status_code == 503
    assert b"999" not in refused.content


async def test_what_was_added_before_a_store_was_configured_is_still_shown(
    staffed: Staffed, objects: ObjectStore
) -> None:
    world = await staffed(**objects.settings())
    first = await added(world)
    content = objects.objects()[0].read_bytes()
    await world.service.database.pool.execute("UPDATE document SET content = $1", content)
    objects.objects()[0].unlink()
    assert (await shown(world, first)).content == content


async def test_a_row_cannot_hold_other_bytes_than_its_digest_says(staffed: Staffed) -> None:
    world = await staffed()
    await added(world)
    pool = world.service.database.pool
    with pytest.raises(asyncpg.CheckViolationError, match="document_bytes_are_its_own"):
        await pool.execute("UPDATE document SET content = content || '!'")
    with pytest.raises(asyncpg.CheckViolationError, match="document_has_digest"):
        await pool.execute("UPDATE document SET content = NULL, digest = ''")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"document_store_url": "https://s3.example/letters"}, "together"),
        ({"document_store_key": "panel"}, "together"),
        ({"document_store_url": "https://s3.example"}, "https://host/bucket"),
        ({"document_store_url": "s3://letters/x"}, "https://host/bucket"),
        ({"mode": "production", "clock_file": None}, "must be https"),
    ],
)
def test_a_store_that_is_half_configured_stops_the_start(
    tmp_path: Path, more: dict[str, Any], says: str
) -> None:
    whole = ObjectStore("http://s3.example/letters", tmp_path).settings()
    given = more if says == "together" else whole | more
    usual = settings("postgresql://nowhere/x", tmp_path / "clock.json").model_dump()
    with pytest.raises(ValueError, match=says):
        ResponsesSettings.model_validate(usual | given)
