"""Members: import and erase them; what the mail server replied about them."""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from console.commands.options import Json, both, command, group
from console.commands.refusals import Refusal
from console.commands.session import Session, asynchronous, print_json, session
from console.words import Text

if TYPE_CHECKING:
    from services.contracts.http.registry import ImportReport

REASONS_SHOWN = 20

_IMPORTED = Text(
    fr="{imported} membres importés sur {lines} lignes ({encoding}, séparateur « {separator} »).",
    en="{imported} members imported out of {lines} lines ({encoding}, separator “{separator}”).",
)
_WOULD_IMPORT = Text(
    fr="Essai : {valid} lignes sur {lines} sont bonnes ({encoding}, séparateur « {separator} »).",
    en="Dry run: {valid} of {lines} lines are good ({encoding}, separator “{separator}”).",
)
_NOTHING_KEPT = Text(
    fr="Rien n'a été gardé : corrigez le fichier, ou gardez les {valid} bonnes lignes avec "
    "--accept-valid.",
    en="Nothing was kept: correct the file, or keep the {valid} good lines with --accept-valid.",
)
_ERASED = Text(
    fr="C'est fait : les données de ce membre sont effacées.",
    en="Done: this member's data is erased.",
)
_WAS_ERASED = Text(fr="Ce membre était déjà effacé.", en="This member was already erased.")
_NOT_CONFIRMED = Text(
    fr="Rien n'a été gardé. Si cela vous convient, ajoutez --accept-month ; sinon, ajoutez au "
    "fichier une colonne Dernier contact.",
    en="Nothing was kept. If you agree to this, add --accept-month; otherwise add a column Last "
    "contact to the file.",
)
_KEEP_ANYWAY = Text(fr="Les garder quand même ?", en="Keep them anyway?")
_UNUSED = Text(
    fr="Colonnes qui ne sont pas importées : {columns}.",
    en="Columns that are not imported: {columns}.",
)
_NAMES = Text(fr="Noms tels que lus : {names}.", en="Names as they were read: {names}.")
_ATTRIBUTE = Text(fr="attribut", en="attribute")
_CODE = Text(fr="code", en="code")
_LINES = Text(fr="lignes", en="lines")
_SPELLINGS = Text(fr="écrit", en="written")
_NO_REPLIES = Text(
    fr="Le serveur de messagerie n'a refusé aucun message.",
    en="The mail server has refused no message.",
)
_REPLY = Text(
    fr="{orders} ordres, dont {waiting} en attente : {reply}",
    en="{orders} orders, {waiting} of them waiting: {reply}",
)
_LINE = Text(fr="ligne", en="line")
_REASON = Text(fr="raison", en="reason")
_MORE = Text(fr="et {n} autres lignes", en="and {n} more lines")


class NoFile(Refusal):
    status = 404
    sentence = Text(fr="Le fichier {file} ne peut pas être lu.", en="{file} cannot be read.")


def register(app: typer.Typer) -> None:
    members = group(app, "members", both("Les membres.", "The members."))
    command(members, "import", both("Importer un fichier CSV.", "Import a CSV file."))(import_)
    command(
        members,
        "erase",
        both("Oublier un membre, pour de bon.", "Forget a member, for good."),
    )(erase)
    command(
        members,
        "replies",
        both(
            "Ce que le serveur de messagerie a répondu en refusant des messages.",
            "The mail server's words on the messages that it refused.",
        ),
    )(replies)


def replies(ctx: typer.Context, json: Json = False) -> None:
    current = session(ctx)

    async def show() -> None:
        async with current.staff() as staff:
            mail_replies = await staff.mail_replies()
        if json:
            print_json(mail_replies)
        elif not mail_replies.replies:
            current.tell(_NO_REPLIES)
        for reply in () if json else mail_replies.replies:
            current.tell(_REPLY, **reply.model_dump(include={"reply", "orders", "waiting"}))

    asynchronous(show)


def erase(
    ctx: typer.Context,
    member: Annotated[UUID, typer.Argument(metavar="MEMBER")],
    json: Json = False,
) -> None:
    current = session(ctx)

    async def send() -> None:
        async with current.staff() as staff:
            erasure = await staff.erase_member(member)
        if json:
            print_json(erasure)
        else:
            current.tell(_ERASED if erasure.erased_now else _WAS_ERASED)

    asynchronous(send)


def import_(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help=both("Ne rien garder.", "Keep nothing.")),
    ] = False,
    accept_valid: Annotated[
        bool,
        typer.Option(
            "--accept-valid",
            help=both(
                "Garder les bonnes lignes même si d'autres sont fausses.",
                "Keep the good lines even if others are wrong.",
            ),
        ),
    ] = False,
    accept_month: Annotated[
        bool,
        typer.Option(
            "--accept-month",
            help=both(
                "Accepter que personne du fichier ne puisse être sollicité pendant un mois.",
                "Accept that nobody in the file can be solicited for a month.",
            ),
        ),
    ] = False,
    json: Json = False,
) -> None:
    from collections.abc import AsyncIterator

    current = session(ctx)
    try:
        source = file.open("rb")
    except OSError as error:
        raise NoFile(file=file) from error

    async def content() -> AsyncIterator[bytes]:
        source.seek(0)
        while chunk := source.read(1 << 18):
            yield chunk

    async def send(accept_month: bool) -> "ImportReport":
        async with current.staff() as staff:
            return await staff.import_members(
                content(),
                dry_run=dry_run,
                accept_valid=accept_valid,
                accept_month=accept_month,
            )

    with source:
        report = asynchronous(partial(send, accept_month))
        if not json:
            show_import(current, report, accept_valid=accept_valid)
        asks = not json and sys.stdin.isatty() and waits_for_confirmation(report, accept_valid)
        if asks and current.confirms(_KEEP_ANYWAY):
            report = asynchronous(partial(send, True))
            show_import(current, report, accept_valid=accept_valid)
    if json:
        print_json(report)
    if not report.kept and not report.dry_run:
        raise typer.Exit(1)


def waits_for_confirmation(report: "ImportReport", accept_valid: bool) -> bool:
    """Whether nothing but a consequence that staff has not confirmed keeps a file out."""
    return (
        report.to_confirm is not None
        and (accept_valid or not report.errors)
        and not report.kept
        and not report.dry_run
        and not report.refused_whole
    )


def show_import(current: Session, report: "ImportReport", *, accept_valid: bool) -> None:
    from rich.table import Table

    from console.client.vocabulary import ATTRIBUTES
    from services.contracts.codes import plain

    summary = _WOULD_IMPORT if report.dry_run else _IMPORTED
    current.tell(summary, **report.model_dump(include={
        "imported", "valid", "lines", "encoding", "separator",
    }))  # fmt: skip
    if report.names:
        current.tell(_NAMES, names=", ".join(f"« {name} »" for name in report.names))
    if report.unused_columns:
        current.tell(_UNUSED, columns=", ".join(f"« {name} »" for name in report.unused_columns))
    if report.codes:
        table = Table(box=None, header_style="dim")
        for heading in (_ATTRIBUTE, _CODE, _LINES, _SPELLINGS):
            table.add_column(current.say(heading), justify="right" if heading is _LINES else "left")
        for code in report.codes:
            same = plain(code.code) == plain(code.label)
            table.add_row(
                ATTRIBUTES[code.attribute].in_(current.language),
                code.code if same else f"{code.code} {code.label}",
                str(code.lines),
                ", ".join(code.spellings),
            )
        current.out.print(table)
    for sentence in (*report.refused_whole, *report.notices):
        current.out.print(sentence)
    if report.errors:
        table = Table(box=None, header_style="dim")
        table.add_column(current.say(_LINE), justify="right")
        table.add_column(current.say(_REASON))
        for error in report.errors[:REASONS_SHOWN]:
            span = f"{error.line}–{error.last_line}"
            lines = span if error.last_line > error.line else str(error.line)
            table.add_row(lines, error.reason)
        if len(report.errors) > REASONS_SHOWN:
            table.add_row("…", current.say(_MORE, n=len(report.errors) - REASONS_SHOWN))
        current.out.print(table)
    if report.to_confirm and not report.kept:
        current.out.print(report.to_confirm)
    if waits_for_confirmation(report, accept_valid):
        current.tell(_NOT_CONFIRMED)
    elif not report.kept and not report.dry_run and not report.refused_whole:
        current.tell(_NOTHING_KEPT, valid=report.valid)
