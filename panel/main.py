"""The command `panel`: runs a local panel, and does for staff what the services' HTTP face offers.

Every failure that a person can act on is a Refusal: one sentence and exit status 2. Anything else
is a defect and shows its traceback.
"""

import sys
from collections.abc import Sequence

import typer

from console.commands import (
    console,
    contacts,
    decisions,
    journal,
    options,
    people,
    preparing,
    projects,
    proposals,
    reading,
    reports,
    results,
)
from console.commands.options import Session, both
from deploy.cli import backup, bench, demo, doctor, events, stack
from services.contracts.characters import shown
from services.contracts.terminals import prepare_streams
from services.runtime.refusal import Refusal
from services.runtime.text import Language, Text
from services.runtime.version import running_version

REFUSED = 2
INTERRUPTED = 130

_INTERRUPTED = Text(fr="Interrompu.", en="Interrupted.")


def application() -> typer.Typer:
    app = typer.Typer(
        name="panel",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help=both(
            "Panel d'usagers : les promesses de la charte, tenues par construction."
            " --version : laquelle.",
            "Citizen panel: the charter's promises, kept by construction. --version: which one.",
        ),
    )
    options.before_commands(app)
    for commands in (
        stack,
        demo,
        doctor,
        console,
        contacts,
        people,
        projects,
        preparing,
        reading,
        proposals,
        results,
        decisions,
        reports,
        journal,
        events,
        backup,
        bench,
    ):
        commands.register(app)
    return app


def run(arguments: Sequence[str]) -> int:
    """One command; returns its exit status."""
    if list(arguments) == ["--version"]:
        print(f"panel {running_version()}")
        return 0
    language = options.asked_language(arguments)
    command = typer.main.get_command(application())
    options.speak(command, language)
    try:
        command.main(list(arguments), prog_name="panel", obj=Session(language))
    except SystemExit as ended:
        # Ctrl-C comes here too: typer makes this status of it and says nothing.
        if ended.code == INTERRUPTED:
            return _fail(_INTERRUPTED.in_(language), INTERRUPTED)
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except Refusal as refusal:
        return _fail(_in_words(refusal, language), REFUSED)
    return 0


def _in_words(refusal: Refusal, language: Language) -> str:
    lines = [refusal.say(language), *(f"  - {line}" for line in refusal.details(language))]
    if way_out := refusal.say_way_out(language):
        lines.append(way_out)
    return "\n".join(lines)


def _fail(sentence: str, status: int) -> int:
    print(shown(sentence), file=sys.stderr)
    return status


def main() -> None:
    prepare_streams()
    sys.exit(run(sys.argv[1:]))
