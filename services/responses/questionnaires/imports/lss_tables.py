"""Parse the tables of a LimeSurvey file into rows with their line numbers.

The parser streams: memory grows with the rows alone, whatever the depth of the file. A document
type is refused, and with it every entity. LimeSurvey itself writes control characters that XML does
not allow; they are removed and reported.
"""

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from services.responses.questionnaires.imports.unreadable import (
    ENCODING,
    ENTITIES,
    FIELD_MISSING,
    NOT_A_NUMBER,
    NOT_A_SURVEY,
    NOT_XML,
    TOO_MANY_ROWS,
    Unreadable,
)

_MOST_ROWS = 100_000
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z][\w.-]{0,40})["']""")
_NOT_IN_XML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NUMBER = re.compile(r"-?[0-9]{1,9}")
_ROW_DEPTH = 4  # document / table / rows / row


@dataclass(frozen=True)
class Row:
    table: str
    line: int
    fields: dict[str, str]

    def __getitem__(self, name: str) -> str:
        """Raises Unreadable."""
        value = self.fields.get(name, "").strip()
        if not value:
            raise self._wrong(FIELD_MISSING, name)
        return value

    def get(self, name: str, otherwise: str = "") -> str:
        return self.fields.get(name, otherwise)

    def number(self, name: str) -> int:
        """0 for an empty field. Raises Unreadable."""
        value = self.fields.get(name, "").strip()
        if value and not _NUMBER.fullmatch(value):
            raise self._wrong(NOT_A_NUMBER, name, value=value[:20])
        return int(value or 0)

    def _wrong(self, why: Any, name: str, **more: Any) -> Unreadable:
        near = ", ".join(
            f"{other} {self.fields[other][:40]}"
            for other in ("title", "code", "qid", "gid", "aid")
            if other != name and self.fields.get(other)
        )
        return Unreadable(
            why,
            line=self.line,
            table=self.table,
            field=name,
            near=f" ({near})" if near and why is FIELD_MISSING else near and f", {near}",
            **more,
        )


@dataclass
class Tables:
    rows: dict[str, list[Row]] = field(default_factory=dict)
    kind: str = ""
    removed: list[tuple[int, str]] = field(default_factory=list)  # line, character

    def __getitem__(self, table: str) -> list[Row]:
        return self.rows.get(table, [])


def read_tables(content: bytes) -> Tables:
    """Raises Unreadable."""
    text, tables = _decoded(content), Tables()
    for match in _NOT_IN_XML.finditer(text):
        if len(tables.removed) == 20:
            break
        line = text.count("\n", 0, match.start()) + 1
        tables.removed.append((line, f"U+{ord(match[0]):04X}"))
    _Reader(tables).parse(_NOT_IN_XML.sub(" ", text))
    if tables.kind != "Survey":
        raise Unreadable(NOT_A_SURVEY)
    return tables


def _decoded(content: bytes) -> str:
    declared = _DECLARED.match(content[:300])
    encoding = declared[1].decode().lower() if declared else "utf-8"
    for mark, marked in _MARKS:
        if content.startswith(mark):
            content, encoding = content.removeprefix(mark), marked
            break
    try:
        return codecs.lookup(encoding).decode(content)[0]
    except LookupError:
        raise Unreadable(ENCODING, place=1, encoding=encoding) from None
    except UnicodeError as error:
        position = getattr(error, "start", 0) + 1
        raise Unreadable(ENCODING, place=position, encoding=encoding) from None


class _Reader:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._path: list[str] = []
        self._fields: dict[str, str] = {}
        self._text: list[str] = []
        self._line = 0
        self._count = 0
        self._parser = expat.ParserCreate("utf-8")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text.append
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse

    def parse(self, text: str) -> None:
        try:
            self._parser.Parse(text.encode(), True)
        except expat.ExpatError as error:
            raise Unreadable(NOT_XML, line=error.lineno, column=error.offset + 1) from None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._path) >= 1_000:
            raise Unreadable(NOT_A_SURVEY)
        self._path.append(name)
        self._text.clear()
        if len(self._path) == _ROW_DEPTH:
            self._fields, self._line = {}, self._parser.CurrentLineNumber

    def _end(self, name: str) -> None:
        depth = len(self._path)
        if depth == _ROW_DEPTH + 1:
            self._fields[name] = "".join(self._text).strip()
        elif depth == _ROW_DEPTH and self._path[2:] == ["rows", "row"]:
            self._count += 1
            if self._count > _MOST_ROWS:
                raise Unreadable(TOO_MANY_ROWS, line=self._line, most=_MOST_ROWS)
            table = self._path[1]
            self._tables.rows.setdefault(table, []).append(Row(table, self._line, self._fields))
        elif depth == 2 and name == "LimeSurveyDocType":
            self._tables.kind = "".join(self._text).strip()
        self._path.pop()
        self._text.clear()

    def _refuse(self, *declared: object) -> None:
        raise Unreadable(ENTITIES, line=self._parser.CurrentLineNumber)


def by_language(rows: Iterable[Row], *key: str) -> dict[tuple[str, ...], dict[str, Row]]:
    """Rows of texts, by the key of their owner and by language without region."""
    texts: dict[tuple[str, ...], dict[str, Row]] = {}
    for row in rows:
        if "language" in row.fields:
            owner = tuple(row.get(part) for part in key)
            texts.setdefault(owner, {}).setdefault(language_of(row.get("language")), row)
    return texts


def language_of(tag: str) -> str:
    return tag.replace("_", "-").partition("-")[0].strip().lower()
