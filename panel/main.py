"""The command `panel`: the staff's commands and the operators'."""

import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from console.commands import (
    contacts,
    decisions,
    journal,
    people,
    preparing,
    program,
    projects,
    proposals,
    reading,
    reports,
    results,
)
from console.commands.session import Panel
from deploy.cli import (
    backup,
    bench,
    console,
    demo,
    doctor,
    events,
    journal_verification,
    member_simulation,
    stack,
)
from services.contracts.terminals import prepare_streams
from services.runtime.refusal import Refusal
from services.runtime.version import running_version


class _Journal:
    """`journal` is one group of both: its verification needs the code of feedback."""

    @staticmethod
    def register(app: typer.Typer) -> None:
        journal_verification.register(journal.register(app))


# In the order of the help.
COMMANDS: tuple[program.Commands, ...] = (
    stack,
    demo,
    doctor,
    console,
    contacts,
    member_simulation,
    people,
    projects,
    preparing,
    reading,
    proposals,
    results,
    decisions,
    reports,
    _Journal(),
    events,
    backup,
    bench,
)


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status."""
    if list(arguments) == ["--version"]:
        print(f"panel {running_version()}")
        return 0
    return program.run(arguments, COMMANDS, _open_panel, refusals=(Refusal,))


def application() -> typer.Typer:
    return program.application(COMMANDS)


def _open_panel(data_dir: Path) -> Panel:
    from deploy.local.staff import LocalPanel

    return LocalPanel(data_dir)


def main() -> None:
    prepare_streams()
    sys.exit(run(sys.argv[1:]))
