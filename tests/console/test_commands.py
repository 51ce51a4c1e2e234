"""Output of the commands: texts as written and never obeyed, on any terminal.

They run against the recorded services, whose every text is made hostile.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from console.client.sign_in import DeviceCode, Issuer, SignedIn
from console.commands import program
from console.commands.__main__ import COMMANDS as COMMANDS_ALONE
from console.commands.deployment import DeployedPanel
from deploy.local.endpoints import (
    Endpoints,
    IssuerEndpoint,
    KafkaEndpoint,
    PostgresEndpoint,
    ServiceEndpoint,
    SmtpEndpoint,
)
from panel import main
from services.contracts.http.common import Problem
from tests.console.recorded.panel import CARD, HOUSING, TAX, Panel, project
from tests.console.recorded.services import stack
from tests.support.hostile_texts import SIGNS, TITLES, acting, hostile, hostile_title

# Escape sequences of rich: styles.
_STYLES = re.compile(r"\x1b\[[0-9;]*m")
COMMANDS = (
    ("projects", "list"),
    ("projects", "publish", str(TAX.id)),
    ("questionnaires", "show", str(HOUSING.id)),
    ("documents", "list", str(HOUSING.id)),
    ("readings", "next", str(HOUSING.id)),
    ("readings", "find", str(HOUSING.id), "date"),
    ("attention", str(HOUSING.id)),
    ("proposals", "list", str(HOUSING.id)),
    ("decisions", "list"),
    ("decisions", "list", str(CARD.id)),
    ("reports", "preview", str(CARD.id)),
)


@asynccontextmanager
async def running(folder: Path, panel: Panel) -> AsyncIterator[Path]:
    """The folder of a local stack whose services are recorded."""
    async with stack(panel) as at:
        names = ("registry", "campaigns", "responses", "feedback")
        Endpoints(
            runner_pid=os.getpid(),
            data_dir=folder,
            services={name: ServiceEndpoint(url=at.of(name), pid=1) for name in names},
            kafka=KafkaEndpoint(bootstrap="127.0.0.1:9", pid=1),
            postgres=PostgresEndpoint(pid=1, dsns={}),
            smtp=SmtpEndpoint(host="127.0.0.1", port=9),
            issuer=IssuerEndpoint(url=at.issuer),
            mail_journal=folder / "mail.jsonl",
            clock_file=folder / "clock.json",
            logs=folder,
        ).write()
        yield folder


async def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = await asyncio.to_thread(main.run, arguments)
    out, err = capsys.readouterr()
    return status, out, err


def harmless(text: str) -> bool:
    return not acting(_STYLES.sub("", text)) and "\t" not in text


async def test_no_command_lets_a_text_act_on_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "250")
    async with running(tmp_path, Panel(hostile=hostile)) as folder:
        for command in COMMANDS:
            where = ("--data-dir", str(folder))
            status, out, err = await run(capsys, *command, *where)
            assert status == 0, (command, err)
            assert harmless(out), command
            assert harmless(err), command
            signs = "".join(_STYLES.sub("", out).split())
            assert command[0] == "attention" or SIGNS[:8] in signs, (command, out)
            status, out, _ = await run(capsys, *command, *where, "--json")
            assert harmless(out), command
            if command[1] != "next":
                assert status == 0, command
                json.loads(out)


async def test_a_refusal_that_quotes_a_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    panel = Panel(hostile=hostile)
    panel.refusal = Problem(title="R", status=409, detail="No.", way_out="Ask.", errors=["first"])
    async with running(tmp_path, panel) as folder:
        status, _, err = await run(
            capsys, "projects", "publish", str(TAX.id), "--data-dir", str(folder)
        )
    assert status == program.REFUSED
    assert err.startswith(f"{SIGNS}No.")
    assert harmless(err)


async def test_one_title_with_brackets_hides_no_project(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    panel = Panel()
    panel.projects = [project(title, "draft") for title in TITLES]
    async with running(tmp_path, panel) as folder:
        status, out, _ = await run(capsys, "projects", "list", "--data-dir", str(folder))
        assert status == 0
        for title in TITLES:
            assert title in out
        for listed in panel.projects:
            command = ("projects", "publish", str(listed.id), "--data-dir", str(folder))
            status, out, _ = await run(capsys, *command)
            assert status == 0
            assert listed.title in " ".join(out.split())


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
async def test_a_terminal_without_utf_8_shows_readable_words(tmp_path: Path, encoding: str) -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHONIOENCODING": encoding, "LANG": "C"}
    panel = Panel(hostile=hostile_title)

    async def panel_command(*arguments: str) -> tuple[int, str, str]:
        completed = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "panel", *arguments],
            env=environment,
            capture_output=True,
            cwd=Path(__file__).parents[2],
        )
        return (
            completed.returncode,
            completed.stdout.decode(encoding),
            completed.stderr.decode(encoding),
        )

    async with running(tmp_path, panel) as folder:
        where = ("--data-dir", str(folder), "--lang", "fr")
        status, out, err = await panel_command("--help")
        assert (status, err) == (0, "")
        assert ("démarrer" if encoding == "latin-1" else "demarrer") in out.lower()
        status, out, err = await panel_command("projects", "list", *where)
        assert (status, err) == (0, "")
        assert harmless(out)
        status, out, err = await panel_command("decisions", "list", *where, "--json")
        assert (status, err) == (0, "")
        assert any("l'école" in listed["title"] for listed in json.loads(out))
        status, out, err = await panel_command("projects", "list", "--data-dir", "/nowhere/é")
        assert (status, out) == (program.REFUSED, "")
        assert "Aucun panel ne tourne dans /nowhere/" in err


async def test_on_a_deployment_the_person_signs_in_by_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_for_approval = Issuer.wait

    async def approve_first(issuer: Issuer, code: DeviceCode, first_wait: bool = True) -> SignedIn:
        await issuer.approve(code, "claire")
        return await wait_for_approval(issuer, code, first_wait=False)

    monkeypatch.setattr(Issuer, "wait", approve_first)
    async with running(tmp_path, Panel()) as folder:
        arguments = ("projects", "list", "--lang", "en", "--json", "--data-dir", str(folder))
        status = await asyncio.to_thread(program.run, arguments, COMMANDS_ALONE, DeployedPanel)
    out, err = capsys.readouterr()
    assert status == 0, err
    assert TAX.title in [listed["title"] for listed in json.loads(out)]
    assert re.match(r"Open http://\S+ and enter the code [A-Z-]+$", err.strip())


async def test_on_a_deployment_nobody_acts_as_somebody_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running(tmp_path, Panel(real_issuer=True)) as folder:
        arguments = ("whoami", "--as", "claire", "--lang", "en", "--data-dir", str(folder))
        status = await asyncio.to_thread(program.run, arguments, COMMANDS_ALONE, DeployedPanel)
    assert status == program.REFUSED
    assert capsys.readouterr().err.startswith("--as is for a local panel only")


def test_without_addresses_a_command_says_which_file_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("projects", "list", "--lang", "en", "--data-dir", str(tmp_path))
    assert program.run(arguments, COMMANDS_ALONE, DeployedPanel) == program.REFUSED
    assert f"{tmp_path}/stack.json" in capsys.readouterr().err
