"""The transparency journal: written to a file, shown in words, corrected."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from console.commands.options import Json, both, command, group
from console.commands.refusals import Refusal
from console.commands.session import Session, asynchronous, print_json, request, session
from console.words import Text
from services.contracts.characters import shown_line

_WRITTEN = Text(
    fr="Écrit : {file}. Clé pour vérifier :", en="Written: {file}. Key to verify it with:"
)
_CORRECTED = Text(
    fr="L'inscription {number} corrige la {corrected}, qui reste.",
    en="Entry {number} corrects {corrected}, which stays.",
)
_NUMBER, _DAY, _KIND, _SAYS = (
    Text(fr="n°", en="no."),
    Text(fr="jour", en="day"),
    Text(fr="inscription", en="entry"),
    Text(fr="ce qu'elle dit", en="what it says"),
)
KINDS = {
    "mandate": Text(fr="mandat", en="mandate"),
    "decision_maker": Text(fr="qui décide", en="decision maker"),
    "ended_early": Text(fr="fin anticipée", en="ended early"),
    "draw_committed": Text(fr="tirage engagé", en="draw committed"),
    "draw_revealed": Text(fr="graine révélée", en="seed revealed"),
    "draw_contradicted": Text(fr="graine contredite", en="seed contradicted"),
    "decision": Text(fr="décision", en="decision"),
    "report": Text(fr="retour", en="report"),
    "follow_up": Text(fr="suivi", en="follow-up"),
    "correction": Text(fr="correction", en="correction"),
}
_SHOWN_WORDS = ("reason", "summary", "note", "name", "progress", "outcome", "seed", "commitment")
_SHOWN = 160


class NoFile(Refusal):
    status = 404
    sentence = Text(fr="Ce fichier ne se lit pas : {file}.", en="This file cannot be read: {file}.")


class NoAnswer(Refusal):
    status = 503
    sentence = Text(
        fr="Le journal ne répond pas à {url} : {error}.",
        en="The journal does not answer at {url}: {error}.",
    )


File = Annotated[Path, typer.Argument(metavar="FILE")]
Url = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="URL",
        help=both(
            "Adresse du compte rendu public, au lieu du panel local.",
            "Address of the public account, instead of the local panel.",
        ),
    ),
]


def register(app: typer.Typer) -> typer.Typer:
    """Returns the group, for commands of others."""
    journal = group(app, "journal", both("Le journal de transparence.", "The journal."))
    command(journal, "export", both("L'écrire dans un fichier.", "Write it to a file."))(export)
    command(journal, "show", both("Montrer les inscriptions.", "Show its entries."))(show)
    command(
        journal,
        "correct",
        both("Dire qu'une inscription est fausse.", "Say that an entry is wrong."),
    )(correct)
    return journal


def export(
    ctx: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]")] = None,
    address: Url = None,
) -> None:
    """To a file, or to where the output goes."""
    current = session(ctx)
    url = address or current.url("feedback")
    if file is None:
        for piece in _pieces(url, "/journal.jsonl"):
            sys.stdout.buffer.write(piece)
        return
    with file.open("wb") as out:
        for piece in _pieces(url, "/journal.jsonl"):
            out.write(piece)
    current.tell(_WRITTEN, file=file)
    current.out.print(b"".join(_pieces(url, "/journal/key")).decode().strip(), soft_wrap=True)


def show(
    ctx: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]")] = None,
    last: Annotated[
        int,
        typer.Option("--last", help=both("Combien, les dernières.", "How many, the last.")),
    ] = 30,
    project: Annotated[
        str | None,
        typer.Option("--project", help=both("D'un seul projet.", "Of one project.")),
    ] = None,
    address: Url = None,
    json: Json = False,
) -> None:
    """From a file or from the running panel. Nothing is verified here."""
    from collections import deque

    current = session(ctx)
    entries: deque[dict[str, Any]] = deque(maxlen=last)
    for entry in _entries(current, file, address):
        if project is None or entry.get("project_id") == project:
            entries.append(entry)
    if json:
        print_json({"entries": list(entries)})
    else:
        _list(current, entries)


def correct(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(metavar="NUMBER", min=0)],
    reason: Annotated[str, typer.Argument(metavar="REASON")],
    json: Json = False,
) -> None:
    from services.contracts.http.journal import CorrectEntry

    current = session(ctx)

    async def send() -> None:
        async with current.staff() as staff:
            created = await staff.correct_entry(request(CorrectEntry, number=number, reason=reason))
        if json:
            print_json(created)
        else:
            current.tell(_CORRECTED, number=created.number, corrected=number)

    asynchronous(send)


def _pieces(url: str, path: str) -> Any:
    """Stream the body of a public page. Raises NoAnswer."""
    import httpx

    address = f"{url.rstrip('/')}{path}"
    try:
        with httpx.stream("GET", address, timeout=60) as answer:
            if answer.status_code != httpx.codes.OK:
                raise NoAnswer(url=address, error=f"HTTP {answer.status_code}")
            yield from answer.iter_bytes()
    except httpx.TransportError as error:
        raise NoAnswer(url=address, error=type(error).__name__) from error


def _entries(current: Session, file: Path | None, address: str | None) -> Any:
    import json

    for line in _lines(current, file, address):
        record = json.loads(line)
        if "entry" in record:
            yield record["entry"]


def _lines(current: Session, file: Path | None, address: str | None) -> Any:
    if file is not None:
        try:
            with file.open("rb") as opened:
                yield from opened
        except OSError:
            raise NoFile(file=file) from None
        return
    rest = b""
    for piece in _pieces(address or current.url("feedback"), "/journal.jsonl"):
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole


def _list(current: Session, entries: Any) -> None:
    from rich.table import Table

    table = Table(box=None, header_style="dim")
    for text in (_NUMBER, _DAY, _KIND, _SAYS):
        table.add_column(current.say(text), justify="right" if text is _NUMBER else "left")
    for entry in entries:
        kind = entry["kind"]
        label = current.say(KINDS[kind]) if kind in KINDS else kind
        row = (str(entry["number"]), str(entry["on"]), label, _summary(entry))
        table.add_row(*map(shown_line, row))
    current.out.print(table)


def _summary(entry: dict[str, Any]) -> str:
    """The words of an entry, in one line."""
    parts = [entry["mandate"]["title"]] if "mandate" in entry else []
    parts += [str(entry[name]) for name in _SHOWN_WORDS if name in entry]
    if "corrects" in entry:
        parts.insert(0, f"→ {entry['corrects']}")
    line = " · ".join(" ".join(word.split()) for word in parts)
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"
