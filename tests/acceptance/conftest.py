"""One demonstration for all acceptance tests, as starting real servers takes time."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.command import panel


@pytest.fixture(scope="session")
def demonstrated(servers_directory: Path) -> tuple[Path, dict[str, Any]]:
    """The stopped demonstration's data directory, and its JSON output."""
    data_dir = servers_directory / "demo"
    ended = panel("demo", "--json", data_dir=data_dir)
    assert ended.returncode == 0, ended.stderr
    answer: dict[str, Any] = json.loads(ended.stdout)
    return data_dir, answer
