"""A program made of commands. A failure that a person can act on is a few lines on standard error,
in their language, and exit status 2; anything else is a defect and shows its traceback.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol, cast

import typer

from console.client.problems import Failure
from console.commands import options
from console.commands.options import both
from console.commands.session import Panel, Session
from console.words import Language, Text
from services.contracts.characters import shown

REFUSED = 2
INTERRUPTED = 130

_INTERRUPTED = Text(fr="Interrompu.", en="Interrupted.")


class Explained(Protocol):
    """An exception that explains itself to the person who caused it."""

    def message(self, language: Language) -> str: ...

    def details(self, language: Language) -> list[str]: ...

    def way_out_message(self, language: Language) -> str | None: ...


class Commands(Protocol):
    """A module of commands."""

    def register(self, app: typer.Typer) -> object: ...


def run(
    arguments: Sequence[str],
    commands: "Iterable[Commands]",
    open_panel: Callable[[Path], Panel],
    refusals: tuple[type[Exception], ...] = (),
) -> int:
    """Run one command and return its exit status. `refusals`: exceptions that are Explained,
    besides those of the console."""
    expected: tuple[type[Exception], ...] = (Failure, *refusals)
    language = options.asked_language(arguments)
    command = typer.main.get_command(application(commands))
    options.speak(command, language)
    try:
        command.main(list(arguments), prog_name="panel", obj=Session(language, open_panel))
    except SystemExit as end:
        # Ctrl-C comes here too: typer turns it into this status and prints nothing.
        if end.code == INTERRUPTED:
            return _fail(_INTERRUPTED.in_(language), INTERRUPTED)
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except expected as failure:
        return _fail(_explanation(cast("Explained", failure), language), REFUSED)
    return 0


def application(commands: "Iterable[Commands]") -> typer.Typer:
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
    for module in commands:
        module.register(app)
    return app


def _explanation(failure: Explained, language: Language) -> str:
    lines = [failure.message(language), *(f"  - {line}" for line in failure.details(language))]
    if way_out := failure.way_out_message(language):
        lines.append(way_out)
    return "\n".join(lines)


def _fail(sentence: str, status: int) -> int:
    print(shown(sentence), file=sys.stderr)
    return status
