"""The glossary's names are those of the code, so that a newcomer who searches for one finds it."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAME = re.compile(r"`([\w.]+\w)`")


def names() -> Iterator[str]:
    """The identifiers in the last column of each table with a column for them."""
    in_code = False
    for line in (ROOT / "docs" / "glossary.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| term"):
            in_code = cells[-1] == "name in code"
        elif line.startswith("| ") and in_code:
            yield from NAME.findall(cells[-1])


@cache
def code() -> str:
    sources = [
        path
        for folder in ("services", "console")
        for kind in ("*.py", "*.sql")
        for path in sorted((ROOT / folder).rglob(kind))
    ]
    paths = "\n".join(str(path.relative_to(ROOT)) for path in sources)
    return paths + "\n".join(path.read_text() for path in sources)


@pytest.mark.parametrize("name", sorted(set(names())))
def test_every_name_of_the_glossary_is_in_the_code(name: str) -> None:
    assert re.search(rf"(?<![a-zA-Z0-9]){re.escape(name)}", code()), name
