"""How the console ends when something unexpected happened: one sentence, a file, and status 1."""

import os
import sys
import traceback
from datetime import datetime
from pathlib import Path

from console.words import Language, Text
from services.contracts.characters import shown

FAILED = 1
_STOPPED = Text(
    fr="La console s'est arrêtée sur une erreur inattendue. {kept} Ce qui s'est passé est écrit"
    " dans {file} : transmettez-le à qui exploite le panel.",
    en="The console stopped because of an unexpected error. {kept} What happened is written in"
    " {file}: pass it on to whoever operates the panel.",
)
_KEPT = Text(
    fr="Ce que vous écriviez est gardé et reviendra avec elle.",
    en="What you were writing is kept and comes back with it.",
)
_LOST = Text(
    fr="Ce que vous écriviez n'a pas pu être gardé.", en="What you were writing could not be kept."
)


def state_folder() -> Path | None:
    """Where this person's programmes keep state; none where there is no home."""
    try:
        home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    except RuntimeError:
        return None
    return Path(home) / "panel-console"


def report(error: BaseException, folder: Path | None, stored: bool, language: Language) -> str:
    """Write what happened, without the values that were at hand, and say where."""
    lines = shown("".join(traceback.format_exception(error)))
    at = datetime.now().astimezone()
    try:
        if folder is None:
            raise FileNotFoundError
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = folder / f"crash-{at:%Y%m%d-%H%M%S}-{os.getpid()}.txt"
        with open(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as out:
            out.write(f"{at.isoformat()}\n{lines}")
        location = str(file)
    except OSError:
        sys.stderr.write(lines)
        location = Text(fr="ce qui précède", en="the lines above").in_(language)
    sentence = (_KEPT if stored else _LOST).in_(language)
    return _STOPPED.in_(language, kept=sentence, file=location)
