"""Files of a local panel contain messages, addresses and links: only their owner reads them."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.local import children
from deploy.local.errors import DataDir, write_privately
from deploy.local.mail_catcher import MailCatcher


@pytest.fixture(autouse=True)
def _a_generous_mask() -> object:
    old_mask = os.umask(0o022)
    yield
    os.umask(old_mask)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("there_already", [False, True])
async def test_the_journal_of_the_mail_catcher_is_its_owners(
    tmp_path: Path, there_already: bool
) -> None:
    journal = tmp_path / "data" / "mail.jsonl"
    if there_already:
        journal.parent.mkdir()
        journal.touch(0o644)
    catcher = MailCatcher(journal, lambda: datetime.now(UTC))
    await catcher.start()
    await catcher.stop()
    assert mode(journal) == 0o600
    assert there_already or mode(journal.parent) == 0o700


async def test_logs_and_files_of_children_are_their_owners(tmp_path: Path) -> None:
    log, private_file, folder = tmp_path / "a.log", tmp_path / "written", tmp_path / "folder"
    log.touch(0o644)
    program = f"import os; open({str(private_file)!r}, 'w'); os.mkdir({str(folder)!r})"
    child = children.spawn([sys.executable, "-c", program], log=log)
    assert await children.ended(child, within=60)
    assert [mode(path) for path in (log, private_file, folder)] == [0o600, 0o600, 0o700]


def test_a_new_data_directory_is_its_owners(tmp_path: Path) -> None:
    directory = DataDir(tmp_path / "panel")
    directory.acquire()
    assert mode(directory.path) == 0o700
    assert mode(directory.path / "lock") == 0o600
    directory.release()


def test_the_demonstrations_file_of_members_is_its_owners(tmp_path: Path) -> None:
    write_privately(tmp_path / "membres.csv", b"nom;courriel\n")
    assert mode(tmp_path / "membres.csv") == 0o600
