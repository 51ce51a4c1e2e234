"""Open data says what the pages say, in a form that programs can check."""

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import jsonschema
import pytest

from services.contracts.http.open_data import (
    OpenData,
    OpenDecision,
    OpenFigure,
    OpenProject,
    OpenReport,
    OpenStep,
)
from services.feedback.public_account import store
from services.runtime.csv_tables import escape_formulas
from services.runtime.postgres.database import Connection
from tests.support.feedback import NOT_RETAINED, RETAINED, World, project_state
from tests.support.spreadsheets import formulas

pytestmark = pytest.mark.servers
SHAPES = {row.name: row for row in (OpenProject, OpenReport, OpenDecision, OpenStep, OpenFigure)}


async def get(world: World, path: str) -> httpx.Response:
    found = await world.client.get(path)
    assert found.status_code == 200, found.text
    return found


async def rows(world: World, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await get(world, f"/open-data/{name}.json")).json()["rows"]
    return found


async def table(world: World, name: str) -> list[dict[str, str]]:
    text = (await get(world, f"/open-data/{name}.csv")).content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


async def told(world: World) -> None:
    kept, other = await world.reported("Un résumé", "Un numéro")
    await world.receive(project_state(uuid4(), "open"), project_state(uuid4(), "draft"))
    await world.follow(kept.proposal_id, "planned", note="Chez l'imprimeur")
    await world.decide(other.proposal_id, version=3, **RETAINED)
    assert (await world.publish()).is_success


@pytest.mark.parametrize("name", SHAPES)
async def test_every_file_follows_its_schema_and_both_forms_say_the_same(
    world: World, name: str
) -> None:
    schema = (await get(world, f"/open-data/schema/{name}.json")).json()
    jsonschema.Draft202012Validator.check_schema(schema)
    for filled in (False, True):
        if filled:
            await told(world)
        file = (await get(world, f"/open-data/{name}.json")).json()
        jsonschema.validate(
            file, schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
        )
        assert file["licence"]["spdx"] == "etalab-2.0"
        assert file["described_by"] == f"https://account.example/open-data/schema/{name}.json"
        shape = SHAPES[name]
        assert all(set(row) == set(shape.model_fields) for row in file["rows"])
        read = await table(world, name)
        assert len(read) == len(file["rows"])
        for line, row in zip(read, file["rows"], strict=True):
            for column, value in row.items():
                expected = "" if value is None else value
                if isinstance(value, list):
                    expected = " ".join(value)
                assert line[column] == escape_formulas(str(expected))
    counts = {"projects": 2, "reports": 2, "decisions": 2, "follow-up": 1}
    assert len(file["rows"]) == counts.get(name, len(file["rows"]))
    OpenData[shape].model_validate(file)  # type: ignore[valid-type]


async def test_a_file_is_written_while_it_is_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In pages: rows at their edges are neither lost nor doubled."""
    monkeypatch.setattr("services.feedback.public_account.pages.data_sets._PAGE_ROWS", 3)
    await world.reported(*(f"Idée {number}" for number in range(10)))
    found = await rows(world, "decisions")
    assert len({row["proposal_id"] for row in found}) == len(found) == 10
    assert len(await table(world, "decisions")) == 10


async def test_csv_is_rfc_4180_and_no_cell_is_a_formula(world: World) -> None:
    (one,) = await world.synthesised('=HYPERLINK("http://evil.example","Un résumé")')
    await world.decide(one.proposal_id, **RETAINED | {"reason": '+1, "dit-on"\r\nsur deux lignes'})
    await world.summarise("@SUM(A1)")
    assert (await world.publish()).is_success
    await world.follow(one.proposal_id, "planned", note="-2+3")
    raw = (await get(world, "/open-data/decisions.csv")).content
    assert raw.startswith(b"\xef\xbb\xbfproposal_id,version,project_id,")
    assert raw.endswith(b"\r\n")
    (line,) = await table(world, "decisions")
    assert line["title"] == '\'=HYPERLINK("http://evil.example","Un résumé")'
    assert line["reason"] == '\'+1, "dit-on"\nsur deux lignes'
    assert (await table(world, "reports"))[0]["summary"] == "'@SUM(A1)"
    assert (await table(world, "follow-up"))[0]["note"] == "'-2+3"
    # JSON has types: nothing is put before what was written.
    assert (await rows(world, "decisions"))[0]["title"].startswith("=HYPERLINK")


async def test_no_file_holds_a_formula_whatever_separator_a_program_expects(world: World) -> None:
    case = "cases/33-csv-formula-after-another-separator/answers.json"
    wrote = json.loads((Path(__file__).parents[3] / case).read_text(encoding="utf-8"))
    text = "\n".join(wrote)
    (one,) = await world.synthesised(text)
    await world.receive(project_state(uuid4(), "open", maker=text))
    await world.decide(one.proposal_id, **RETAINED | {"reason": text, "owner": text})
    await world.summarise(text)
    assert (await world.publish()).is_success
    await world.follow(one.proposal_id, "planned", note=text)
    for name in SHAPES:
        content = (await get(world, f"/open-data/{name}.csv")).content.decode("utf-8-sig")
        assert formulas(content) == [], name
        assert len(await table(world, name)) == len(await rows(world, name))


@pytest.mark.parametrize("start", list("=+-@\t\r\n＝＋－＠"))
def test_what_begins_like_a_formula_is_a_text(start: str) -> None:
    assert escape_formulas(f"{start}1") == f"'{start}1"
    assert escape_formulas(f"1{start}") == f"1{start}"


async def test_decisions_that_are_not_retained_are_not_followed(world: World) -> None:
    _, other = await world.reported("Un résumé", "Un numéro")
    by_id = {row["proposal_id"]: row for row in await rows(world, "decisions")}
    assert by_id[str(other.proposal_id)]["progress"] is None
    assert by_id[str(other.proposal_id)]["reason"] == NOT_RETAINED["reason"]


async def test_figures_are_the_charter_s(world: World) -> None:
    await told(world)
    figures = {(row["figure"], row["about"]): row["value"] for row in await rows(world, "figures")}
    assert figures["share_of_contributions_read", None] == 1
    assert figures["median_days_to_report", None] == 20
    assert figures["decisions_by_outcome", "retained"] == 2
    assert figures["decisions_by_progress", "planned"] == 1
    assert figures["decisions_by_progress", "promised"] == 1


async def test_decisions_are_counted_once_however_often_figures_are_asked_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted, count = [], store.count_decisions

    async def counting(conn: Connection, today: date) -> list[store.DecisionCount]:
        counted.append(today)
        return await count(conn, today)

    monkeypatch.setattr(store, "count_decisions", counting)
    (kept,) = await world.reported("Un résumé")
    for kind in ("json", "csv"):
        counted.clear()
        first = await get(world, f"/open-data/figures.{kind}")
        again = await get(world, f"/open-data/figures.{kind}")
        assert again.content == first.content
        assert len(counted) == 1
        known = await world.client.get(
            f"/open-data/figures.{kind}", headers={"If-None-Match": first.headers["etag"]}
        )
        assert known.status_code == 304
    await world.follow(kept.proposal_id, "done")
    figures = {(row["figure"], row["about"]): row["value"] for row in await rows(world, "figures")}
    assert figures["decisions_by_progress", "done"] == 1
    assert len(counted) == 2


async def test_what_there_is_not_is_not_there(world: World) -> None:
    for path in ("/open-data/people.json", "/open-data/decisions.xls", "/open-data/schema/x.json"):
        assert (await world.client.get(path)).status_code == 404
    head = await world.client.head("/open-data/decisions.csv")
    assert head.headers["content-disposition"] == 'attachment; filename="decisions.csv"'
