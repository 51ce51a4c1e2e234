"""Open data: the content of the pages, with schemas."""

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
    response = await world.client.get(path)
    assert response.status_code == 200, response.text
    return response


async def rows(world: World, name: str) -> list[dict[str, Any]]:
    data_rows: list[dict[str, Any]] = (await get(world, f"/open-data/{name}.json")).json()["rows"]
    return data_rows


async def table(world: World, name: str) -> list[dict[str, str]]:
    text = (await get(world, f"/open-data/{name}.csv")).content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


async def publish_and_follow_up(world: World) -> None:
    retained, other = await world.reported("Un résumé", "Un numéro")
    await world.receive(project_state(uuid4(), "open"), project_state(uuid4(), "draft"))
    await world.follow(retained.proposal_id, "planned", note="Chez l'imprimeur")
    await world.decide(other.proposal_id, version=3, **RETAINED)
    assert (await world.publish()).is_success


@pytest.mark.parametrize("name", SHAPES)
async def test_every_file_follows_its_schema_and_both_formats_agree(
    world: World, name: str
) -> None:
    schema = (await get(world, f"/open-data/schema/{name}.json")).json()
    jsonschema.Draft202012Validator.check_schema(schema)
    for filled in (False, True):
        if filled:
            await publish_and_follow_up(world)
        file = (await get(world, f"/open-data/{name}.json")).json()
        jsonschema.validate(
            file, schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
        )
        assert file["licence"]["spdx"] == "etalab-2.0"
        assert file["described_by"] == f"https://account.example/open-data/schema/{name}.json"
        shape = SHAPES[name]
        assert all(set(row) == set(shape.model_fields) for row in file["rows"])
        csv_rows = await table(world, name)
        assert len(csv_rows) == len(file["rows"])
        for line, row in zip(csv_rows, file["rows"], strict=True):
            for column, value in row.items():
                expected = "" if value is None else value
                if isinstance(value, list):
                    expected = " ".join(value)
                assert line[column] == escape_formulas(str(expected))
    counts = {"projects": 2, "reports": 2, "decisions": 2, "follow-up": 1}
    assert len(file["rows"]) == counts.get(name, len(file["rows"]))
    OpenData[shape].model_validate(file)  # type: ignore[valid-type]


async def test_a_file_is_streamed_in_pages(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows at the edges of pages are neither lost nor repeated."""
    monkeypatch.setattr("services.feedback.public_account.pages.data_sets._PAGE_ROWS", 3)
    await world.reported(*(f"Idée {number}" for number in range(10)))
    decisions = await rows(world, "decisions")
    assert len({row["proposal_id"] for row in decisions}) == len(decisions) == 10
    assert len(await table(world, "decisions")) == 10


async def test_csv_is_rfc_4180_and_no_cell_is_a_formula(world: World) -> None:
    (proposal,) = await world.synthesised('=HYPERLINK("http://evil.example","Un résumé")')
    await world.decide(
        proposal.proposal_id, **RETAINED | {"reason": '+1, "dit-on"\r\nsur deux lignes'}
    )
    await world.summarise("@SUM(A1)")
    assert (await world.publish()).is_success
    await world.follow(proposal.proposal_id, "planned", note="-2+3")
    raw = (await get(world, "/open-data/decisions.csv")).content
    assert raw.startswith(b"\xef\xbb\xbfproposal_id,version,project_id,")
    assert raw.endswith(b"\r\n")
    (line,) = await table(world, "decisions")
    assert line["title"] == '\'=HYPERLINK("http://evil.example","Un résumé")'
    assert line["reason"] == '\'+1, "dit-on"\nsur deux lignes'
    assert (await table(world, "reports"))[0]["summary"] == "'@SUM(A1)"
    assert (await table(world, "follow-up"))[0]["note"] == "'-2+3"
    # JSON has types: the text is not escaped.
    assert (await rows(world, "decisions"))[0]["title"].startswith("=HYPERLINK")


async def test_no_file_holds_a_formula_with_any_separator(world: World) -> None:
    case = "cases/33-csv-formula-after-another-separator/answers.json"
    wrote = json.loads((Path(__file__).parents[3] / case).read_text(encoding="utf-8"))
    text = "\n".join(wrote)
    (proposal,) = await world.synthesised(text)
    await world.receive(project_state(uuid4(), "open", maker=text))
    await world.decide(proposal.proposal_id, **RETAINED | {"reason": text, "owner": text})
    await world.summarise(text)
    assert (await world.publish()).is_success
    await world.follow(proposal.proposal_id, "planned", note=text)
    for name in SHAPES:
        content = (await get(world, f"/open-data/{name}.csv")).content.decode("utf-8-sig")
        assert formulas(content) == [], name
        assert len(await table(world, name)) == len(await rows(world, name))


@pytest.mark.parametrize("start", list("=+-@\t\r\n＝＋－＠"))
def test_a_text_that_begins_like_a_formula_is_escaped(start: str) -> None:
    assert escape_formulas(f"{start}1") == f"'{start}1"
    assert escape_formulas(f"1{start}") == f"1{start}"


async def test_decisions_that_are_not_retained_are_not_followed(world: World) -> None:
    _, other = await world.reported("Un résumé", "Un numéro")
    by_id = {row["proposal_id"]: row for row in await rows(world, "decisions")}
    assert by_id[str(other.proposal_id)]["progress"] is None
    assert by_id[str(other.proposal_id)]["reason"] == NOT_RETAINED["reason"]


async def test_figures_measure_the_charters_promises(world: World) -> None:
    await publish_and_follow_up(world)
    figures = {(row["figure"], row["about"]): row["value"] for row in await rows(world, "figures")}
    assert figures["share_of_contributions_read", None] == 1
    assert figures["median_days_to_report", None] == 20
    assert figures["decisions_by_outcome", "retained"] == 2
    assert figures["decisions_by_progress", "planned"] == 1
    assert figures["decisions_by_progress", "promised"] == 1


async def test_decisions_are_counted_once_for_many_requests_of_the_figures(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted, count = [], store.count_decisions

    async def counting(conn: Connection, today: date) -> list[store.DecisionCount]:
        counted.append(today)
        return await count(conn, today)

    monkeypatch.setattr(store, "count_decisions", counting)
    (retained,) = await world.reported("Un résumé")
    for kind in ("json", "csv"):
        counted.clear()
        first = await get(world, f"/open-data/figures.{kind}")
        second = await get(world, f"/open-data/figures.{kind}")
        assert second.content == first.content
        assert len(counted) == 1
        not_modified = await world.client.get(
            f"/open-data/figures.{kind}", headers={"If-None-Match": first.headers["etag"]}
        )
        assert not_modified.status_code == 304
    await world.follow(retained.proposal_id, "done")
    figures = {(row["figure"], row["about"]): row["value"] for row in await rows(world, "figures")}
    assert figures["decisions_by_progress", "done"] == 1
    assert len(counted) == 2


async def test_unknown_files_are_not_found(world: World) -> None:
    for path in ("/open-data/people.json", "/open-data/decisions.xls", "/open-data/schema/x.json"):
        assert (await world.client.get(path)).status_code == 404
    head = await world.client.head("/open-data/decisions.csv")
    assert head.headers["content-disposition"] == 'attachment; filename="decisions.csv"'
