"""Compatibility of PostgreSQL's tools and servers, checked before anything is changed."""

import pytest

from deploy.backup import postgres_tools
from deploy.backup.postgres_tools import (
    BackupOfNewerServer,
    ToolsTooOld,
    check_backup,
    check_restore,
    number,
    restricts,
)
from services.runtime.refusal import Refusal

BOTH = ("17.12 (Debian 17.12-0+deb13u1)", "18.6")


def with_tools(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    text = f"tool (PostgreSQL) {version}"
    monkeypatch.setattr(postgres_tools, "tool_version", lambda _: text)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("17.12 (Debian 17.12-0+deb13u1)", (17, 12)),
        ("pg_dump (PostgreSQL) 17.5 (Debian 17.5-1)", (17, 5)),
        ("psql (PostgreSQL) 18.6", (18, 6)),
        ("18beta1", (18, 0)),
    ],
)
def test_versions_are_read_as_servers_and_tools_say_them(text: str, means: tuple[int, int]) -> None:
    assert number(text) == means


@pytest.mark.parametrize("tools", BOTH)
@pytest.mark.parametrize("server", BOTH)
def test_a_backup_of_either_supported_server_or_a_refusal(
    monkeypatch: pytest.MonkeyPatch, tools: str, server: str
) -> None:
    with_tools(monkeypatch, tools)
    if number(tools) < number(server):
        with pytest.raises(ToolsTooOld, match=r"tools of PostgreSQL 17\.12.*PostgreSQL 18\.6"):
            check_backup(server)
    else:
        check_backup(server)


@pytest.mark.parametrize(
    ("saved", "dumped_by", "psql", "server", "refusal"),
    [
        ("17.12", "17.12", "17.12", "17.12", None),
        ("17.12", "17.12", "18.6", "18.6", None),
        ("17.12", "18.6", "18.6", "17.12", None),
        ("18.6", "18.6", "18.6", "17.12", BackupOfNewerServer),
        ("17.10", "17.10", "17.5", "17.5", ToolsTooOld),
        ("17.5", "17.5", "17.5", "17.5", None),
        ("17.10", "17.10", "17.6", "17.6", None),
    ],
)
def test_a_restore_that_cannot_work_is_refused(
    monkeypatch: pytest.MonkeyPatch,
    saved: str,
    dumped_by: str,
    psql: str,
    server: str,
    refusal: type[Refusal] | None,
) -> None:
    with_tools(monkeypatch, psql)
    if refusal:
        with pytest.raises(refusal) as refused:
            check_restore(saved, dumped_by, server)
        assert "Nothing was changed." in str(refused.value.way_out_message("en"))
    else:
        check_restore(saved, dumped_by, server)


def test_dumps_begin_with_restrict_since_august_2025() -> None:
    assert [restricts(v) for v in ("17.5", "17.6", "16.9", "16.10", "18.0", "12.22")] == [
        *(False, True, False, True, True, False),
    ]
