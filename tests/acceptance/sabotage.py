"""Sabotage: changes by a person with every right on the servers, hidden again afterwards."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg

from deploy.local.endpoints import Endpoints
from deploy.local.staff import LocalStaff

# Triggers that would refuse it are switched off for the moment only.
STATEMENTS = {
    "registry": ("ALTER TABLE delivery DISABLE TRIGGER delivery_moves_as_listed",),
    "campaigns": (
        "ALTER TABLE project DISABLE TRIGGER project_closes_when_nothing_is_owed",
        "CREATE VIEW answers AS SELECT member_id, state FROM invitation",
        "GRANT SELECT ON answers TO panel_draw",
    ),
    "responses": (
        "ALTER TABLE contribution DISABLE TRIGGER contribution_kept",
        "ALTER TABLE proposal DISABLE TRIGGER proposal_is_final",
        "ALTER TABLE spent_credential DISABLE TRIGGER spent_credential_kept",
        "UPDATE contribution SET words = words || ' Tout va bien.' WHERE id ="
        " (SELECT id FROM contribution WHERE words <> '' LIMIT 1)",
        "UPDATE proposal SET text = text || ' Ou pas.' WHERE id ="
        " (SELECT id FROM proposal WHERE state = 'submitted' LIMIT 1)",
        """WITH gone AS (DELETE FROM contribution WHERE id = (SELECT id FROM contribution c
            WHERE NOT EXISTS (SELECT FROM reading WHERE contribution_id = c.id) LIMIT 1)
            RETURNING project_id)
        DELETE FROM spent_credential WHERE ctid = (SELECT s.ctid FROM spent_credential s
            JOIN gone USING (project_id) LIMIT 1)""",
        "ALTER TABLE contribution ENABLE TRIGGER contribution_kept",
        "ALTER TABLE proposal ENABLE TRIGGER proposal_is_final",
        "ALTER TABLE spent_credential ENABLE TRIGGER spent_credential_kept",
        "ALTER TABLE collection DISABLE TRIGGER collection_transition",
    ),
    "feedback": (
        "ALTER TABLE decision DISABLE TRIGGER decision_transition",
        "UPDATE decision SET drafted_by = '  ' || upper(signed_by_name) || '.'"
        " WHERE proposal_id = (SELECT proposal_id FROM decision WHERE state = 'published' LIMIT 1)",
    ),
}
UNDONE = {
    "campaigns": ("DROP VIEW answers",),
    "feedback": ("UPDATE decision SET drafted_by = 'Camille R.' WHERE drafted_by LIKE '  %'",),
}
SEEN_BY = {
    "messages_apart",
    "sending_hours",
    "silence_after_leaving",
    "contributions_as_told",
    "credentials_as_told",
    "answers_as_told",
    "words_are_the_answers",
    "words_as_told",
    "decisions_signed_by_another",
    "registry_rules_as_migrated",
    "campaigns_rules_as_migrated",
    "campaigns_rights_as_migrated",
    "responses_rules_as_migrated",
    "feedback_rules_as_migrated",
}
NAMED = {
    "changed: trigger public.delivery.delivery_moves_as_listed",
    "changed: trigger public.project.project_closes_when_nothing_is_owed",
    "changed: trigger public.collection.collection_transition",
    "changed: trigger public.decision.decision_transition",
    "added: view public.answers",
    "added: right public.answers: panel_draw SELECT",
}


def erase_somebody(stack: Endpoints) -> str:
    """Erase a member who was sent an invitation; returns its order."""

    async def run() -> str:
        connection = await asyncpg.connect(stack.dsn("registry"))
        try:
            sent = await connection.fetchrow(
                "SELECT member_id, order_id FROM delivery JOIN member m USING (member_id)"
                " WHERE state = 'sent' AND kind = 'invitation' AND m.status = 'active' LIMIT 1"
            )
            assert sent is not None
        finally:
            await connection.close()
        async with LocalStaff(stack, "en") as staff:
            await staff.erase_member(sent["member_id"])
        return str(sent["order_id"])

    return asyncio.run(run())


def write_mail(journal: Path, order_of_erased: str) -> None:
    """Add a notice to an erased member, a second solicitation, and a message without an order."""
    first, second = (
        json.loads(line)
        for line in [
            line_of_all
            for line_of_all in journal.read_text().splitlines()
            if '"invitation"' in line_of_all
        ][:2]
    )
    first["recipient"], second["recipient"] = "lea.durand@gmail.com", "LeaDurand+a@googlemail.com"
    notice, stray = json.loads(json.dumps(first)), json.loads(json.dumps(second))
    notice["headers"] |= {"X-Panel-Kind": "report", "X-Panel-Order": order_of_erased}
    notice["real_time"] = datetime.now(UTC).isoformat()
    stray["recipient"] = "somebody@example.org"
    stray["headers"] |= {"X-Panel-Kind": "report", "X-Panel-Order": str(uuid4())}
    with journal.open("a") as file:
        file.writelines(f"{json.dumps(message)}\n" for message in (first, second, notice, stray))
