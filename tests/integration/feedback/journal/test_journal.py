"""The transparency journal records public promises and acts, and cannot be changed."""

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
    bodies = [json.loads(row["body"]) for row in rows]
    return [entry for entry in bodies if not kinds or entry["kind"] in kinds]


async def sign(world: World) -> bool:
    settings = world.service.settings
    assert isinstance(settings, FeedbackSettings)
    async with world.service.database.transaction() as conn:
        return await journal.sign_checkpoint(conn, world.service.clock, settings.journal_signer)


async def exported(world: World) -> list[bytes]:
    response = await world.client.get("/journal.jsonl")
    assert response.is_success, response.text
    assert response.headers["cache-control"].startswith("public")
    return response.content.splitlines(keepends=True)


async def key(world: World) -> Verifier:
    return Verifier.parse((await world.client.get("/journal/key")).text)


async def verified(world: World) -> Verified:
    return verify(await exported(world), [await key(world)])


async def record(world: World, *new_entries: Entry) -> list[int]:
    async with world.service.database.transaction() as conn:
        return await journal.record(conn, world.service.clock, new_entries)


def decision_entry(subject: str, version: int = 1, reason: str = "Trop cher.") -> Entry:
    return Entry("decision", subject, version, {"reason": reason})


def drawn(state: str, version: int, **changes: Any) -> ProjectState:
    return project_state(ID, state, version, draw_commitments=[COMMITMENT], **changes)


ID = uuid4()


async def test_a_mandate_and_its_decision_maker_are_recorded_once_and_again_when_changed(
    world: World,
) -> None:
    first = drawn("open", 1)
    await world.receive(first, first, drawn("recruited", 2), first)
    assert [entry["kind"] for entry in await entries(world)] == [
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
    assert [entry["name"] for entry in await entries(world, "decision_maker")] == [
        BERNARD,
        "Mme Petit",
        BERNARD,
    ]
    titles = [entry["mandate"]["title"] for entry in await entries(world, "mandate")]
    assert titles == ["La lettre", "Le courrier"]


async def test_no_change_of_decision_maker_is_lost_when_only_the_newest_state_arrives(
    world: World,
) -> None:
    """Two changes between two batches: each is recorded once, with its reason."""
    await world.receive(drawn("open", 3))
    makers = [BERNARD, "Mme Petit", "M. Roy"]
    changes = [
        DecisionMakerChange(
            version=version,
            name=name,
            role="directeur",
            name_before=predecessor,
            role_before="directeur",
            reason=f"Départ de {predecessor}.",
            changed_on=TODAY,
        )
        for version, (predecessor, name) in enumerate(pairwise(makers), 4)
    ]
    newest = drawn("open", 5, maker="M. Roy", decision_maker_changes=changes)
    await world.receive(newest, newest, drawn("recruited", 6, **_changes_of(newest)))
    recorded = await entries(world, "decision_maker")
    assert [entry["name"] for entry in recorded] == makers
    assert [entry.get("reason") for entry in recorded] == [
        None,
        "Départ de M. Bernard.",
        "Départ de Mme Petit.",
    ]


def _changes_of(project: ProjectState) -> dict[str, Any]:
    return {"maker": "M. Roy", "decision_maker_changes": project.decision_maker_changes}


async def test_an_early_end_is_recorded_with_its_reason(world: World) -> None:
    await world.receive(drawn("open", 1))
    ended = drawn("collected", 2, ended_early_reason="Élections.")
    await world.receive(ended, ended)
    (entry_body,) = await entries(world, "ended_early")
    assert entry_body["reason"] == "Élections."


async def test_a_revealed_seed_is_recorded_once_and_matches_its_commitment(
    world: World,
) -> None:
    await world.receive(drawn("open", 1))
    revealed = drawn("recruited", 2, draw_seeds=[SEED.hex()])
    await world.receive(revealed, drawn("collected", 3, draw_seeds=[SEED.hex()]))
    (committed,) = await entries(world, "draw_committed")
    (entry_body,) = await entries(world, "draw_revealed")
    assert sha256(bytes.fromhex(entry_body["seed"])).hexdigest() == committed["commitment"]
    assert await entries(world, "draw_contradicted") == []


@pytest.mark.parametrize("seed", [bytes(32).hex(), "not hexadecimal"])
async def test_a_seed_that_contradicts_its_commitment_is_recorded_as_such(
    world: World, seed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await world.receive(drawn("open", 1))
    await world.receive(*(drawn("recruited", version, draw_seeds=[seed]) for version in (2, 3)))
    (entry_body,) = await entries(world, "draw_contradicted")
    assert (entry_body["commitment"], entry_body["seed"]) == (COMMITMENT, seed)
    assert await entries(world, "draw_revealed") == []
    assert capsys.readouterr().out.count("draw_contradicted") == 1


async def test_decisions_report_and_follow_up_are_recorded_as_published(
    world: World,
) -> None:
    retained, refused = await world.reported("Écrire plus court", "Supprimer la lettre")
    recorded = await entries(world, "decision", "report", "follow_up")
    assert [entry["kind"] for entry in recorded] == ["decision", "decision", "report"]
    by_proposal = {entry["proposal_id"]: entry for entry in recorded[:2]}
    assert by_proposal[str(refused.proposal_id)]["reason"] == "La loi impose cette phrase."
    assert by_proposal[str(retained.proposal_id)]["decided_by"]["name"] == BERNARD
    assert (recorded[2]["version"], recorded[2]["summary"]) == (1, "Nous avons lu chacun.")
    assert {entry["proposal_id"] for entry in recorded[2]["decisions"]} == set(by_proposal)

    assert (await world.follow(retained.proposal_id, "under_way")).is_success
    step = (await entries(world))[-1]
    assert (step["kind"], step["progress"], step["step"]) == ("follow_up", "under_way", 1)
    # A follow-up is not a new decision.
    assert len(await entries(world, "decision")) == 2
    await sign(world)
    verification = await verified(world)
    assert (verification.entries, verification.kinds["decision"]) == (len(await entries(world)), 2)


async def test_a_refused_publication_records_nothing(world: World) -> None:
    await world.synthesised("Écrire plus court")
    entries_before = await entries(world)
    assert (await world.summarise()).is_success
    assert not (await world.publish()).is_success
    assert await entries(world) == entries_before


async def test_a_batch_of_projects_is_one_append(world: World) -> None:
    batch = [project_state(uuid4(), version=1) for _ in range(60)]
    async with world.service.database.transaction() as conn:
        await projects.apply_project_states(conn, world.service.clock, batch)
    recorded = await entries(world)
    assert [entry["number"] for entry in recorded] == list(range(180))
    assert {entry["project_id"] for entry in recorded} == {str(entry.project_id) for entry in batch}
    await sign(world)
    assert (await verified(world)).entries == 180


async def test_a_correction_names_its_entry_which_stays(world: World) -> None:
    await world.receive(drawn("open", 1))
    entries_before = await entries(world)
    correction = {"number": 1, "reason": "Le nom est mal écrit."}

    async def correct(body: dict[str, Any], *roles: Role) -> Any:
        headers = world.as_(BERNARD, *roles)
        return await world.client.post("/api/journal/corrections", json=body, headers=headers)

    assert (await correct(correction, Role.CAMPAIGNS)).status_code == 403
    corrected = await correct(correction)
    assert corrected.json() == {"number": 3}
    assert (await correct(correction)).json() == {"number": 4}
    assert (await entries(world))[:3] == entries_before
    entry_body = (await entries(world))[3]
    assert (entry_body["corrects"], entry_body["reason"]) == (1, "Le nom est mal écrit.")
    # The public text does not name the author, whom the table stores.
    assert BERNARD not in json.dumps(entry_body, ensure_ascii=False)
    (row,) = await world.fetch("SELECT recorded_by FROM journal_entry WHERE number = 3")
    assert row["recorded_by"] == BERNARD
    refused = await correct({"number": 99, "reason": "x"})
    assert (refused.status_code, "no entry 99" in refused.json()["detail"]) == (404, True)
    assert (await correct({"number": 1, "reason": "  "})).status_code == 422


async def test_entries_of_a_subject_follow_the_order_of_its_versions(world: World) -> None:
    assert await record(
        world,
        decision_entry("a"),
        decision_entry("a"),
        decision_entry("b"),
        decision_entry("a", 2, "Non."),
    ) == [0, 1, 2]
    assert (
        await record(
            world,
            decision_entry("a", 2, "Autre."),
            decision_entry("a", 1),
            decision_entry("a", 3, "Non."),
        )
        == []
    )
    assert await record(world, decision_entry("a", 4)) == [3]


async def test_numbers_have_no_gap_after_concurrent_and_failed_appends(world: World) -> None:
    class Changed(Exception):
        pass

    async def append(number: int) -> None:
        async with world.service.database.transaction() as conn:
            new_entries = [decision_entry(f"{number}/{part}") for part in range(3)]
            await journal.record(conn, world.service.clock, new_entries)
            if number % 3 == 0:
                raise Changed

    results = await asyncio.gather(
        *(append(number) for number in range(24)), return_exceptions=True
    )
    assert {type(entry) for entry in results} == {Changed, type(None)}
    assert [entry["number"] for entry in await entries(world)] == list(range(48))
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
        await record(world, decision_entry(f"{number}"))
        assert [await sign(world), await sign(world)] == [True, False]
    verification = await verified(world)
    assert (verification.entries, verification.checkpoints) == (3, 4)
    response = await world.client.get("/journal/checkpoint")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    newest = read_checkpoint(response.text, [await key(world)])
    assert (newest.origin, newest.size) == (ORIGIN, 3)
    assert newest == verification.newest


async def test_the_file_leaves_out_entries_that_no_signature_covers_yet(world: World) -> None:
    await record(world, decision_entry("1"))
    await sign(world)
    await record(world, decision_entry("2"))
    lines = await exported(world)
    assert len(lines) == 2
    assert verify(lines, [await key(world)]).entries == 1


async def test_a_long_journal_is_exported_whole_with_each_checkpoint_in_its_place(
    world: World,
) -> None:
    for size in (1, 999, 1000, 1001, 2000, 2500):
        (row,) = await world.fetch("SELECT size FROM journal_head")
        await record(world, *(decision_entry(f"{number}") for number in range(row["size"], size)))
        await sign(world)
    lines = await exported(world)
    verification = verify(lines, [await key(world)])
    assert (verification.entries, verification.checkpoints) == (2500, 6)
    places = [index for index, line in enumerate(lines) if line.startswith(b'{"checkpoint"')]
    assert places == [1, 1000, 1002, 1004, 2004, 2505]


async def test_an_unchanged_file_is_not_sent_again(world: World) -> None:
    await record(world, decision_entry("1"))
    await sign(world)
    etag = (await world.client.get("/journal.jsonl")).headers["etag"]
    not_modified = await world.client.get("/journal.jsonl", headers={"If-None-Match": etag})
    assert (not_modified.status_code, not_modified.content) == (304, b"")
    await record(world, decision_entry("2"))
    await sign(world)
    longer = await world.client.get("/journal.jsonl", headers={"If-None-Match": etag})
    assert longer.status_code == 200


async def test_the_key_reveals_an_entry_changed_behind_the_triggers(
    world: World,
) -> None:
    """The owner of the database can drop its triggers, but cannot forge the signature."""
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
    """SQL that inserts an entry."""
    text = text or f'{{"number":{number},"on":"2027-01-12"}}'
    leaf = leaf or f"sha256('\\x00'::bytea || convert_to($${text}$$, 'UTF8'))"
    return (
        "INSERT INTO journal_entry (number, kind, subject, version, digest, body, leaf_hash)"
        f" VALUES ({number}, 'decision', '{subject}', 1, '', $${text}$$, {leaf})"
    )


GROW = "UPDATE journal_head SET size = {0}, frontier = frontier || sha256('x')"
# By rule: statements that it refuses, in one transaction, on a signed journal of the entries a, b.
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
# Rules whose statements another rule still refuses.
STILL_REFUSED = {"journal_entries_are_kept": "journal_checkpoints_are_kept"}


async def refused_by(world: World, statements: Sequence[str]) -> str | None:
    """The constraint or trigger that refuses the statements, or None if they succeed."""
    try:
        await world.execute(*statements)
    except asyncpg.IntegrityConstraintViolationError as refused:
        return str(refused.constraint_name)
    return None


@pytest.mark.parametrize("rule", REFUSED)
async def test_the_database_refuses_to_change_the_journal(world: World, rule: str) -> None:
    await record(world, decision_entry("a"), decision_entry("b"))
    await sign(world)
    assert await refused_by(world, REFUSED[rule]) == rule
    # Without the rule the statements succeed, or another rule refuses them.
    drop = "ALTER TABLE {table} DROP CONSTRAINT {rule} CASCADE"
    triggers = await world.fetch(
        "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = $1", rule
    )
    if triggers:
        drop = "DROP TRIGGER {rule} ON {table}"
    tables = ("journal_head", "journal_checkpoint", "journal_entry")
    constraints = await world.fetch(
        "SELECT conrelid::regclass::text FROM pg_constraint WHERE conname = $1", rule
    )
    (table,) = {str(row[0]) for row in [*triggers, *constraints]} & set(tables)
    await world.execute(drop.format(table=table, rule=rule))
    assert await refused_by(world, REFUSED[rule]) == STILL_REFUSED.get(rule)
