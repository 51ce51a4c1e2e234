"""Real terminals: a French keyboard, no UTF-8, and texts that would act on them."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.console.recorded.panel import Panel
from tests.console.recorded.services import stack
from tests.console.terminal import Terminal, terminal
from tests.support.hostile_texts import ALL, hostile

# Escape sequences of Textual: CSI with its parameters, and the pointer's shape.
_ORDERS = re.compile(rb"\x1b(\[[0-9;?<>=$]*[ -/]*[@-~]|\]22;[a-z-]*\x07)")
FRENCH = "à l'école @#[]{}\\ œ ê"


@asynccontextmanager
async def console(
    folder: Path, panel: Panel, encoding: str = "utf-8", **environment: str
) -> AsyncIterator[Terminal]:
    async with stack(panel) as at:
        services = {
            name: {"url": at.of(name)}
            for name in ("campaigns", "registry", "responses", "feedback")
        }
        file = folder / "stack.json"
        file.write_text(json.dumps({"services": services, "issuer": {"url": at.issuer}}))
        arguments = ("console", "--stack", str(file), "--lang", "fr", "--as", "claire")
        environment["XDG_STATE_HOME"] = str(folder)
        async with terminal(*arguments, encoding=encoding, **environment) as running:
            yield running


async def to_projects(at: Terminal) -> None:
    await at.until(lambda: "2 Projets" in at.text)
    at.type(b"2")
    await at.until(lambda: "Suite" in at.text and "retour" in at.text)


async def to_search(at: Terminal) -> None:
    """In the field that filters projects."""
    await to_projects(at)
    at.type(b"/")
    await at.until(lambda: "chercher dans les titres" in at.text)


async def test_what_a_french_keyboard_types_is_typed(tmp_path: Path) -> None:
    """AltGr is reported as a character, since the console does not ask for keys."""
    async with console(tmp_path, Panel()) as at:
        await to_search(at)
        at.type(FRENCH.encode())
        await at.until(lambda: FRENCH in at.text)
        requests = re.findall(rb"\x1b\[>\d+u", at.sent)
        assert requests == [], "the terminal was asked to report keys"


async def test_no_byte_from_a_text_acts_on_the_terminal(tmp_path: Path) -> None:
    async with console(tmp_path, Panel(hostile=hostile)) as at:
        await at.until(lambda: "␛]52" in at.text)
        await to_projects(at)
        await at.until(lambda: "␛]52" in at.text)
        at.type(b"q")
        assert await at.ended() == 0
        for order in re.findall("\x1b.{8}", ALL):
            assert order.encode() not in at.sent
        rest = _ORDERS.sub(b"", at.sent).decode()
        assert not re.findall("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", rest)


@pytest.mark.parametrize(
    ("encoding", "written"),
    [("ascii", "Relance d'impot"), ("latin-1", "Relance d'impôt")],
)
async def test_a_terminal_without_utf_8_shows_readable_words(
    tmp_path: Path, encoding: str, written: str
) -> None:
    async with console(tmp_path, Panel(), encoding, PYTHONIOENCODING=encoding) as at:
        await to_search(at)
        assert written in at.text
        assert at.text.count("?") < 10
        at.type(b"\xe9\xff")
        await at.until(lambda: "Aucun projet ne correspond" in at.text)
        at.type(b"\x1b")
        await at.until(lambda: written in at.text)
        at.type(b"q")
        assert await at.ended() == 0
        assert "Traceback" not in at.text
        at.sent.decode(encoding)
