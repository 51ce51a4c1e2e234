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

    current = session(ctx)
    keys = [_key(text) for text in key]
    checkpoints = [read_checkpoint(_text_of(file), keys) for file in checkpoint or []]
    try:
        with file.open("rb") as opened:
            verified = journal_file.verify(journal_file.lines_of(opened), keys, checkpoints)
    except OSError:
        raise NoFile(file=file) from None
    if json:
        print_json(_plain(verified, checkpoints))
    else:
        _show(current, verified, checkpoints)


def _key(text: str) -> "Verifier":
    """Read a public key, given as text or as a file. Raises NoFile, BadKey."""
    from services.feedback.journal.rules.checkpoints import Verifier

    return Verifier.parse(text if text.count("+") >= 2 else _text_of(Path(text)))


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise NoFile(file=file) from None


def _show(current: Session, verified: "Verified", checkpoints: "list[Checkpoint]") -> None:
    assert verified.newest is not None
    if not verified.entries:
        current.tell(_EMPTY)
    else:
        current.tell(
            _INTACT, entries=verified.entries, first=verified.first_on, last=verified.last_on
        )
    for kind, count in verified.kinds.most_common():
        label = current.say(KINDS[kind]) if kind in KINDS else kind
        current.out.print(f"  {count:>9}  {label}")
    current.tell(
        _SIGNED,
        checkpoints=verified.checkpoints,
        origin=verified.newest.origin,
        size=verified.newest.size,
    )
    if checkpoints:
        current.tell(
            _CONTINUES, sizes=", ".join(str(checkpoint.size) for checkpoint in checkpoints)
        )
    else:
        current.tell(_NOT_SEEN)


def _plain(verified: "Verified", checkpoints: "list[Checkpoint]") -> dict[str, Any]:
    assert verified.newest is not None
    return {
        "entries": verified.entries,
        "checkpoints": verified.checkpoints,
        "kinds": dict(verified.kinds),
        "first_on": verified.first_on,
        "last_on": verified.last_on,
        "origin": verified.newest.origin,
        "root": verified.newest.root.hex(),
        "continues": [checkpoint.size for checkpoint in checkpoints],
    }
