"""Backups: unreadable without their key, and restored whole or not at all."""

import asyncio
import hashlib
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy import backup
from deploy.backup import BackupSettings, Manifest, Saved, postgres_tools, restoring
from deploy.backup.manifest import MANIFEST
from panel.main import main
from services.runtime.postgres.database import Database
from tests.support import databases
from tests.support.servers import PostgresServer

pytestmark = [pytest.mark.servers, pytest.mark.timeout(120)]
NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
SECRET = "Madame Unetelle, 12 rue des Lilas"


@dataclass
class Kept:
    """A database of feedback with one secret row, and its backups."""

    dsn: str
    database: Database
    folder: Path
    identity: str
    recipient: str

    async def marker(self) -> str:
        text = await self.database.pool.fetchval("SELECT error FROM dead_letter")
        return str(text)

    async def write(self, text: str) -> None:
        await self.database.pool.execute("UPDATE dead_letter SET error = $1", text)

    async def save(self, at: datetime = NOW, dsn: str | None = None) -> Path:
        dsns = {"feedback": dsn or self.dsn}
        return await asyncio.to_thread(backup.save, dsns, self.folder, self.recipient, at)

    async def put_back(
        self, saved: Path, identity: str | None = None, instant: datetime = NOW
    ) -> None:
        await self.database.stop()
        try:
            await self.put_back_at_once(saved, identity, instant)
        finally:
            await self.database.start()

    async def put_back_at_once(
        self, saved: Path, identity: str | None = None, instant: datetime = NOW
    ) -> None:
        key = identity or self.identity
        restored = backup.restore(saved, {"feedback": self.dsn}, key, instant)
        await asyncio.to_thread(list, restored)


@pytest.fixture
async def backed_up(postgres_server: PostgresServer, tmp_path: Path) -> AsyncIterator[Kept]:
    async with databases.clone(postgres_server, "feedback") as (dsn, database):
        await database.pool.execute(
            'INSERT INTO dead_letter (topic, partition, "offset", headers, error, stored_at)'
            " VALUES ('t', 0, 0, '{}', $1, $2)",
            SECRET,
            NOW,
        )
        yield Kept(dsn, database, tmp_path / "backups", *backup.new_identity())


async def test_a_backup_is_the_owners_and_shows_nothing(backed_up: Kept) -> None:
    saved = await backed_up.save()
    (file,) = saved.glob("*.age")
    for path in (saved, *saved.iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    assert file.read_bytes().startswith(b"age-encryption.org/v1")
    for text in (SECRET.encode(), b"CREATE TABLE", b"\x1f\x8b\x08"):
        assert text not in file.read_bytes()
    assert SECRET not in (saved / MANIFEST).read_text()


async def test_a_database_is_as_it_was_and_its_service_is_told_to_catch_up(backed_up: Kept) -> None:
    saved = await backed_up.save()
    assert await backed_up.database.pool.fetchval("SELECT saved_at FROM backup_made") == NOW
    await backed_up.write("later")
    await backed_up.put_back(saved)
    assert await backed_up.marker() == SECRET
    assert await backed_up.database.pool.fetchval("SELECT recovering()")
    assert await backed_up.database.pool.fetchval("SELECT saved_at FROM recovery") == NOW


async def test_nothing_is_put_back_while_its_service_runs(backed_up: Kept) -> None:
    saved = await backed_up.save()
    await backed_up.write("later")
    with pytest.raises(restoring.StillServing) as refused:
        await backed_up.put_back_at_once(saved)
    assert "test-feedback" in refused.value.message("en")
    assert await backed_up.marker() == "later"


async def test_another_key_opens_nothing_and_changes_nothing(backed_up: Kept) -> None:
    saved = await backed_up.save()
    await backed_up.write("later")
    for other in (backup.new_identity()[0], "not a key", "# only a comment"):
        with pytest.raises(backup.WrongKey):
            await backed_up.put_back(saved, other)
    assert await backed_up.marker() == "later"
    commented = (
        f"# created: 2026-03-02\n# public key: {backed_up.recipient}\n{backed_up.identity}\n"
    )
    assert backup.recipient_of(commented) == backed_up.recipient
    await backed_up.put_back(saved, commented)
    assert await backed_up.marker() == SECRET


@pytest.mark.parametrize("in_manifest", [False, True])
async def test_a_damaged_backup_changes_nothing(backed_up: Kept, in_manifest: bool) -> None:
    """A truncated dump is never committed, even with a manifest that matches it."""
    saved = await backed_up.save()
    await backed_up.write("later")
    (file,) = saved.glob("*.age")
    file.write_bytes(file.read_bytes()[:-20])
    if in_manifest:
        manifest = backup.read_manifest(saved)
        dump = manifest.databases["feedback"]
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        lying = manifest.model_copy(
            update={"databases": {"feedback": dump.model_copy(update={"sha256": digest})}}
        )
        (saved / MANIFEST).write_text(lying.model_dump_json())
    with pytest.raises((restoring.BackupDamaged, backup.WrongKey, EOFError)):
        await backed_up.put_back(saved)
    assert await backed_up.marker() == "later"
    assert not await backed_up.database.pool.fetchval("SELECT recovering()")


async def test_too_old_a_backup_is_refused(backed_up: Kept) -> None:
    saved = await backed_up.save()
    await backed_up.put_back(saved, instant=NOW + backup.LONGEST_KEPT)
    with pytest.raises(restoring.BackupTooOld, match="36"):
        await backed_up.put_back(saved, instant=NOW + backup.LONGEST_KEPT + timedelta(days=1))


async def test_a_backup_of_a_newer_version_is_refused(backed_up: Kept) -> None:
    await backed_up.database.pool.execute(
        "INSERT INTO schema_migration SELECT origin, '9999_to_come.sql', checksum, applied_at"
        " FROM schema_migration LIMIT 1"
    )
    saved = await backed_up.save()
    with pytest.raises(restoring.BackupOfNewerVersion, match="9999_to_come"):
        await backed_up.put_back(saved)


async def test_a_backup_that_fails_leaves_nothing_that_looks_like_one(backed_up: Kept) -> None:
    with pytest.raises(postgres_tools.DatabaseFailed, match="nowhere"):
        await backed_up.save(dsn=backed_up.dsn.rsplit("/", 1)[0] + "/nowhere")
    assert list(backed_up.folder.glob("*")) == []
    with pytest.raises(backup.NoBackup):
        backup.read_manifest(backed_up.folder)


async def test_backups_are_forgotten_as_the_erased_are(backed_up: Kept) -> None:
    """After 35 days at the latest, so that an erased member is in none any more."""
    old, new = await backed_up.save(NOW), await backed_up.save(NOW + timedelta(days=20))
    assert backup.forget(backed_up.folder, NOW + timedelta(days=35)) == []
    assert backup.forget(backed_up.folder, NOW + timedelta(days=35, seconds=1)) == [old]
    assert list(backed_up.folder.iterdir()) == [new]
    with pytest.raises(backup.KeptTooLong):
        backup.forget(backed_up.folder, NOW, timedelta(days=36))


def test_settings_that_are_missing_are_named_and_none_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PANEL_BACKUP_REGISTRY_DSN", "postgresql://a:hidden@b/c")
    monkeypatch.setattr("sys.argv", ["panel", "backup", "--to", str(tmp_path), "--lang", "en"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    captured = capsys.readouterr()
    output = " ".join((captured.out + captured.err).split())
    assert "PANEL_BACKUP_FEEDBACK_DSN" in output
    assert "PANEL_BACKUP_RECIPIENT" in output
    assert "PANEL_BACKUP_REGISTRY_DSN" not in output
    assert "hidden" not in output


def test_who_can_only_make_backups_is_told_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in BackupSettings.model_fields:
        if name.endswith("_dsn"):
            monkeypatch.setenv(f"PANEL_BACKUP_{name.upper()}", "postgresql://a:hidden@b/c")
    monkeypatch.setenv("PANEL_BACKUP_RECIPIENT", backup.new_identity()[1])
    dump = Saved(
        file="feedback.sql.gz.age",
        bytes=0,
        sha256="",
        server="18.6",
        tools="pg_dump (PostgreSQL) 18.6",
        migrations=(),
    )
    manifest = Manifest(saved_at=NOW, databases={"feedback": dump})
    (tmp_path / MANIFEST).write_text(manifest.model_dump_json())
    monkeypatch.setattr("sys.argv", ["panel", "restore", str(tmp_path), "--all", "--lang", "en"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "PANEL_BACKUP_IDENTITY_FILE" in capsys.readouterr().err


async def test_what_a_killed_backup_left_is_forgotten_too(backed_up: Kept) -> None:
    """After kill -9, a complete dump would remain for ever."""
    saved = await backed_up.save(NOW)
    (saved / MANIFEST).unlink()
    unfinished = saved.rename(saved.with_name(saved.name + ".unfinished"))
    backup.forget(backed_up.folder, NOW + timedelta(days=400))
    assert not unfinished.exists()


async def test_one_manifest_that_is_cut_short_keeps_no_other_backup_for_ever(
    backed_up: Kept,
) -> None:
    """A power cut can truncate a manifest."""
    cut = await backed_up.save(NOW)
    (cut / MANIFEST).write_text("")
    old = await backed_up.save(NOW + timedelta(days=1))
    backup.forget(backed_up.folder, NOW + timedelta(days=400))
    assert not old.exists()
    assert not cut.exists()


async def test_restoring_all_changes_nothing_when_one_service_still_runs(
    backed_up: Kept, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with databases.clone(postgres_server, "registry") as (registry, _):
        dsns = {"feedback": backed_up.dsn, "registry": registry}
        saved = await asyncio.to_thread(
            backup.save, dsns, backed_up.folder, backed_up.recipient, NOW
        )
        await backed_up.write("later")
        await backed_up.database.stop()  # feedback is stopped, registry is not
        for name in ("registry", "campaigns", "responses", "feedback"):
            dsn = dsns.get(name, backed_up.dsn)
            monkeypatch.setenv(f"PANEL_BACKUP_{name.upper()}_DSN", dsn)
        monkeypatch.setenv("PANEL_BACKUP_RECIPIENT", backed_up.recipient)
        monkeypatch.setenv("PANEL_BACKUP_IDENTITY", backed_up.identity)
        # As of today, or it is too old.
        monkeypatch.setattr("deploy.cli.backup._wall_clock", lambda: NOW)
        monkeypatch.setattr("sys.argv", ["panel", "restore", str(saved), "--all", "--lang", "en"])
        with pytest.raises(SystemExit):
            await asyncio.to_thread(main)
        await backed_up.database.start()
    assert await backed_up.marker() == "later"


async def test_tools_of_another_version_refuse_before_anything_is_changed(
    backed_up: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All databases are checked before the first is restored."""
    saved = await backed_up.save()
    manifest = backup.read_manifest(saved)
    assert manifest.databases["feedback"].tools.startswith("pg_dump (PostgreSQL) ")
    newer = manifest.databases["feedback"].model_copy(update={"server": "99.1"})
    changed = manifest.model_copy(update={"databases": {"feedback": newer}})
    (saved / MANIFEST).write_text(changed.model_dump_json())
    await backed_up.write("since")
    with pytest.raises(postgres_tools.BackupOfNewerServer):
        await backed_up.put_back(saved)
    assert await backed_up.marker() == "since"

    monkeypatch.setattr(postgres_tools, "tool_version", lambda _: "pg_dump (PostgreSQL) 16.1")
    folders = list(backed_up.folder.iterdir())
    with pytest.raises(postgres_tools.ToolsTooOld):
        await backed_up.save(NOW + timedelta(days=1))
    assert list(backed_up.folder.iterdir()) == folders
