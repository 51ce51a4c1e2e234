"""Results are counted once the collection has ended, and leave as files that hold no formula."""

import csv
import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from defusedxml import ElementTree

from services.contracts.http.results import CrossTable, ResultsView
from tests.support.reading_room import Room, reading_room
from tests.support.responses import QUESTIONNAIRE, answer
from tests.support.servers import PostgresServer

_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture
async def ended(postgres_server: PostgresServer, tmp_path: Path) -> AsyncIterator[Room]:
    """Of 62 people 40 found the tone kind, 20 harsh, and two did not say."""
    async with reading_room(postgres_server, tmp_path, 0, ended=False) as room:
        for number in range(62):
            tone = "kind" if number < 40 else "harsh"
            said: dict[str, Any] = {"change": f"=Avis {number}"}
            if number < 60:
                said["tone"] = {"chosen": [tone], "other": ""}
            if 40 <= number < 60:
                said["why_harsh"] = "Sec"
            assert (await room.world.send(answer(answers=said))).status_code == 201
        await room.end()
        yield room


async def test_results_wait_for_the_end_of_the_collection(collecting: Room) -> None:
    refused = await collecting.ask("GET", "results")
    assert refused.status_code == 409
    assert "once the collection has ended" in refused.json()["detail"]


async def test_each_question_is_counted_in_fives(ended: Room) -> None:
    found = ResultsView.model_validate_json((await ended.ask("GET", "results")).content)
    assert found.contributions == 62
    (tone,) = found.questions
    counts = {option.id: option.count for option in tone.options}
    assert counts == {"kind": 40, "harsh": 20, "_other": None, "_none": None}
    assert tone.answered == 60


async def test_two_questions_are_crossed_and_texts_are_not(ended: Room) -> None:
    refused = await ended.ask("GET", "results/cross", rows="tone", columns="change")
    assert refused.status_code == 422
    assert refused.json()["way_out"] == "Questions that can be crossed: tone."
    unknown = await ended.ask("GET", "results/export", format="pdf")
    assert unknown.status_code == 422


async def test_a_spreadsheet_reads_what_was_counted(ended: Room) -> None:
    answer = await ended.ask("GET", "results/export", format="xlsx", lang="en")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    rows = [
        ["".join(cell.itertext()) for cell in row.iter(f"{_SHEET}c")]
        for row in sheet.iter(f"{_SHEET}row")
    ]
    assert rows[0] == ["Question", "Answer", "People (multiple of five)"]
    assert rows[1] == ["The tone?", "Aimable", "40"]
    assert rows[-1] == ["The tone?", "No answer", "fewer than 5"]


async def test_what_was_written_leaves_without_formulas_and_without_what_is_hidden(
    ended: Room,
) -> None:
    (secret, *_) = await ended.contributions()
    await ended.ask(
        "POST", f"/api/contributions/{secret.id}/moderation", {"hidden": True, "reason": "r"}
    )
    answer = await ended.ask("GET", "contributions/export", format="csv", lang="en")
    assert answer.headers["content-type"].startswith("text/csv")
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(lines) == 62
    assert sum(line["Text"].startswith("'=Avis") for line in lines) >= 41
    assert not any(line["Text"].startswith("=") for line in lines)
    (hidden,) = [line for line in lines if line["Hidden"] == "1"]
    assert (hidden["Text"], hidden["Answers (JSON)"]) == ("", "{}")
    told = await ended.ask("GET", "contributions/export", format="json")
    assert len(told.json()) == 62
    assert (await ended.ask("GET", "contributions/export", format="xlsx")).content[:2] == b"PK"


async def test_cross_tables_agree_with_their_margins(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    scale = {"id": "clear", "kind": "scale", "text": {"fr": "Clair ?"}, "low": 1, "high": 2}
    questionnaire = QUESTIONNAIRE | {"questions": [*QUESTIONNAIRE["questions"], scale]}
    async with reading_room(postgres_server, tmp_path, 0, questionnaire, ended=False) as room:
        for number in range(100):
            tone = {"chosen": ["kind" if number < 60 else "harsh"], "other": ""}
            said = {"change": "x", "tone": tone, "clear": 1 + number % 2}
            assert (await room.world.send(answer(answers=said))).status_code == 201
        await room.end()
        found = CrossTable.model_validate_json(
            (await room.ask("GET", "results/cross", rows="tone", columns="clear")).content
        )
        assert [option.id for option in found.rows.options] == ["kind", "harsh", "_other", "_none"]
        assert found.counts == [[30, 30, None], [20, 20, None], [None] * 3, [None] * 3]
        exported = await room.ask(
            "GET", "results/export", format="csv", rows="tone", columns="clear", lang="fr"
        )
        assert "Aimable,30,30,moins de 5" in exported.content.decode("utf-8-sig")
