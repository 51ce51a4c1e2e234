"""A participant submits one response per credential."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from services.contracts.http.responses import Contribution
from services.responses.collections import store as collections
from services.responses.submissions import use_cases
from services.runtime.crypto.blind_rsa import base64url
from services.runtime.crypto.encryption import Encryptor
from tests.support.responses import (
    ANSWER_KEYS,
    LAST_DAY,
    World,
    credential,
    project,
    signing_key,
    submission,
)


async def test_a_response_with_a_credential_is_stored_and_its_receipt_found(
    world: World,
) -> None:
    sent = await world.send(submission())
    assert sent.status_code == 201
    receipt = sent.json()["receipt"]
    assert len(receipt) == 10
    path = f"/answer/{world.project_id}/receipts/"
    assert (await world.client.get(path + receipt)).json()["counted"] is True
    assert (await world.client.get(path + receipt.upper())).json()["counted"] is True
    assert (await world.client.get(path + "aaaaaaaaaa")).json()["counted"] is False
    assert (await world.client.get(path + "1")).status_code == 404


async def test_fifty_posts_with_one_credential_are_one_response(world: World) -> None:
    body = submission()
    posts = [world.send(body | {"answers": {"change": f"Avis {n}"}}) for n in range(50)]
    answers = await asyncio.gather(*posts)
    assert sorted(response.status_code for response in answers) == [200] * 49 + [201]
    assert len({response.json()["receipt"] for response in answers}) == 1
    assert await world.count("spent_credential") == 1
    assert await world.count("sealed") == 1


async def test_concurrent_posts_to_replicas_are_one_response(world: World) -> None:
    body = Contribution.model_validate(submission())
    async with world.service.database.read_only() as conn:
        collection = await collections.find_collection(conn, world.project_id)
    token_hash = use_cases.check_credential(collection, body)
    responses = [
        use_cases.seal_response(
            collection, body, token_hash, world.service.clock, Encryptor(ANSWER_KEYS)
        )
        for _ in range(10)
    ]

    async def replica() -> int:
        async with world.service.database.transaction() as conn:
            results = await use_cases.submit_responses(
                conn, world.chance, world.project_id, responses
            )
        return sum(
            isinstance(result, use_cases.Submitted) and result.is_first for result in results
        )

    assert sum(await asyncio.gather(*(replica() for _ in range(8)))) == 1
    assert await world.count("sealed") == 1


async def test_without_the_constraint_one_credential_could_submit_twice(world: World) -> None:
    await world.send(submission())
    pool = world.service.database.pool
    duplicate = "INSERT INTO spent_credential SELECT * FROM spent_credential"
    with pytest.raises(asyncpg.UniqueViolationError) as violated:
        await pool.execute(duplicate)
    assert violated.value.constraint_name == "credential_spent_once"
    await pool.execute("ALTER TABLE spent_credential DROP CONSTRAINT credential_spent_once")
    await pool.execute(duplicate)
    assert await world.count("spent_credential") == 2


async def test_the_first_response_stays_whatever_comes_later(world: World) -> None:
    body = submission("La première.")
    first = await world.send(body)
    later = [
        await world.send(body | {"answers": {"change": "Une autre."}}),
        await world.send(body | {"answers": {}}),
        await world.send(body | {"questionnaire_version": 9}),
    ]
    world.on(LAST_DAY + timedelta(days=1))
    later.append(await world.send(body))
    assert [response.status_code for response in later] == [200] * 4
    assert {response.json()["receipt"] for response in later} == {first.json()["receipt"]}
    assert await world.count("sealed") == 1


async def test_a_malformed_credential_is_refused_with_a_sentence(world: World) -> None:
    body = submission()
    for bad in (
        body | {"prepared": "???"},
        body | {"prepared": base64url(b"short")},
        body | {"signature": ""},
        body | {"signature": base64url(bytes(384))},
        body | {"prepared": credential()["prepared"]},
    ):
        refused = await world.send(bad)
        assert refused.status_code in (403, 422), bad
        assert "credential" in refused.json()["detail"]
        assert refused.json()["way_out"]
    assert await world.count("spent_credential") == 0


async def test_a_malformed_echo_is_refused_with_a_sentence(world: World) -> None:
    for echo in ("short", "=" * 22, "A" * 23, "é" * 22):
        refused = await world.send(submission(echo=echo))
        assert refused.status_code == 422
        assert refused.json()["way_out"]
    assert (await world.send(submission(echo="A" * 22))).status_code == 201


async def test_the_credential_of_another_project_is_refused(world: World) -> None:
    other = project("open", project_id=uuid4(), key=signing_key(1))
    await world.follow(other)
    foreign = submission(**credential(signing_key(1)))
    refused = await world.send(foreign)
    assert refused.status_code == 403
    assert "for this project" in refused.json()["detail"]
    assert await world.count("spent_credential") == 0


async def test_after_the_end_responses_are_refused_and_stay_on_the_device(world: World) -> None:
    body = submission()
    world.on(LAST_DAY + timedelta(days=1))
    late = await world.send(body)
    assert late.status_code == 409
    assert LAST_DAY.isoformat() in late.json()["detail"]
    assert "on your device" in late.json()["way_out"]
    world.on(LAST_DAY)
    assert (await world.send(body)).status_code == 201


async def test_a_project_that_ended_early_takes_no_responses(world: World) -> None:
    await world.send(submission())  # what the service remembers is from before the end
    await world.becomes("collected", 3)
    assert (await world.send(submission())).status_code == 409
    assert await world.count("sealed") == 1


async def test_nobody_responds_before_the_project_is_open(unready: World) -> None:
    refused = await unready.send(submission())
    assert refused.status_code == 409
    assert "yet" in refused.json()["detail"]
    assert (await unready.send(submission(), uuid4())).status_code == 404


async def test_a_response_to_another_version_is_refused(world: World) -> None:
    assert (await world.send(submission(questionnaire_version=2))).status_code == 409


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({}, "Question 3: this question needs an answer."),
        ({"change": "  "}, "Question 3: this question needs an answer."),
        ({"change": "x", "tone": {"chosen": ["mild"]}}, "Question 1: an option does not exist"),
        ({"change": "x", "why_harsh": "y"}, "Question 2: it is not asked"),
        ({"change": "x" * 200_001}, "Question 3: this text is 201 kB long"),
        ({"change": ["x"]}, "Question 3: the answer does not have the expected form."),
    ],
)
async def test_each_fault_names_its_question(
    world: World, answers: dict[str, Any], sentence: str
) -> None:
    refused = await world.send(submission(answers=answers))
    assert refused.status_code == 422
    assert refused.json()["errors"][0].startswith(sentence)
    assert "still on your device" in refused.json()["way_out"]
    assert await world.count("spent_credential") == 0  # the credential is still good


async def test_a_text_of_200_kilobytes_is_kept_whole(world: World) -> None:
    text = "é" * 100_000
    assert (await world.send(submission(text))).status_code == 201
    await world.becomes("collected", 3, issued=5)
    assert await world.open_sealed() == 1
    (row,) = await world.fetch("SELECT answers FROM contribution")
    assert row["answers"]["change"] == text


async def test_more_than_the_largest_body_is_not_even_read(world: World) -> None:
    refused = await world.send(submission("x" * 2_000_001))
    assert refused.status_code == 413
    assert "too large" in refused.json()["detail"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"a":1}', b"\xff\xfe", b"[" * 100_000])
async def test_a_malformed_response_is_refused_without_repeating_it(
    world: World, content: bytes
) -> None:
    refused = await world.client.post(
        f"/answer/{world.project_id}/contributions",
        content=content,
        headers={"Content-Length": str(len(content))},
    )
    assert refused.status_code == 422
    assert refused.json()["detail"] == "This response does not have the expected form."


async def test_script_in_a_text_is_text(world: World) -> None:
    text = '<script>alert(1)</script>\0"; DROP TABLE contribution; --'
    assert (await world.send(submission(text))).status_code == 201
    await world.becomes("collected", 3, issued=5)
    await world.open_sealed()
    (row,) = await world.fetch("SELECT answers, words FROM contribution")
    assert row["answers"] == {"change": text.replace("\0", "")}


async def test_an_unpaired_surrogate_does_not_cost_a_response(world: World) -> None:
    """A device may cut a text inside an emoji: its author sees nothing to correct."""
    sent = await world.client.post(
        f"/answer/{world.project_id}/contributions",
        content=json.dumps(submission("Dire la date \ud83d d'abord")),
    )
    assert sent.status_code == 201, sent.text
    await world.becomes("collected", 3, issued=5)
    await world.open_sealed()
    (row,) = await world.fetch("SELECT answers FROM contribution")
    assert row["answers"] == {"change": "Dire la date \N{REPLACEMENT CHARACTER} d'abord"}
