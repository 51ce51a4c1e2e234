"""Prose and names are plain: subjects first, and nouns of the domain.

Two measures keep it so, over docstrings, comments and names. The code bases that this one learns
from stand at 0.0 to 4.7 headless clauses per 1,000 words, and at 0.4 to 0.5 % of placeholder names.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("services", "console", "panel", "deploy", "tests")
MOST_CLAUSES_PER_1000_WORDS = 3.0
MOST_PLACEHOLDERS_PER_100_NAMES = 1.0
SHOWN_EXAMPLES = 20

PLACEHOLDERS = frozenset(
    """
    one found said held kept known seen given asked told done shown here place about own most made
    both who what now before after again wanted read written named meant left it they some others
    words way ours theirs look looks looked took say says tell ask hear heard learn
    """.split()  # noqa: SIM905
)
# Sentences that begin with a relative pronoun, unless they are questions, and clauses after a
# preposition in place of a noun.
HEADLESS = re.compile(
    r"(?:^|[.;:!?]\s+|\n\s*)(?:Who|Whom|Whoever|What|Whatever|Whose)\b(?![^.?!]*\?)"
    r"|\b(?:to|of|by|for|with|from|than|and|or|as|is|are|on|about)"
    r" (?:who|what|whom|whoever|whatever)\b"
)


@dataclass
class Measure:
    words: int = 0
    names: int = 0
    clauses: list[str] = field(default_factory=list)
    placeholders: list[str] = field(default_factory=list)

    def add(self, source: str, label: str) -> None:
        tree = ast.parse(source)
        for line, text in prose(source, tree):
            self.words += len(text.split())
            excerpt = f"{label}:{line}: {' '.join(text.split())[:90]}"
            self.clauses += [excerpt] * len(HEADLESS.findall(text))
        for line, name in names(tree):
            self.names += 1
            if name.strip("_") in PLACEHOLDERS:
                self.placeholders.append(f"{label}:{line}: {name}")


def prose(source: str, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Docstrings and comments, with their lines."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, documented) and (docstring := ast.get_docstring(node)):
            yield getattr(node, "lineno", 1), docstring
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string.lstrip("# ")


def names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Names that are bound: variables, parameters, functions and classes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name


def measured() -> Measure:
    measure = Measure()
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            measure.add(path.read_text(), str(path.relative_to(ROOT)))
    return measure


def test_sentences_have_subjects() -> None:
    measure = measured()
    rate = 1000 * len(measure.clauses) / measure.words
    assert rate < MOST_CLAUSES_PER_1000_WORDS, measure.clauses[:SHOWN_EXAMPLES]


def test_names_are_nouns_and_verbs_of_the_domain() -> None:
    measure = measured()
    rate = 100 * len(measure.placeholders) / measure.names
    assert rate < MOST_PLACEHOLDERS_PER_100_NAMES, measure.placeholders[:SHOWN_EXAMPLES]


def test_the_measures_count_what_they_say() -> None:
    measure = Measure()
    measure.add(
        '"""What is kept."""\n\n\n'
        "def keep(found: int) -> int:\n"
        '    """Add one to what was found. Is it what you want?"""\n'
        "    # Who asks is told of it.\n"
        "    total = found + 1\n"
        "    return total\n",
        "example.py",
    )
    assert [clause.split(": ")[1][:8] for clause in measure.clauses] == [
        "What is ",
        "Add one ",
        "Who asks",
    ]
    assert measure.placeholders == ["example.py:4: found"]
    assert (measure.words, measure.names) == (20, 3)
