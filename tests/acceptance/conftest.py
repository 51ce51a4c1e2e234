"""One demonstration for all of them: starting real servers is what costs the time."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.command import panel


@pytest.fixture(scope="session")
def demonstrated(servers_directory: Path) -> tuple[Path, dict[str, Any]]:
    """Its data directory, stopped, and what it said."""
    data_dir = servers_directory / "demo"
    ended = panel("demo", "--json", data_dir=data_dir)
    assert ended.returncode == 0, ended.stderr
    answer: dict[str, Any] = json.loads(ended.stdout)
    return data_dir, answer
