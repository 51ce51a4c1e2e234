"""Whatever is stored, pages, the feed, mail and logs hold no control character."""

import unicodedata
from dataclasses import replace
from email import message_from_bytes, policy
from types import SimpleNamespace
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import pytest
import structlog

from services.contracts.events.campaigns import OrderKind
from services.contracts.http.common import Problem
from services.feedback.public_account.views import pages, template_helpers
from services.registry.members.rules import Contact
from services.registry.messages.rules import Report
from services.runtime.csv_tables import csv_lines
from services.runtime.http import pages as members_pages
from services.runtime.text import LANGUAGES, Language
from tests.support.hostile_texts import ALL, HOSTILE, TITLES
from tests.support.registry import NOON, message_content, renderer


def controls(text: str, but: str = "\n\t") -> list[str]:
    return [c for c in text if unicodedata.category(c) in ("Cc", "Cs") and c not in but]


@pytest.mark.parametrize("kind", OrderKind)
def test_no_message_holds_a_control_character(kind: OrderKind) -> None:
    written = message_content(kind)
    about = replace(
        written,
        mandate={
            **dict.fromkeys(written.mandate or {}, ALL),
            "decision_maker": {"name": ALL, "role": ALL},
            "compensation": {"terms": ALL, "reference": ALL},
        },
        to=Contact("zoe@example.test", ALL),
        details={"participation": "joined", ALL: ALL},
        report=Report(1, "http://panel.test/r", ALL),
    )
    message = message_from_bytes(renderer().render(about, NOON).source, policy=policy.default)
    assert controls(message.get_content(), "\r\n\t") == []
    for name, value in message.items():
        assert controls(str(value)) == [], name


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_that_quotes_a_text_holds_no_control_character(language: Language) -> None:
    problem = Problem(title="R", status=409, detail=ALL, way_out=ALL, errors=list(HOSTILE))
    page = bytes(members_pages.problem_page(language, problem).body).decode()
    assert controls(page) == []
    assert "<script>alert" not in page
    assert "Gras" in page


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", [ALL, *HOSTILE])
def test_the_feed_is_well_formed_whatever_is_stored(language: Language, text: str) -> None:
    about = SimpleNamespace(title=text, version=2, project_id=uuid4(), summary=text)
    known: dict[str, Any] = {
        **template_helpers(language, ""),
        "link": lambda path: path,
        "canonical": "https://account.example/feed.atom",
        "public_url": "https://account.example",
        "today": "2027-03-01",
        "entries": [SimpleNamespace(id=uuid4(), day="2027-03-01", report=about, step=None)],
    }
    feed = pages.text("feed.xml", language, **known)
    title = ElementTree.fromstring(feed.encode()).findtext(".//{*}entry/{*}title") or ""
    assert controls(feed) == []
    if text in TITLES:
        assert text in title


def test_a_line_of_the_log_is_one_line_of_ascii() -> None:
    line = structlog.processors.JSONRenderer()(None, "", {"event": ALL})
    assert isinstance(line, str)
    assert line.isascii()
    assert controls(line, "") == []


@pytest.mark.parametrize("text", [ALL, *HOSTILE])
def test_a_table_that_is_shown_in_a_terminal_acts_on_it_in_nothing(text: str) -> None:
    """Exports and open data are read with `cat` and `less` as well as by spreadsheets."""
    assert controls(csv_lines([["texte", text, 5]]), "\r\n\t") == []
