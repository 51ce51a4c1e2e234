"""The staff's commands alone, on a deployment: `python -m console.commands projects list`."""

import sys
from pathlib import Path

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
from services.contracts.terminals import prepare_streams

COMMANDS: tuple[program.Commands, ...] = (
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
)


def _open_panel(data_dir: Path) -> Panel:
    from console.commands.deployment import DeployedPanel

    return DeployedPanel(data_dir)


if __name__ == "__main__":
    prepare_streams()
    sys.exit(program.run(sys.argv[1:], COMMANDS, _open_panel))
