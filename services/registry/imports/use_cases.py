"""Importing an administration's export: every line is a member, or refused with its reason.

Nothing is kept of a file that a quotation mark has joined or whose dates could mean two days; of
any other file all is kept, or nothing, or the valid lines when staff ask for that.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO

from services.contracts import codes
from services.contracts.http.registry import CodeFound, ImportReport, LineError
from services.registry.imports import store
from services.registry.imports.csv.lines import DATES, Line, Sheet
from services.registry.imports.csv.reasons import LineRefused, Wrong
from services.registry.imports.rules import LinesUnaccounted
from services.registry.imports.store import StagedLine
from services.registry.members.contact_encryption import Contact, ContactEncryptor
from services.registry.members.rules import first_solicitable_day
from services.runtime.clock import Clock
from services.runtime.postgres.database import Connection
from services.runtime.text import Language, Text, long_date

_CHUNK = 2_000
DUPLICATES = frozenset(
    {"twice_in_file", "mailbox_twice_in_file", "already_member", "mailbox_of_member", "has_left"}
)
_SPELLINGS_SHOWN = 8

_SWALLOWED = Text(
    fr="Un guillemet qui s'ouvre ligne {first} avale tout jusqu'à la ligne {last} : les lignes de "
    "plusieurs personnes se confondent, rien n'est gardé. Corrigez la ligne {first}.",
    en="A quotation mark that opens on line {first} swallows everything up to line {last}: "
    "the lines of several people run together, nothing is kept. Correct line {first}.",
)
_MONTH_FIRST = Text(
    fr="La colonne « {column} » a le mois avant le jour à la ligne {line} : le sens des autres "
    "dates est incertain, rien n'est gardé. Exportez les dates en aaaa-mm-jj.",
    en="The column “{column}” has the month before the day on line {line}: the meaning of "
    "the other dates is uncertain, nothing is kept. Export dates as yyyy-mm-dd.",
)
_NOBODY_FREE = Text(
    fr="Aucune ligne ne dit quand la personne a été contactée pour la dernière fois : toutes les "
    "personnes du fichier ({members}) compteront comme contactées aujourd'hui, et aucune ne pourra "
    "être sollicitée avant le {day}.",
    en="No line says when the person was last contacted: everybody in the file ({members}) will "
    "count as contacted today, and none can be solicited before {day}.",
)
_SOME_UNKNOWN = Text(
    fr="Lignes sans date de dernier contact : {members}. Ces personnes comptent comme contactées "
    "aujourd'hui et ne seront pas sollicitées avant le {day}.",
    en="Lines without a date of last contact: {members}. These people count as contacted today and "
    "are not solicited before {day}.",
)
_REGION_NUMBERS = Text(
    fr="Les numéros de la colonne « {column} » peuvent être des régions ou des départements : ils "
    "sont lus comme des départements.",
    en="The numbers in the column “{column}” may be regions or départements: they are read as "
    "départements.",
)
_PLACELESS = Text(
    fr="Lignes sans fuseau horaire, code postal, région ni département : {members}. Les messages à "
    "ces personnes partent entre 8 h et 20 h, heure de Paris : si certaines vivent outre-mer ou à "
    "l'étranger, ajoutez leur fuseau.",
    en="Lines without a time zone, postcode, region or département: {members}. Messages to these "
    "people leave from 8:00 to 20:00 in Paris: if any of them live overseas or abroad, add their "
    "time zone.",
)
_ELSEWHERE = Text(
    fr="Lignes dont le fuseau horaire n'a pas l'heure de leur code postal, de leur région ou de "
    "leur département : {members}. Le fuseau écrit l'emporte : vérifiez-le, car les messages "
    "partent entre 8 h et 20 h de ce fuseau.",
    en="Lines whose time zone has another hour than their postcode, region or département: "
    "{members}. The zone as written counts: check it, as messages leave from 8:00 to 20:00 there.",
)
_TWO_LEVELS = Text(
    fr="La colonne « {column} » mêle des régions et des départements : un quota par région ne "
    "comptera pas qui a écrit son département.",
    en="The column “{column}” mixes regions and départements: a quota for a region will not count "
    "people who wrote their département.",
)
_COME_BACK = Text(
    fr="Lignes de personnes qui avaient quitté le panel et y reviennent par un consentement donné "
    "depuis : {members}.",
    en="Lines of people who had left the panel and come back by a consent given since: {members}.",
)


@dataclass
class _Lines:
    """What reading the file has found so far."""

    count: int = 0
    refused: list[tuple[int, int, LineRefused]] = field(default_factory=list)


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
    """Take an administration's export: all of it, or nothing unless `accept_valid`.

    `accept_month` confirms that nobody in the file can be solicited for a month, where no line
    says when somebody was last contacted. Memory is bounded by a chunk of lines plus the report.
    Raises FileUnreadable, EncodingDoubtful, ColumnsMissing, ColumnsTwice.
    """
    sheet = await asyncio.to_thread(Sheet, file)
    try:
        await store.create_import_lines(conn)
        lines = await _stage(conn, clock, encryptor, sheet)
    finally:
        sheet.close()
    judged = await store.refuse_lines(conn)
    lines.refused += [(line, line, LineRefused(Wrong(code))) for line, code in judged]
    lines.refused.sort(key=lambda refused: refused[0])
    valid = lines.count - sum(last - first + 1 for first, last, _ in lines.refused)
    facts, staged = sheet.facts, await store.count_import_lines(conn)
    accounted = facts.above + facts.blank + lines.count
    if accounted != facts.physical or staged.valid != valid:
        raise LinesUnaccounted(facts.physical, accounted - valid + staged.valid)
    refused_whole = _refused_whole(sheet, language)
    first_day = first_solicitable_day(clock.today())
    unknown = staged.without_last_contact
    to_confirm = None
    if valid and unknown == valid:
        to_confirm = _NOBODY_FREE.in_(language, members=valid, day=long_date(first_day, language))
    kept = (
        not dry_run
        and not refused_whole
        and (accept_valid or not lines.refused)
        and (accept_month or to_confirm is None)
    )
    imported = await store.insert_members(conn, clock.now()) if kept else 0
    remarks = list(notices(sheet, language))
    if unknown and to_confirm is None:
        remarks.append(
            _SOME_UNKNOWN.in_(language, members=unknown, day=long_date(first_day, language))
        )
    if staged.come_back:
        remarks.append(_COME_BACK.in_(language, members=staged.come_back))
    return ImportReport(
        lines=lines.count,
        lines_above=facts.above,
        blank_lines=facts.blank,
        valid=valid,
        imported=imported,
        duplicates=sum(code in DUPLICATES for _, code in judged),
        dry_run=dry_run,
        kept=kept,
        encoding=sheet.encoding,
        separator=sheet.separator,
        unused_columns=sheet.unused_columns,
        names=facts.names,
        codes=_codes(sheet, language),
        without_last_contact=unknown,
        notices=remarks,
        refused_whole=refused_whole,
        to_confirm=to_confirm,
        errors=[
            LineError(line=first, last_line=last, reason=refused.message(language))
            for first, last, refused in lines.refused
        ],
    )


async def _stage(
    conn: Connection, clock: Clock, encryptor: ContactEncryptor, sheet: Sheet
) -> _Lines:
    found = _Lines()
    lines = sheet.lines(clock)
    while chunk := list(islice(lines, _CHUNK)):
        staged = []
        for line in chunk:
            found.count += line.last - line.first + 1
            if isinstance(line.content, LineRefused):
                found.refused.append((line.first, line.last, line.content))
            else:
                staged.append(_staged_line(line, encryptor))
        await store.insert_import_lines(conn, staged)
        # Encrypting a chunk costs the loop some 50 ms: let messages and pages have their turn.
        await asyncio.sleep(0)
    return found


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


def _refused_whole(sheet: Sheet, language: Language) -> list[str]:
    reasons = [
        _SWALLOWED.in_(language, first=first, last=last) for first, last in sheet.facts.swallowed
    ]
    return reasons + [
        _MONTH_FIRST.in_(language, column=sheet.column(name), line=sheet.facts.month_first[name])
        for name in DATES
        if name in sheet.facts.month_first
    ]


def notices(sheet: Sheet, language: Language) -> Iterable[str]:
    """Sentences on a file that refuse nothing."""
    regions = {code for attribute, code in sheet.facts.codes if attribute == "region"}
    numbers = {code for code in regions if code in codes.DEPARTMENTS}
    if numbers and sheet.facts.region_numbers_unclear:
        yield _REGION_NUMBERS.in_(language, column=sheet.column("region"))
    if numbers and regions - numbers - codes.OVERSEAS:
        yield _TWO_LEVELS.in_(language, column=sheet.column("region"))
    if placeless := sheet.facts.placeless:
        yield _PLACELESS.in_(language, members=placeless)
    if elsewhere := sheet.facts.elsewhere:
        yield _ELSEWHERE.in_(language, members=elsewhere)


def _codes(sheet: Sheet, language: Language) -> list[CodeFound]:
    found = []
    for (attribute, code), spellings in sorted(sheet.facts.codes.items()):
        label = codes.label_of(attribute, code)
        assert label is not None
        found.append(
            CodeFound(
                attribute=attribute,
                code=code,
                label=label.fr if language == "fr" else label.en,
                lines=spellings.total(),
                spellings=[written for written, _ in spellings.most_common(_SPELLINGS_SHOWN)],
            )
        )
    return found
