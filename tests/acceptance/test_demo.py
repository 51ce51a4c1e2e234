"""The product from a newcomer's view: demonstration, charter check, and an orderly end.

The tests share one data directory, because starting real servers takes time.
"""

import asyncio
import json
import signal
import subprocess
from importlib.resources import files
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import asyncpg
import psutil
import pytest

from deploy.local import endpoints
from deploy.local.endpoints import Endpoints
from tests.acceptance import sabotage
from tests.acceptance.command import children_of, panel, started, wait_until_up

pytestmark = [pytest.mark.servers, pytest.mark.timeout(420)]


def wait_until_starting(process: "subprocess.Popen[str]", data_dir: Path) -> None:
    """Wait until it has locked its directory and begins to start its servers."""
    deadline = monotonic() + 60
    while not (data_dir / "ports.json").exists() or not children_of(process):
        assert process.poll() is None, process.communicate()[0]
        assert monotonic() < deadline
        sleep(0.02)


def wait_until_known(process: "subprocess.Popen[str]", data_dir: Path, project: str) -> None:
    """Wait until responses has learnt of a published project."""
    deadline = monotonic() + 60
    while panel("questionnaires", "show", project, data_dir=data_dir).returncode:
        assert process.poll() is None, process.communicate()[0]
        assert monotonic() < deadline


def wait_until_erased(data_dir: Path) -> None:
    """Wait until all services know; the charter check tells."""
    deadline = monotonic() + 60
    while not judged(data_dir)[1]["silent_after_erasing"]["looked_at"]:
        assert monotonic() < deadline


def alive(family: list[psutil.Process]) -> list[psutil.Process]:
    """Processes that still run; zombies that their new parent has not collected do not."""
    return [
        process
        for process in family
        if process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    ]


def execute(dsn: str, *statements: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(dsn)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(run())


def judged(data_dir: Path) -> tuple[int, dict[str, dict[str, Any]]]:
    ended = panel("check", "--json", data_dir=data_dir)
    answer = json.loads(ended.stdout)
    assert answer["holds"] == (ended.returncode == 0)
    return ended.returncode, {promise["code"]: promise for promise in answer["promises"]}


def broken(data_dir: Path) -> set[str]:
    status, promises = judged(data_dir)
    wrong = {code for code, promise in promises.items() if not promise["holds"]}
    assert status == (1 if wrong else 0)
    return wrong


def test_the_demonstration_keeps_every_promise_and_stops_everything(
    demonstrated: tuple[Path, dict[str, Any]],
) -> None:
    data_dir, answer = demonstrated
    assert answer["holds"]
    looked_at = {promise["code"]: promise["looked_at"] for promise in answer["promises"]}
    # 600 + 500 + 400 wanted, and enough members for all of them.
    assert looked_at["messages_apart"] == looked_at["deliveries_apart"] == 1_500
    assert looked_at["memberships_three_years"] == 5_000
    assert looked_at["participations_chosen"] > 300
    assert looked_at["no_personal_data_on_the_bus"] > 5_000 + 1_500 + 1_500
    assert looked_at["silence_after_leaving"] > 0
    # Participants answered two projects; one of them was read whole and synthesised.
    assert looked_at["no_answer_dropped"] > 100
    assert looked_at["words_read_before_synthesis"] == looked_at["words_lead_somewhere"] > 40
    assert looked_at["proposals_all_listed"] >= 8
    assert looked_at["days_only_where_opinions_are"] > 10
    # Two mandates with their decision makers, and three draws committed and then revealed.
    assert looked_at["journal_verifies"] >= 10
    # That project is closed: every proposal has its answer, every participant the report.
    assert looked_at["every_proposal_answered"] == looked_at["decisions_signed_by_another"] >= 5
    assert looked_at["closed_with_every_answer"] == looked_at["every_proposal_answered"] + 1
    assert looked_at["reports_on_synthesised"] == 1
    assert not (data_dir / endpoints.FILE).exists()
    assert not [
        process
        for process in psutil.process_iter(["cmdline"])
        if str(data_dir) in " ".join(process.info["cmdline"] or [])
    ]


def assert_that_what_is_hidden_again_is_seen(data_dir: Path, stack: Endpoints) -> None:
    """A real erasure comes first; it breaks no promise."""
    order = sabotage.erase_somebody(stack)
    wait_until_erased(data_dir)
    assert broken(data_dir) == set()
    mail = stack.mail_journal.read_bytes()
    sabotage.write_mail(stack.mail_journal, order)
    for service, statements in sabotage.STATEMENTS.items():
        execute(stack.dsn(service), *statements)
    try:
        _, promises = judged(data_dir)
    finally:
        stack.mail_journal.write_bytes(mail)
        for service, statements in sabotage.UNDONE.items():
            execute(stack.dsn(service), *statements)
    assert {code for code, promise in promises.items() if not promise["holds"]} >= sabotage.SEEN_BY
    assert promises["no_answer_dropped"]["holds"], "as many credentials as answers are gone"
    assert {name for promise in promises.values() for name in promise["named"]} >= sabotage.NAMED


def test_the_check_fails_when_promises_are_broken_by_hand(
    demonstrated: tuple[Path, dict[str, Any]],
) -> None:
    data_dir, _ = demonstrated
    with started(data_dir) as process:
        wait_until_up(process, data_dir)
        stack = endpoints.read(data_dir)
        campaigns, registry = stack.dsn("campaigns"), stack.dsn("registry")
        assert broken(data_dir) == set()
        assert_that_what_is_hidden_again_is_seen(data_dir, stack)
        assert "decisions_signed_by_another" not in broken(data_dir)

        execute(
            campaigns,
            "ALTER TABLE ledger DROP CONSTRAINT ledger_one_solicitation_in_31_days",
            """WITH again AS (SELECT * FROM ledger ORDER BY order_id LIMIT 1), ordered AS (
                INSERT INTO send_order (order_id, version, state, class, kind, member_id,
                    subject_id, project_id, project_version, campaign_id, first_day, last_day,
                    details, ordered_at, answer, answer_day, answer_version)
                SELECT gen_random_uuid(), 1, 'ordered', 'solicitation', 'reminder', l.member_id,
                    o.subject_id, o.project_id, o.project_version, o.campaign_id,
                    l.first_day + 30, l.last_day + 30, '{}', o.ordered_at, 'sent',
                    l.last_day + 30, 1
                FROM again l JOIN send_order o USING (order_id) RETURNING *)
            INSERT INTO ledger SELECT order_id, member_id, first_day, last_day, 'consumed'
            FROM ordered""",
        )
        assert {"ledger_constraint_stands", "ledger_apart"} <= broken(data_dir)

        execute(
            registry,
            "ALTER TABLE contact_lock DROP CONSTRAINT contact_lock_one_per_person",
        )
        assert "contact_lock_stands" in broken(data_dir)

        execute(
            stack.dsn("responses"),
            "ALTER TABLE reading DISABLE TRIGGER ALL",
            "ALTER TABLE contribution DISABLE TRIGGER ALL",
            "ALTER TABLE reading_link DISABLE TRIGGER ALL",
            "DELETE FROM reading_link",
            "DELETE FROM reading WHERE reader = 'ines'",
            "DELETE FROM contribution WHERE id = (SELECT id FROM contribution LIMIT 1)",
        )
        assert {
            "words_read_before_synthesis",
            "words_lead_somewhere",
            "no_answer_dropped",
        } <= broken(data_dir)

        execute(
            stack.dsn("feedback"),
            "ALTER TABLE journal_entry DISABLE TRIGGER journal_entry_is_final",
            "ALTER TABLE journal_entry DROP CONSTRAINT journal_entry_leaf_is_its_text",
            "UPDATE journal_entry SET body = replace(body, 'M. Bernard', 'Personne')"
            " WHERE kind = 'decision_maker'",
        )
        assert {"journal_verifies", "journal_tells_all"} <= broken(data_dir)

        execute(
            stack.dsn("feedback"),
            "ALTER TABLE published_decision DISABLE TRIGGER ALL",
            "DELETE FROM published_decision WHERE proposal_id = (SELECT proposal_id FROM decision"
            " LIMIT 1)",
            "ALTER TABLE decision DROP CONSTRAINT decision_signer_is_not_the_drafter",
            "UPDATE decision SET signer = drafter WHERE outcome = 'not'",
        )
        assert {"every_proposal_answered", "decisions_signed_by_another"} <= broken(data_dir)

        family = children_of(process)
        assert len(family) >= 6
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert not alive(family)
        assert not (data_dir / endpoints.FILE).exists()


def test_a_message_twice_in_the_journal_is_found(
    demonstrated: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    """The charter check trusts the mail server, whatever the services recorded."""
    from deploy.charter_check import evidence
    from deploy.charter_check.mail_journal import PARIS, Journal

    data_dir, _ = demonstrated
    copy = tmp_path / "mail.jsonl"
    lines = (data_dir / "mail.jsonl").read_bytes().splitlines(keepends=True)
    invitation = next(line for line in lines if b'"invitation"' in line)
    copy.write_bytes(b"".join([*lines, invitation]))
    messages = list(Journal(copy).new())
    deliveries = [
        {"order_id": message.order_id, "zone": PARIS, "day": None} for message in messages
    ]
    gathered = evidence.Evidence(messages, deliveries, [], [], [])
    assert evidence.messages_apart(gathered)[1] == 1
    assert evidence.orders_used_once(gathered)[1] == 1


def test_interrupted_while_it_starts_it_leaves_nothing_behind(tmp_path: Path) -> None:
    with started(tmp_path) as process:
        wait_until_starting(process, tmp_path)
        family = children_of(process)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert not alive(family)
    assert not (tmp_path / endpoints.FILE).exists()


def test_a_second_runner_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with started(tmp_path) as process:
        wait_until_starting(process, tmp_path)
        refused = panel("up", data_dir=tmp_path)
        assert refused.returncode == 2
        lines = refused.stderr.splitlines()
        assert len(lines) == 1
        assert f"in use by process {process.pid}" in lines[0]


def test_what_was_read_can_be_asked_for_on_the_command_line_and_all_is_well(
    demonstrated: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    data_dir, _ = demonstrated
    with started(data_dir) as process:
        wait_until_up(process, data_dir)
        projects = json.loads(panel("projects", "list", "--json", data_dir=data_dir).stdout)
        letter = next(project["id"] for project in projects if "Lettre" in project["title"])

        def output_of(*arguments: str) -> str:
            ended = panel(*arguments, data_dir=data_dir)
            assert ended.returncode == 0, ended.stderr
            return ended.stdout

        board = json.loads(output_of("proposals", "list", letter, "--json"))
        assert board["synthesised_by"] == "Inès B."
        assert board["blocked_by"] == []
        assert "Median reading time" in output_of("attention", letter)
        assert "fewer than 5" in output_of("results", letter)
        assert "×" in output_of("results", letter, "--cross", "ton", "clarte")
        file = tmp_path / "results.xlsx"
        output_of("results", letter, "--export", str(file))
        assert file.read_bytes()[:2] == b"PK"
        (first, *_) = json.loads(output_of("readings", "find", letter, "papier", "--json"))
        assert "papier" in first["words"]
        refused = panel("readings", "record", first["id"], "--no-suggestion", data_dir=data_dir)
        assert refused.returncode == 2
        assert "synthesis is made" in refused.stderr
        word_file = tmp_path / "words.csv"
        output_of("readings", "export", letter, str(word_file))
        assert word_file.read_text().count("\n") > 40
        wrong = panel("results", letter, "--export", "results.pdf", data_dir=data_dir)
        assert wrong.returncode == 2
        assert ".xlsx" in wrong.stderr
        diagnosis = json.loads(output_of("doctor", "--json"))
        assert {finding["verdict"] for finding in diagnosis["findings"]} == {"well"}


def test_a_questionnaire_is_prepared_on_the_command_line(
    demonstrated: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    data_dir, _ = demonstrated
    sheet = tmp_path / "sheet.yaml"
    example = files("deploy.demo").joinpath("examples", "carte-identite.yaml").read_text()
    sheet.write_text(example.partition("questionnaire:")[0])
    letter = tmp_path / "lettre.html"
    letter.write_text("<h1>Votre carte</h1><p>Elle est prête.</p><script>alert(1)</script>")
    with started(data_dir) as process:
        wait_until_up(process, data_dir)

        def output_of(*arguments: str) -> str:
            ended = panel(*arguments, data_dir=data_dir)
            assert ended.returncode == 0, ended.stderr
            return ended.stdout

        created = json.loads(output_of("projects", "create", str(sheet), "--publish", "--json"))
        project = created["project"]["id"]
        wait_until_known(process, data_dir, project)
        added = json.loads(output_of("documents", "add", project, str(letter), "--json"))
        assert "alert" not in added["text"]
        questions = tmp_path / "questions.yaml"
        questions.write_text(
            "questions:\n"
            "  - id: letter\n    kind: document_test\n    text: {fr: Lisez la lettre}\n"
            f"    document_id: {added['id']}\n"
        )
        output = output_of("questionnaires", "write", project, str(questions))
        assert "1 question(s)" in output
        assert "/answer/" in output, "where it can be seen as members will"
        assert "frozen" in output_of("questionnaires", "ready", project)
        questions.write_text(questions.read_text().replace("Lisez", "Relisez"))
        frozen = panel("questionnaires", "write", project, str(questions), data_dir=data_dir)
        assert frozen.returncode == 2
        assert "frozen" in frozen.stderr
        assert "lettre" in output_of("documents", "list", project)
        formbricks = tmp_path / "formbricks.json"
        asking = {"questions": [{"id": "why", "type": "openText", "headline": "Pourquoi ?"}]}
        formbricks.write_text(json.dumps(asking))
        brought = output_of("questionnaires", "import", str(formbricks), "--format", "formbricks")
        assert "fr: Pourquoi ?" in brought
