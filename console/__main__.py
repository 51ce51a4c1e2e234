"""Start the console on a local stack: `python -m console --stack .panel/stack.json`."""

import argparse
import os
import sys
from pathlib import Path

from console.client.endpoints import Endpoints, NoStack
from console.crashes import FAILED, report, state_folder
from console.drafts.store import Drafts
from console.words import Language, Text
from services.contracts.characters import shown
from services.contracts.terminals import prepare_streams

_NO_STACK = Text(
    fr="Aucun panel ne tourne ici ({why}). Démarrez-le avec « panel up ».",
    en="No panel is running here ({why}). Start it with `panel up`.",
)


def _language(chosen: str | None) -> Language:
    locale = chosen or os.environ.get("LC_ALL") or os.environ.get("LANG") or "fr"
    return "en" if locale.lower().startswith("en") else "fr"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m console", description=__doc__)
    parser.add_argument("--stack", type=Path, default=Path(".panel/stack.json"))
    parser.add_argument("--lang", choices=("fr", "en"))
    parser.add_argument("--as", dest="person", metavar="PERSON_ID", help="local mode only")
    parser.add_argument("--state", type=Path, help="folder of what is being written")
    prepare_streams(in_columns=True)
    arguments = parser.parse_args()
    language = _language(arguments.lang)
    try:
        endpoints = Endpoints.from_stack(arguments.stack)
    except NoStack as error:
        sys.stderr.write(shown(_NO_STACK.in_(language, why=error)) + "\n")
        return 1
    # After the arguments are known to be good: Textual is most of the time it takes to start.
    from console.keyboard import prepare_keyboard

    prepare_keyboard()
    from console.app import PanelConsole

    folder = arguments.state or state_folder()
    drafts = Drafts(folder / "drafts" if folder else None)
    console = PanelConsole(endpoints, language, sign_in_as=arguments.person, drafts=drafts)
    ended_by: BaseException | None
    try:
        console.run()
        ended_by = console.ended_by
    except Exception as error:  # on the way in or out, when no screen is there to say it
        ended_by = error
    if ended_by is None:
        return console.return_code or 0
    drafts_stored = drafts.outlive_the_programme or not drafts
    sys.stderr.write(shown(f"{report(ended_by, folder, drafts_stored, console.language)}\n"))
    return FAILED


if __name__ == "__main__":
    sys.exit(main())
