"""Text reaches a terminal by one way: imports hold the rule, so that no screen can forget it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(
    str(file.relative_to(ROOT))
    for folder in ("console", "panel", "deploy/cli")
    for file in (ROOT / folder).rglob("*.py")
)
# Which modules may import what shows text, and nobody else.
ALLOWED = {
    "textual.widgets": {"console/widgets/text.py"},
    "textual.widgets.text_area": {"console/widgets/text.py"},
    "rich.console": {"console/segments.py"},
    "rich.markup": set(),
    "rich.text": {"console/commands/terminal.py"},
    "rich.markdown": set(),
    "rich.prompt": set(),
}
# Of typer and click, which write to the terminal themselves.
WRITERS = {"echo", "secho", "prompt", "confirm", "from_markup", "from_ansi"}
# Programs read these, or they hold no text of a person's; each cleans what it prints.
PRINTING = {
    "panel/main.py",
    "console/commands/deployment.py",
    "console/commands/program.py",
    "console/commands/session.py",
    "deploy/cli/bench.py",
    "deploy/cli/console.py",
    "deploy/cli/events.py",
    "console/commands/preparing.py",
}


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


@pytest.mark.parametrize("file", FILES)
def test_only_the_widgets_and_the_terminal_hold_text(file: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    for module in imported(tree):
        assert file in ALLOWED.get(module, {file}), f"{file} imports {module}"
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        assert name not in WRITERS or file in PRINTING, f"{file}:{node.lineno} calls {name}"
        assert name != "print" or isinstance(node.func, ast.Attribute) or file in PRINTING, (
            f"{file}:{node.lineno} prints"
        )
        for word in node.keywords:
            if word.arg == "markup":
                assert isinstance(word.value, ast.Constant), f"{file}:{node.lineno}"
                assert word.value.value is False, f"{file}:{node.lineno} parses markup"
