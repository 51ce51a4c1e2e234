"""The transparency journal: what was promised and what was done, for good, whoever looks later."""

import asyncio
import json
from collections.abc import Sequence
from hashlib import sha256
from itertools import pairwise
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from services.contracts.events.campaigns import DecisionMakerChange, ProjectState
from services.contracts.http.common import Role
from services.feedback.journal import use_cases as journal
from services.feedback.journal.rules.checkpoints import Verifier, read_checkpoint
from services.feedback.journal.rules.entries import Entry
from services.feedback.journal.rules.journal_file import EntriesAltered, Verified, verify
from services.feedback.projects import use_cases as projects
from services.feedback.settings import FeedbackSettings
from tests.support.feedback import BERNARD, ORIGIN, TODAY, World, project_state

SEED = bytes(range(32))
COMMITMENT = sha256(SEED).hexdigest()


async def entries(world: World, *kinds: str) -> list[dict[str, Any]]:
    rows = await world.fetch("SELECT body FROM journal_entry ORDER BY number")
    found = [json.loads(row["body"]) for row in rows]
    return [one for one in found if not kinds or one["kind"] in kinds]


async def sign(world: World) -> bool:
    settings = world.service.settings
    assert isinstance(settings, FeedbackSettings)
    async with world.service.database.transaction() as conn:
        return await journal.sign_checkpoint(conn, world.service.clock, settings.journal_signer)


async def exported(world: World) -> list[bytes]:
    answer = await world.client.get("/journal.jsonl")
    assert answer.is_success, answer.text
    assert answer.headers["cache-control"].startswith("public")
    return answer.content.splitlines(keepends=True)


async def key(world: World) -> Verifier:
    return Verifier.read((await world.client.get("/journal/key")).text)


async def verified(world: World) -> Verified:
    return verify(await exported(world), [await key(world)])


async def record(world: World, *told: Entry) -> list[int]:
    async with world.service.database.transaction() as conn:
        return await journal.record(conn, world.service.clock, told)


def said(subject: str, version: int = 1, reason: str = "Trop cher.") -> Entry:
    return Entry("decision", subject, version, {"reason": reason})


def drawn(state: str, version: int, **changes: Any) -> ProjectState:
    return project_state(ID, state, version, draw_commitments=[COMMITMENT], **changes)


ID = uuid4()


async def test_a_mandate_and_its_decision_maker_are_told_once_and_told_again_when_changed(
    world: World,
) -> None:
    first = drawn("open", 1)
    await world.receive(first, first, drawn("recruited", 2), first)
    assert [one["kind"] for one in await entries(world)] == [
        "mandate",
        "decision_maker",
        "draw_committed",
    ]
    mandate, maker, _ = await entries(world)
    assert mandate["mandate"]["title"] == "La lettre"
    assert "decision_maker" not in mandate["mandate"]
    assert (maker["name"], maker["role"]) == (BERNARD, "directeur")
    assert mandate["on"] == TODAY.isoformat()
    await world.receive(drawn("recruited", 3, maker="Mme Petit"))
    await world.receive(drawn("recruited", 4, maker="Mme Petit", title="Le courrier"))
    await world.receive(drawn("recruited", 5, title="Le courrier"))
    assert [one["name"] for one in await entries(world, "decision_maker")] == [
        BERNARD,
        "Mme Petit",
        BERNARD,
    ]
    titles = [one["mandate"]["title"] for one in await entries(world, "mandate")]
    assert titles == ["La lettre", "Le courrier"]


async def test_no_change_of_decision_maker_is_lost_when_only_the_newest_state_is_heard(
    world: World,
) -> None:
    """Two changes between two batches: each is told with its reason, and told once."""
    await world.receive(drawn("open", 3))
    makers = [BERNARD, "Mme Petit", "M. Roy"]
    changes = [
        DecisionMakerChange(
            version=version,
            name=name,
            role="directeur",
            name_before=before,
            role_before="directeur",
            reason=f"Départ de {before}.",
            changed_on=TODAY,
        )
        for version, (before, name) in enumerate(pairwise(makers), 4)
    ]
    newest = drawn("open", 5, maker="M. Roy", decision_maker_changes=changes)
    await world.receive(newest, newest, drawn("recruited", 6, **_after(newest)))
    told = await entries(world, "decision_maker")
    assert [one["name"] for one in told] == makers
    assert [one.get("reason") for one in told] == [
        None,
        "Départ de M. Bernard.",
        "Départ de Mme Petit.",
    ]


def _after(project: ProjectState) -> dict[str, Any]:
    return {"maker": "M. Roy", "decision_maker_changes": project.decision_maker_changes}


async def test_ending_early_is_told_with_its_reason(world: World) -> None:
    await world.receive(drawn("open", 1))
    ended = drawn("collected", 2, ended_early_reason="Élections.")
    await world.receive(ended, ended)
    (told,) = await entries(world, "ended_early")
    assert told["reason"] == "Élections."


async def test_a_revealed_seed_is_told_once_and_is_the_one_that_was_committed(
    world: World,
) -> None:
    await world.receive(drawn("open", 1))
    revealed = drawn("recruited", 2, draw_seeds=[SEED.hex()])
    await world.receive(revealed, drawn("collected", 3, draw_seeds=[SEED.hex()]))
    (committed,) = await entries(world, "draw_committed")
    (told,) = await entries(world, "draw_revealed")
    assert sha256(bytes.fromhex(told["seed"])).hexdigest() == committed["commitment"]
    assert await entries(world, "draw_contradicted") == []


@pytest.mark.parametrize("seed", [bytes(32).hex(), "not hexadecimal"])
async def test_a_seed_that_is_not_the_committed_one_is_told_for_what_it_is(
    world: World, seed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await world.receive(drawn("open", 1))
    await world.receive(*(drawn("recruited", version, draw_seeds=[seed]) for version in (2, 3)))
    (told,) = await entries(world, "draw_contradicted")
    assert (told["commitment"], told["seed"]) == (COMMITMENT, seed)
    assert await entries(world, "draw_revealed") == []
    assert capsys.readouterr().out.count("draw_contradicted") == 1


async def test_decisions_report_and_follow_up_are_told_as_they_are_published(
    world: World,
) -> None:
    kept, refused = await world.reported("Écrire plus court", "Supprimer la lettre")
    told = await entries(world, "decision", "report", "follow_up")
    assert [one["kind"] for one in told] == ["decision", "decision", "report"]
    by_proposal = {one["proposal_id"]: one for one in told[:2]}
    assert by_proposal[str(refused.proposal_id)]["reason"] == "La loi impose cette phrase."
    assert by_proposal[str(kept.proposal_id)]["decided_by"]["name"] == BERNARD
    assert (told[2]["version"], told[2]["summary"]) == (1, "Nous avons lu chacun.")
    assert {one["proposal_id"] for one in told[2]["decisions"]} == set(by_proposal)

    assert (await world.follow(kept.proposal_id, "under_way")).is_success
    step = (await entries(world))[-1]
    assert (step["kind"], step["progress"], step["step"]) == ("follow_up", "under_way", 1)
    # What is followed up is no new decision.
    assert len(await entries(world, "decision")) == 2
    await sign(world)
    found = await verified(world)
    assert (found.entries, found.kinds["decision"]) == (len(await entries(world)), 2)


async def test_a_publication_that_is_refused_tells_nothing(world: World) -> None:
    await world.synthesised("Écrire plus court")
    before = await entries(world)
    assert (await world.summarise()).is_success
    assert not (await world.publish()).is_success
    assert await entries(world) == before


async def test_a_batch_of_projects_is_one_append(world: World) -> None:
    batch = [project_state(uuid4(), version=1) for _ in range(60)]
    async with world.service.database.transaction() as conn:
        await projects.apply_project_states(conn, world.service.clock, batch)
    told = await entries(world)
    assert [one["number"] for one in told] == list(range(180))
    assert {one["project_id"] for one in told} == {str(one.project_id) for one in batch}
    await sign(world)
    assert (await verified(world)).entries == 180


async def test_a_correction_names_what_it_corrects_and_the_entry_stays(world: World) -> None:
    await world.receive(drawn("open", 1))
    before = await entries(world)
    asked = {"number": 1, "reason": "Le nom est mal écrit."}

    async def correct(body: dict[str, Any], *roles: Role) -> Any:
        headers = world.as_(BERNARD, *roles)
        return await world.client.post("/api/journal/corrections", json=body, headers=headers)

    assert (await correct(asked, Role.CAMPAIGNS)).status_code == 403
    made = await correct(asked)
    assert made.json() == {"number": 3}
    assert (await correct(asked)).json() == {"number": 4}
    assert (await entries(world))[:3] == before
    told = (await entries(world))[3]
    assert (told["corrects"], told["reason"]) == (1, "Le nom est mal écrit.")
    # Who made it is the administration's to know: the public text names nobody.
    assert BERNARD not in json.dumps(told, ensure_ascii=False)
    (row,) = await world.fetch("SELECT recorded_by FROM journal_entry WHERE number = 3")
    assert row["recorded_by"] == BERNARD
    refused = await correct({"number": 99, "reason": "x"})
    assert (refused.status_code, "no entry 99" in refused.json()["detail"]) == (404, True)
    assert (await correct({"number": 1, "reason": "  "})).status_code == 422


async def test_a_subject_is_told_of_in_the_order_of_its_versions(world: World) -> None:
    assert await record(world, said("a"), said("a"), said("b"), said("a", 2, "Non.")) == [0, 1, 2]
    assert await record(world, said("a", 2, "Autre."), said("a", 1), said("a", 3, "Non.")) == []
    assert await record(world, said("a", 4)) == [3]


async def test_numbers_have_no_gap_whoever_appends_and_whoever_fails(world: World) -> None:
    class Changed(Exception):
        pass

    async def append(number: int) -> None:
        async with world.service.database.transaction() as conn:
            told = [said(f"{number}/{part}") for part in range(3)]
            await journal.record(conn, world.service.clock, told)
            if number % 3 == 0:
                raise Changed

    done = await asyncio.gather(*(append(number) for number in range(24)), return_exceptions=True)
    assert {type(one) for one in done} == {Changed, type(None)}
    assert [one["number"] for one in await entries(world)] == list(range(48))
    await sign(world)
    assert (await verified(world)).entries == 48


async def test_a_checkpoint_is_signed_when_the_journal_has_grown_and_only_then(
    world: World,
) -> None:
    assert (await world.client.get("/journal.jsonl")).status_code == 404
    assert (await world.client.get("/journal/checkpoint")).status_code == 404
    assert [await sign(world), await sign(world)] == [True, False]
    assert (await verified(world)).entries == 0
    for number in range(3):
        await record(world, said(f"{number}"))
        assert [await sign(world), await sign(world)] == [True, False]
    found = await verified(world)
    assert (found.entries, found.checkpoints) == (3, 4)
    answer = await world.client.get("/journal/checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    newest = read_checkpoint(answer.text, [await key(world)])
    assert (newest.origin, newest.size) == (ORIGIN, 3)
    assert newest == found.newest


async def test_what_no_signature_covers_yet_is_not_in_the_file(world: World) -> None:
    await record(world, said("1"))
    await sign(world)
    await record(world, said("2"))
    lines = await exported(world)
    assert len(lines) == 2
    assert verify(lines, [await key(world)]).entries == 1


async def test_a_long_journal_is_exported_whole_with_each_checkpoint_in_its_place(
    world: World,
) -> None:
    for size in (1, 999, 1000, 1001, 2000, 2500):
        (row,) = await world.fetch("SELECT size FROM journal_head")
        await record(world, *(said(f"{number}") for number in range(row["size"], size)))
        await sign(world)
    lines = await exported(world)
    found = verify(lines, [await key(world)])
    assert (found.entries, found.checkpoints) == (2500, 6)
    places = [place for place, line in enumerate(lines) if line.startswith(b'{"checkpoint"')]
    assert places == [1, 1000, 1002, 1004, 2004, 2505]


async def test_a_file_that_is_held_already_is_not_sent_again(world: World) -> None:
    await record(world, said("1"))
    await sign(world)
    held = (await world.client.get("/journal.jsonl")).headers["etag"]
    again = await world.client.get("/journal.jsonl", headers={"If-None-Match": held})
    assert (again.status_code, again.content) == (304, b"")
    await record(world, said("2"))
    await sign(world)
    longer = await world.client.get("/journal.jsonl", headers={"If-None-Match": held})
    assert longer.status_code == 200


async def test_an_entry_changed_behind_the_triggers_is_found_by_whoever_has_the_key(
    world: World,
) -> None:
    """Whoever owns the database can drop its triggers, but not the signature."""
    await world.reported("Écrire plus court")
    await sign(world)
    await world.execute(
        "ALTER TABLE journal_entry DISABLE TRIGGER journal_entry_is_final",
        "ALTER TABLE journal_entry DROP CONSTRAINT journal_entry_leaf_is_its_text",
        "UPDATE journal_entry SET body = replace(body, 'Quatre', 'Deux') WHERE kind = 'decision'",
    )
    with pytest.raises(EntriesAltered):
        await verified(world)


def entry(number: int, subject: str = "c", text: str = "", leaf: str = "") -> str:
    """SQL that adds an entry by hand."""
    text = text or f'{{"number":{number},"on":"2027-01-12"}}'
    leaf = leaf or f"sha256('\\x00'::bytea || convert_to($${text}$$, 'UTF8'))"
    return (
        "INSERT INTO journal_entry (number, kind, subject, version, digest, body, leaf_hash)"
        f" VALUES ({number}, 'decision', '{subject}', 1, '', $${text}$$, {leaf})"
    )


GROW = "UPDATE journal_head SET size = {0}, frontier = frontier || sha256('x')"
# Of a journal of the entries a and b, signed: what a rule refuses, in one transaction.
REFUSED: dict[str, tuple[str, ...]] = {
    "journal_entry_is_final": ("UPDATE journal_entry SET recorded_by = 'x' WHERE number = 1",),
    "journal_entries_are_kept": ("TRUNCATE journal_entry CASCADE",),
    "journal_checkpoint_is_final": ("DELETE FROM journal_checkpoint",),
    "journal_checkpoints_are_kept": ("TRUNCATE journal_checkpoint",),
    "journal_head_only_grows": ("UPDATE journal_head SET frontier = sha256('x')",),
    "journal_head_is_kept": ("DELETE FROM journal_head",),
    "journal_head_is_one": ("INSERT INTO journal_head VALUES (false, 2, sha256('x'))",),
    "journal_head_has_its_frontier": ("UPDATE journal_head SET size = 3", entry(2)),
    "journal_head_counts_entries": (GROW.format(3),),
    "journal_entries_are_counted": (entry(2),),
    "journal_entry_number": (GROW.format(3), entry(2, "d"), entry(1)),
    "journal_entry_follows": (GROW.format(5), entry(4)),
    "journal_entry_once": (GROW.format(3), entry(2, "b")),
    "journal_entry_says_its_number": (GROW.format(3), entry(2, text='{"number":7,"on":1}')),
    "journal_entry_leaf_is_its_text": (GROW.format(3), entry(2, leaf="sha256('x')")),
    "journal_checkpoint_is_of_entries": ("INSERT INTO journal_checkpoint VALUES (9, 'x', now())",),
    "journal_checkpoint_once": ("INSERT INTO journal_checkpoint VALUES (2, 'x', now())",),
}
# What is left without one of them is still refused by another.
STILL_REFUSED = {"journal_entries_are_kept": "journal_checkpoints_are_kept"}


async def refused_by(world: World, statements: Sequence[str]) -> str | None:
    """The constraint or trigger that refuses them, if one does; otherwise they are done."""
    try:
        await world.execute(*statements)
    except asyncpg.IntegrityConstraintViolationError as refused:
        return str(refused.constraint_name)
    return None


@pytest.mark.parametrize("rule", REFUSED)
async def test_the_database_itself_keeps_the_journal_as_it_was_written(
    world: World, rule: str
) -> None:
    await record(world, said("a"), said("b"))
    await sign(world)
    assert await refused_by(world, REFUSED[rule]) == rule
    # The promise hangs on this rule: without it, this is done, or another rule refuses.
    drop = "ALTER TABLE {table} DROP CONSTRAINT {rule} CASCADE"
    triggers = await world.fetch(
        "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = $1", rule
    )
    if triggers:
        drop = "DROP TRIGGER {rule} ON {table}"
    tables = ("journal_head", "journal_checkpoint", "journal_entry")
    found = await world.fetch(
        "SELECT conrelid::regclass::text FROM pg_constraint WHERE conname = $1", rule
    )
    (table,) = {str(row[0]) for row in [*triggers, *found]} & set(tables)
    await world.execute(drop.format(table=table, rule=rule))
    assert await refused_by(world, REFUSED[rule]) == STILL_REFUSED.get(rule)
