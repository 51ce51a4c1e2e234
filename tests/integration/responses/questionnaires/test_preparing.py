"""Preparation by staff: versions of a questionnaire, documents, the preview, and imports."""

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from services.contracts.http.common import Role
from services.contracts.http.responses import AnswerSheet, CollectionView, DocumentView
from services.responses.documents import isolated_subprocess as apart
from services.responses.questionnaires import imports
from tests.support.responses import QUESTIONNAIRE, World, facing, project, submission
from tests.support.running import Issuer, signing_in
from tests.support.servers import PostgresServer

LETTER = """<!doctype html><html><head><title>x</title><script>alert(1)</script></head>
<body onload="alert(1)"><h1>Trop-perçu</h1><p>Vous devez <b>120 €</b>.<br>Payez vite.</p>
<img src="https://example.org/pixel"></body></html>"""


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with signing_in() as issuer:
        yield issuer


@pytest.fixture
async def staffed(
    postgres_server: PostgresServer, tmp_path: Path, issuer: Issuer
) -> AsyncIterator[World]:
    async with facing(postgres_server, tmp_path, issuer.url) as world:
        await world.follow(project(project_id=world.project_id))
        world.client.headers.update(issuer.headers(Role.CAMPAIGNS))
        yield world


def at(world: World, path: str = "") -> str:
    return f"/api/collections/{world.project_id}{path}"


async def upload(world: World, content: bytes, kind: str = "text/html") -> httpx.Response:
    return await world.client.post(
        at(world, "/documents"),
        params={"title": "La lettre"},
        content=content,
        headers={"Content-Type": kind},
    )


def asking_about(document_id: str) -> dict[str, Any]:
    question = {
        "id": "letter",
        "kind": "document_test",
        "text": {"fr": "Lisez cette lettre."},
        "document_id": document_id,
    }
    return QUESTIONNAIRE | {"questions": [*QUESTIONNAIRE["questions"], question]}


async def test_each_change_of_a_draft_is_a_version_and_ready_freezes_the_last(
    staffed: World,
) -> None:
    for version, label in ((1, "A"), (2, "B"), (2, "B")):
        body = QUESTIONNAIRE | {"personal_cases": {"fr": label}}
        saved = await staffed.client.put(at(staffed, "/questionnaire"), json=body)
        assert saved.json()["questionnaire_version"] == version
        assert saved.json()["state"] == "preparing"
    collection = CollectionView.model_validate_json(
        (await staffed.client.post(at(staffed, "/ready"))).content
    )
    assert (collection.state, collection.questionnaire_version) == ("ready", 2)
    changed = await staffed.client.put(at(staffed, "/questionnaire"), json=QUESTIONNAIRE)
    assert changed.status_code == 409
    assert await staffed.count("questionnaire") == 2


async def test_nothing_is_ready_before_a_questionnaire_is_saved(staffed: World) -> None:
    refused = await staffed.client.post(at(staffed, "/ready"))
    assert refused.status_code == 409
    assert refused.json()["way_out"]


async def test_a_draft_is_previewed_as_members_will_see_it_and_takes_no_responses(
    staffed: World,
) -> None:
    saved = await staffed.client.put(at(staffed, "/questionnaire"), json=QUESTIONNAIRE)
    preview = saved.json()["preview_path"]
    page_content = AnswerSheet.model_validate_json(
        (await staffed.client.get(f"{preview}/about.json")).content
    )
    assert page_content.preview
    assert [question.id for question in page_content.questionnaire.questions] == [
        "tone",
        "why_harsh",
        "change",
    ]
    members = await staffed.client.get(f"/answer/{staffed.project_id}/about.json")
    assert members.status_code == 409
    sent = await staffed.client.post(f"{preview}/contributions", json=submission())
    assert sent.status_code == 404


async def test_the_response_page_shows_everything_members_must_know_before_responding(
    staffed: World,
) -> None:
    await staffed.make_ready()
    await staffed.becomes("open", 2)
    path = f"/answer/{staffed.project_id}/about.json"
    anonymous = {"Authorization": ""}
    sheet = AnswerSheet.model_validate_json(
        (await staffed.client.get(path, headers=anonymous)).content
    )
    assert sheet.state == "open"
    assert not sheet.preview
    assert sheet.decision_maker.name == "M. Bernard"
    assert sheet.personal_cases.fr == "La mairie."
    assert sheet.credentials_url == "https://projects.example/credentials"
    assert sheet.credential_key
    assert sheet.anonymity_floor == 5
    first, second = [(await staffed.client.get(path, headers=anonymous)).content for _ in "ab"]
    assert first == second


async def test_a_letter_is_cleaned_shown_to_all_at_one_address_and_cannot_run(
    staffed: World,
) -> None:
    added = await upload(staffed, LETTER.encode())
    assert added.status_code == 201
    letter = DocumentView.model_validate_json(added.content)
    assert letter.text == "Trop-perçu\nVous devez 120 €.\nPayez vite."
    download = await staffed.client.get(letter.url, headers={"Authorization": ""})
    assert download.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in download.headers["content-security-policy"]
    assert download.headers["x-content-type-options"] == "nosniff"
    for gone in ("script", "alert", "img", "onload"):
        assert gone not in download.text
    body = asking_about(str(letter.id))
    await staffed.client.put(at(staffed, "/questionnaire"), json=body)
    assert (await staffed.client.post(at(staffed, "/ready"))).status_code == 200
    sheet = (await staffed.client.get(f"/answer/{staffed.project_id}/about.json")).json()
    assert [document["text"] for document in sheet["documents"]] == [letter.text]


async def test_a_question_about_a_document_that_is_not_there_is_not_ready(
    staffed: World,
) -> None:
    body = asking_about("11111111-1111-4111-8111-111111111111")
    assert (await staffed.client.put(at(staffed, "/questionnaire"), json=body)).status_code == 200
    refused = await staffed.client.post(at(staffed, "/ready"))
    assert refused.status_code == 422
    assert "letter" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("content", "kind", "sentence"),
    [
        (b"%PDF-1.7\nnonsense", "application/pdf", "broken"),
        (b"PK\x03\x04", "application/zip", "Only PDFs"),
        (b"\x89PNG\r\n\x1a\nnonsense", "image/png", "broken"),
        ("é".encode("latin-1"), "text/html", "UTF-8"),
        (b"<p> </p>", "text/html", "empty"),
    ],
)
async def test_a_document_that_cannot_be_shown_is_refused_with_a_sentence(
    staffed: World, content: bytes, kind: str, sentence: str
) -> None:
    refused = await upload(staffed, content, kind)
    assert refused.status_code == 422
    assert sentence in refused.json()["detail"]
    assert refused.json()["way_out"]
    assert await staffed.count("document") == 0


async def test_an_image_that_explodes_is_refused(staffed: World) -> None:
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    assert len(out.getvalue()) < 100_000
    refused = await upload(staffed, out.getvalue(), "image/png")
    assert refused.status_code == 422
    assert "million pixels" in refused.json()["detail"]


async def test_a_file_beyond_the_limit_is_not_read(staffed: World) -> None:
    assert (await upload(staffed, bytes(10_000_001))).status_code == 413


async def test_an_import_saves_nothing_and_reports_losses(staffed: World) -> None:
    survey = (
        '{"questions": [{"id": "a", "type": "openText", "headline": {"default": "Quoi ?"}},'
        ' {"id": "b", "type": "cal", "headline": {"default": "Quand ?"}}]}'
    )
    imported = await staffed.client.post(
        "/api/questionnaires/imports", params={"format": "formbricks"}, content=survey
    )
    assert [question["id"] for question in imported.json()["questionnaire"]["questions"]] == ["a"]
    assert [remark["place"] for remark in imported.json()["not_imported"]] == ["b"]
    assert await staffed.count("questionnaire") == 0
    refused = await staffed.client.post(
        "/api/questionnaires/imports", params={"format": "limesurvey"}, content="<a>"
    )
    assert refused.status_code == 422


CASES = Path(__file__).parents[3] / "cases"
UNREADABLE = {
    "answer-without-code.lss": "line 117",
    "group-without-gid.lss": "line 10",
    "order-is-a-superscript.lss": "line 10",
    "question-without-qid.lss": "line 21",
    "subquestion-without-title.lss": "line 91",
}


async def test_files_of_other_tools_are_read_or_refused_with_the_position(staffed: World) -> None:
    files = sorted([*CASES.glob("*/*.lss"), *CASES.glob("2*-formbricks-*/*.json")])
    assert len(files) >= 19
    for file in files:
        answered = await staffed.client.post(
            "/api/questionnaires/imports",
            params={"format": "limesurvey" if file.suffix == ".lss" else "formbricks"},
            content=file.read_bytes(),
        )
        if position := UNREADABLE.get(file.name):
            assert answered.status_code == 422, file.name
            assert position in answered.json()["detail"]
            continue
        assert answered.status_code == 200, (file.name, answered.text)
        imported = imports.import_file(
            "limesurvey" if file.suffix == ".lss" else "formbricks", file.read_bytes()
        )
        assert answered.json() == imported.model_dump(mode="json"), file.name


async def test_a_file_that_takes_too_long_is_refused_and_holds_nobody_up(
    staffed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "SECONDS", 0.01)
    refused = await staffed.client.post(
        "/api/questionnaires/imports", params={"format": "formbricks"}, content="{}"
    )
    assert refused.status_code == 422
    assert "too much time" in refused.json()["detail"]


async def test_staff_see_the_numbers_of_received_and_sealed_responses(staffed: World) -> None:
    await staffed.make_ready()
    await staffed.becomes("open", 2)
    await staffed.send_many(12)
    view = CollectionView.model_validate_json((await staffed.client.get(at(staffed))).content)
    assert (view.answers_received, view.sealed, view.contributions) == (12, 12, 0)
    await staffed.becomes("collected", 3, issued=12)
    await staffed.open_sealed()
    view = CollectionView.model_validate_json((await staffed.client.get(at(staffed))).content)
    assert (view.answers_received, view.sealed, view.contributions) == (12, 0, 12)
    (listed,) = (await staffed.client.get("/api/collections")).json()
    assert listed == view.model_dump(mode="json")
