"""Results of an ended collection, on screen and as files without formulas."""

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
from tests.support.responses import QUESTIONNAIRE, submission
from tests.support.servers import PostgresServer

_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture
async def ended(postgres_server: PostgresServer, tmp_path: Path) -> AsyncIterator[Room]:
    """Of 62 people 40 found the tone kind, 20 harsh, and two did not say."""
    async with reading_room(postgres_server, tmp_path, 0, ended=False) as room:
        for number in range(62):
            tone = "kind" if number < 40 else "harsh"
            answers: dict[str, Any] = {"change": f"=Avis {number}"}
            if number < 60:
                answers["tone"] = {"chosen": [tone], "other": ""}
            if 40 <= number < 60:
                answers["why_harsh"] = "Sec"
            assert (await room.world.send(submission(answers=answers))).status_code == 201
        await room.end()
        yield room


async def test_results_wait_for_the_end_of_the_collection(collecting: Room) -> None:
    refused = await collecting.request("GET", "results")
    assert refused.status_code == 409
    assert "once the collection has ended" in refused.json()["detail"]


async def test_each_question_is_counted_in_fives(ended: Room) -> None:
    results = ResultsView.model_validate_json((await ended.request("GET", "results")).content)
    assert results.contributions == 62
    (tone,) = results.questions
    counts = {option.id: option.count for option in tone.options}
    assert counts == {"kind": 40, "harsh": 20, "_other": None, "_none": None}
    assert tone.answered == 60


async def test_two_questions_are_crossed_and_texts_are_not(ended: Room) -> None:
    refused = await ended.request("GET", "results/cross", rows="tone", columns="change")
    assert refused.status_code == 422
    assert refused.json()["way_out"] == "Questions that can be crossed: tone."
    unknown = await ended.request("GET", "results/export", format="pdf")
    assert unknown.status_code == 422


async def test_a_spreadsheet_holds_the_counts(ended: Room) -> None:
    response = await ended.request("GET", "results/export", format="xlsx", lang="en")
    with zipfile.ZipFile(io.BytesIO(response.content)) as book:
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    rows = [
        ["".join(cell.itertext()) for cell in row.iter(f"{_SHEET}c")]
        for row in sheet.iter(f"{_SHEET}row")
    ]
    assert rows[0] == ["Question", "Answer", "People (multiple of five)"]
    assert rows[1] == ["The tone?", "Aimable", "40"]
    assert rows[-1] == ["The tone?", "No answer", "fewer than 5"]


async def test_exported_contributions_hold_no_formula_and_nothing_hidden(
    ended: Room,
) -> None:
    (secret, *_) = await ended.contributions()
    await ended.request(
        "POST", f"/api/contributions/{secret.id}/moderation", {"hidden": True, "reason": "r"}
    )
    response = await ended.request("GET", "contributions/export", format="csv", lang="en")
    assert response.headers["content-type"].startswith("text/csv")
    lines = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert len(lines) == 62
    assert sum(line["Text"].startswith("'=Avis") for line in lines) >= 41
    assert not any(line["Text"].startswith("=") for line in lines)
    (hidden,) = [line for line in lines if line["Hidden"] == "1"]
    assert (hidden["Text"], hidden["Answers (JSON)"]) == ("", "{}")
    exported = await ended.request("GET", "contributions/export", format="json")
    assert len(exported.json()) == 62
    assert (await ended.request("GET", "contributions/export", format="xlsx")).content[:2] == b"PK"


async def test_cross_tables_agree_with_their_margins(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    scale = {"id": "clear", "kind": "scale", "text": {"fr": "Clair ?"}, "low": 1, "high": 2}
    questionnaire = QUESTIONNAIRE | {"questions": [*QUESTIONNAIRE["questions"], scale]}
    async with reading_room(postgres_server, tmp_path, 0, questionnaire, ended=False) as room:
        for number in range(100):
            tone = {"chosen": ["kind" if number < 60 else "harsh"], "other": ""}
            answers = {"change": "x", "tone": tone, "clear": 1 + number % 2}
            assert (await room.world.send(submission(answers=answers))).status_code == 201
        await room.end()
        crossed = CrossTable.model_validate_json(
            (await room.request("GET", "results/cross", rows="tone", columns="clear")).content
        )
        assert [option.id for option in crossed.rows.options] == [
            "kind",
            "harsh",
            "_other",
            "_none",
        ]
        assert crossed.counts == [[30, 30, None], [20, 20, None], [None] * 3, [None] * 3]
        exported = await room.request(
            "GET", "results/export", format="csv", rows="tone", columns="clear", lang="fr"
        )
        assert "Aimable,30,30,moins de 5" in exported.content.decode("utf-8-sig")
