"""Modules loaded in a fresh process: import contracts cannot see lazy imports."""

import subprocess
import sys

import pytest


def _loaded_by(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint('\\n'.join(sys.modules))"
    completed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in completed.stdout.split()} | set(
        completed.stdout.split()
    )


@pytest.mark.parametrize(
    "module",
    [
        "client.staff_client",
        "client.hints",
        "client.sign_in",
        "presenters.projects",
        "drafts.campaign",
    ],
)
def test_data_needs_no_textual(module: str) -> None:
    assert "textual" not in _loaded_by(f"import console.{module}")


def test_the_first_screen_waits_for_neither_httpx_nor_the_contracts() -> None:
    """Of the services only the rule of how text is shown, which needs the standard library."""
    loaded = _loaded_by("import console.app")
    assert not loaded & {"httpx", "pydantic", "services.contracts.http"}


def test_the_console_loads_no_service_and_no_runtime() -> None:
    loaded = _loaded_by(
        "import console.app, console.screens.projects.launch, console.screens.projects.projects\n"
        "import console.screens.projects.project, console.screens.contacts.contacts\n"
        "import console.screens.sign_in.sign_in\n"
        "import console.client.hints, console.client.sign_in"
    )
    services = {name for name in loaded if name.startswith("services.")}
    assert services
    assert all(name.startswith("services.contracts") for name in services)


def test_the_staffs_commands_load_neither_the_runtime_nor_the_local_panel() -> None:
    """The console's image has no other part of the repository."""
    loaded = _loaded_by("import console.commands.__main__, console.commands.deployment")
    assert not {name for name in loaded if name.startswith(("services.runtime", "deploy", "panel"))}
