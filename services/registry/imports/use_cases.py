"""Import of an administration's export: every line becomes a member, or is refused with its reason.

Nothing is kept of a file in which a quotation mark joins several people's lines, or whose dates
could mean two days; of any other file all lines are kept, or none, or the valid ones on request.
"""

import asyncio
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO

from services.contracts.http.registry import ImportReport
from services.registry.imports import store, views
from services.registry.imports.csv.csv_file import CsvFile, Line
from services.registry.imports.csv.reasons import LineRefused, Reason
from services.registry.imports.rules import LinesUnaccounted
from services.registry.imports.store import StagedLine
from services.registry.imports.views import RefusedLine
from services.registry.members.contact_encryption import ContactEncryptor
from services.registry.members.rules import Contact, first_solicitable_day
from services.runtime.clock import Clock
from services.runtime.postgres.database import Connection
from services.runtime.text import Language

_CHUNK = 2_000
DUPLICATES = frozenset(
    {"twice_in_file", "mailbox_twice_in_file", "already_member", "mailbox_of_member", "has_left"}
)


@dataclass
class _Lines:
    """Lines below the header: their number, and the refused ones."""

    count: int = 0
    refused: list[RefusedLine] = field(default_factory=list)


async def import_members(
    conn: Connection,
    clock: Clock,
    encryptor: ContactEncryptor,
    file: BinaryIO,
    language: Language,
    *,
    dry_run: bool = False,
    accept_valid: bool = False,
    accept_month: bool = False,
) -> ImportReport:
    """Import an administration's export: all of it, or nothing unless `accept_valid`.

    `accept_month` confirms that nobody in the file can be solicited for a month, where no line
    names a last contact. Memory is bounded by a chunk of lines plus the report.
    Raises FileUnreadable, EncodingDoubtful, ColumnsMissing, DuplicateColumns.
    """
    csv_file = await asyncio.to_thread(CsvFile, file)
    try:
        await store.create_import_lines(conn)
        lines = await _stage_lines(conn, clock, encryptor, csv_file)
    finally:
        csv_file.close()
    refusals = await store.refuse_lines(conn)
    lines.refused += [RefusedLine(line, line, LineRefused(Reason(code))) for line, code in refusals]
    lines.refused.sort(key=lambda refused: refused.first)
    staged = await store.count_import_lines(conn)
    valid = lines.count - sum(refused.last - refused.first + 1 for refused in lines.refused)
    facts = csv_file.facts
    accounted = facts.above + facts.blank + lines.count
    if accounted != facts.physical or staged.valid != valid:
        raise LinesUnaccounted(facts.physical, accounted - valid + staged.valid)
    refused_whole = views.refusals_of_file(csv_file, language)
    free_day = first_solicitable_day(clock.today())
    to_confirm = views.confirmation(staged, free_day, language)
    accepted = (
        not dry_run
        and not refused_whole
        and (accept_valid or not lines.refused)
        and (accept_month or to_confirm is None)
    )
    imported = await store.insert_members(conn, clock.now()) if accepted else 0
    return ImportReport(
        lines=lines.count,
        lines_above=facts.above,
        blank_lines=facts.blank,
        valid=valid,
        imported=imported,
        duplicates=sum(code in DUPLICATES for _, code in refusals),
        dry_run=dry_run,
        kept=accepted,
        encoding=csv_file.encoding,
        separator=csv_file.separator,
        unused_columns=csv_file.unused_columns,
        names=facts.names,
        codes=views.codes_read(csv_file, language),
        without_last_contact=staged.without_last_contact,
        notices=[
            *views.notices(csv_file, language),
            *views.notices_of_lines(staged, free_day, language),
        ],
        refused_whole=refused_whole,
        to_confirm=to_confirm,
        errors=[views.line_error(refused, language) for refused in lines.refused],
    )


async def _stage_lines(
    conn: Connection, clock: Clock, encryptor: ContactEncryptor, csv_file: CsvFile
) -> _Lines:
    result = _Lines()
    lines = csv_file.lines(clock)
    while chunk := list(islice(lines, _CHUNK)):
        staged = []
        for line in chunk:
            result.count += line.last - line.first + 1
            if isinstance(line.content, LineRefused):
                result.refused.append(RefusedLine(line.first, line.last, line.content))
            else:
                staged.append(_staged_line(line, encryptor))
        await store.insert_import_lines(conn, staged)
        # Encrypting a chunk blocks the event loop some 50 ms: let messages and pages have a turn.
        await asyncio.sleep(0)
    return result


def _staged_line(line: Line, encryptor: ContactEncryptor) -> StagedLine:
    person = line.content
    assert not isinstance(person, LineRefused)
    member_id = encryptor.new_id()
    return StagedLine(
        line=line.first,
        member_id=member_id,
        person=person,
        contact=encryptor.encrypt(member_id, Contact(person.address, person.name)),
        email_hash=encryptor.hash(person.address),
        mailbox_hash=encryptor.mailbox_hash(person.address),
    )
