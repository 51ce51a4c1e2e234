"""Worlds of responses: a project before, during and after its collection."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.reading_room import Room, reading_room
from tests.support.responses import World, facing, project
from tests.support.servers import PostgresServer


@pytest.fixture
async def unready(postgres_server: PostgresServer, tmp_path: Path) -> AsyncIterator[World]:
    """The project is published, without a questionnaire."""
    async with facing(postgres_server, tmp_path) as world:
        await world.follow(project(project_id=world.project_id))
        yield world


@pytest.fixture
async def world(unready: World) -> World:
    """The project is open: it takes responses."""
    await unready.make_ready()
    await unready.becomes("open", 2)
    return unready


@pytest.fixture
async def room(postgres_server: PostgresServer, tmp_path: Path) -> AsyncIterator[Room]:
    """The collection has ended, with twelve contributions to read."""
    async with reading_room(postgres_server, tmp_path, 12) as room:
        yield room


@pytest.fixture
async def collecting(postgres_server: PostgresServer, tmp_path: Path) -> AsyncIterator[Room]:
    """Twelve responses are sealed; the project still collects."""
    async with reading_room(postgres_server, tmp_path, 12, ended=False) as room:
        yield room
