"""Verification of a journal file: with the public key alone, without stack or network."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from console.commands.journal import KINDS, File, NoFile
from console.commands.options import Json, both, command
from console.commands.session import Session, print_json, session
from services.runtime.text import Text

if TYPE_CHECKING:
    from services.feedback.journal.rules.checkpoints import Checkpoint, Verifier
    from services.feedback.journal.rules.journal_file import Verified

_INTACT = Text(
    fr="Journal intact : {entries} inscriptions, de {first} à {last}, aucune modifiée, retirée,"
    " ajoutée ni déplacée.",
    en="The journal is intact: {entries} entries, from {first} to {last}, none altered, dropped,"
    " inserted or moved.",
)
_EMPTY = Text(
    fr="Journal intact : aucune inscription encore.", en="The journal is intact: no entry yet."
)
_SIGNED = Text(
    fr="{checkpoints} points de contrôle de {origin} le promettent ; le dernier en couvre {size}.",
    en="{checkpoints} checkpoints of {origin} promise it; the last one covers {size}.",
)
_CONTINUES = Text(
    fr="Il prolonge sans rien y changer ce que vous aviez vu : {sizes} inscriptions.",
    en="It continues what you had seen, and changes none of it: {sizes} entries.",
)
_NOT_SEEN = Text(
    fr="Sans un point de contrôle vu auparavant (--checkpoint), on ne peut savoir si des"
    " inscriptions plus récentes manquent à la fin.",
    en="Without a checkpoint seen earlier (--checkpoint) nobody can know whether newer entries are"
    " missing at the end.",
)


def register(journal: typer.Typer) -> None:
    command(
        journal,
        "verify",
        both(
            "Vérifier un fichier, avec la seule clé publique.",
            "Verify a file, with nothing but the public key.",
        ),
    )(verify)


def verify(
    ctx: typer.Context,
    file: File,
    key: Annotated[
        list[str],
        typer.Option(
            "--key",
            metavar="KEY|FILE",
            help=both(
                "Clé publique, ou son fichier ; plusieurs si elle a changé.",
                "Public key, or its file; several if it was changed.",
            ),
        ),
    ],
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(
            "--checkpoint",
            metavar="FILE",
            help=both("Point de contrôle vu auparavant.", "Checkpoint seen earlier."),
        ),
    ] = None,
    json: Json = False,
) -> None:
    from services.feedback.journal.rules import journal_file
    from services.feedback.journal.rules.checkpoints import read_checkpoint

    here = session(ctx)
    keys = [_key(one) for one in key]
    seen = [read_checkpoint(_read(one), keys) for one in checkpoint or []]
    try:
        with file.open("rb") as opened:
            found = journal_file.verify(journal_file.lines_of(opened), keys, seen)
    except OSError:
        raise NoFile(file=file) from None
    if json:
        print_json(_plain(found, seen))
    else:
        _tell(here, found, seen)


def _key(given: str) -> "Verifier":
    """Raises NoFile, BadKey."""
    from services.feedback.journal.rules.checkpoints import Verifier

    return Verifier.read(given if given.count("+") >= 2 else _read(Path(given)))


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise NoFile(file=file) from None


def _tell(here: Session, found: "Verified", seen: "list[Checkpoint]") -> None:
    assert found.newest is not None
    if not found.entries:
        here.tell(_EMPTY)
    else:
        here.tell(_INTACT, entries=found.entries, first=found.first_on, last=found.last_on)
    for kind, count in found.kinds.most_common():
        label = here.say(KINDS[kind]) if kind in KINDS else kind
        here.out.print(f"  {count:>9}  {label}")
    here.tell(
        _SIGNED,
        checkpoints=found.checkpoints,
        origin=found.newest.origin,
        size=found.newest.size,
    )
    if seen:
        here.tell(_CONTINUES, sizes=", ".join(str(one.size) for one in seen))
    else:
        here.tell(_NOT_SEEN)


def _plain(found: "Verified", seen: "list[Checkpoint]") -> dict[str, Any]:
    assert found.newest is not None
    return {
        "entries": found.entries,
        "checkpoints": found.checkpoints,
        "kinds": dict(found.kinds),
        "first_on": found.first_on,
        "last_on": found.last_on,
        "origin": found.newest.origin,
        "root": found.newest.root.hex(),
        "continues": [one.size for one in seen],
    }
