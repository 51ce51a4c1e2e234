"""Any bytes as a file: refused with a reason, or every physical line is accounted for."""

import io
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.registry.imports.csv.csv_file import CsvFile
from services.registry.imports.csv.persons import LONGEST_NAME, Person
from services.registry.imports.csv.reasons import LineRefused
from services.registry.imports.csv.records import LONGEST_LINE, physical_lines, records
from services.registry.imports.rules import LinesUnaccounted
from services.runtime.clock import FixedClock
from services.runtime.refusal import Refusal
from tests.support.registry import HEADER, NOON, line

CLOCK = FixedClock(NOON)
PIECES = st.sampled_from(
    [
        '"',
        '""',
        ";",
        "\n",
        "\r\n",
        "\r",
        "\t",
        "\0",
        "\x1a",
        "\u200b",
        "é",
        "Ã©",
        "\x85",
        "\u2028",
        "'",
    ]
)
LINES = st.sampled_from(
    [line("a@example.test"), line("b@example.test", region="2A"), "Total;5", "", line("é@x.test")]
)
TEXTS = st.lists(st.one_of(LINES, PIECES, st.text(max_size=8)), max_size=30).map("".join)


def parse(content: bytes) -> tuple[list[Person | LineRefused], CsvFile] | None:
    try:
        csv_file = CsvFile(io.BytesIO(content))
        lines = list(csv_file.lines(CLOCK))
    except Refusal:
        return None
    facts = csv_file.facts
    records_and_more = (
        facts.above + facts.blank + sum(record.last - record.first + 1 for record in lines)
    )
    assert records_and_more == facts.physical
    for record in lines:
        assert (
            record.content.message("en")
            if isinstance(record.content, LineRefused)
            else record.content.address
        )
    return [record.content for record in lines], csv_file


@settings(deadline=None)
@given(st.one_of(st.binary(max_size=400), TEXTS.map(str.encode)))
def test_no_bytes_below_a_header_end_in_anything_but_a_refusal(tail: bytes) -> None:
    for encoding in ("utf-8", "utf-16", "cp1252"):
        parse(f"{HEADER}\r\n".encode(encoding) + tail)
    parse(tail)


@settings(deadline=None)
@given(TEXTS)
@example('"\n\0')
def test_physical_lines_are_counted_by_their_ends(text: str) -> None:
    whole = f"{HEADER}\r\n{text}"
    parsed = parse(whole.encode("utf-8", "surrogatepass"))
    if parsed is not None:
        ends = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$", whole)
        assert parsed[1].facts.physical == len(ends)


@settings(deadline=None)
@given(TEXTS)
def test_no_name_holds_another_persons_line(text: str) -> None:
    parsed = parse(f"{HEADER}\r\n{text}\r\n".encode("utf-8", "surrogatepass"))
    for content in parsed[0] if parsed else []:
        if isinstance(content, Person):
            assert "@" not in content.name
            assert '"' not in content.name
            assert content.name.isprintable()
            assert len(content.name) <= LONGEST_NAME


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_record_over_several_lines_is_named_by_them_whatever_ends_a_line(end: str) -> None:
    rows = [HEADER, line("a@example.test"), line('"b@example.test'), line("c@example.test")]
    csv_file = CsvFile(io.BytesIO(end.join([*rows, line('"d@example.test'), ""]).encode()))
    contents = [(record.first, record.last) for record in csv_file.lines(CLOCK)]
    assert contents == [(2, 2), (3, 5)]
    assert csv_file.facts.swallowed == [(3, 5)]


@pytest.mark.parametrize(
    "name",
    [
        "autre@example.test",
        "Zoé\x07",
        "Zoé\x9b",
        "<b>Zoé",
        "www.example.test",
        "Zo\u2028é",
        "é" * 101,
    ],
)
def test_what_no_name_has_is_refused(name: str) -> None:
    row = line("a@example.test").replace("Durand", name)
    parsed = parse(f"{HEADER}\n{row}\n".encode())
    assert parsed is None or isinstance(parsed[0][0], LineRefused)


def test_a_line_that_is_lost_is_a_defect_and_not_a_shorter_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = f"{HEADER}\n{line('a@example.test')}\n{line('b@example.test')}\n".encode()
    csv_file = CsvFile(io.BytesIO(content))
    first_record = list(csv_file._records())[:1]
    monkeypatch.setattr(csv_file, "_records", lambda: iter(first_record))
    with pytest.raises(LinesUnaccounted):
        list(csv_file.lines(CLOCK))


def test_a_line_longer_than_any_persons_is_refused_and_does_not_hide_the_next() -> None:
    long = "x" * (3 * LONGEST_LINE)
    parsed = parse(f"{HEADER}\n{long}\n{line('a@example.test')}\n".encode())
    assert parsed is not None
    refused, person = parsed[0]
    assert isinstance(refused, LineRefused)
    assert refused.codes == ("line_too_long",)
    assert isinstance(person, Person)


@pytest.mark.parametrize("unit", ['"', '""', '";', ' "', '="', "\0", "\x1a\n", '"\n'])
def test_reading_takes_steps_in_proportion_to_the_file(unit: str) -> None:
    """Counted in characters that scans look at, not in seconds."""

    def looked_at(times: int) -> int:
        steps = 0

        class Counted(str):
            __slots__ = ()

            def find(self, *where: object) -> int:
                nonlocal steps
                index = str.find(self, *where)  # type: ignore[arg-type]
                start = where[1] if len(where) > 1 else 0
                assert isinstance(start, int)
                steps += (len(self) if index < 0 else index) - start + 1
                return index

        text = io.TextIOWrapper(io.BytesIO((unit * times).encode()), "utf-8", newline="")
        lines = (
            None if physical is None else Counted(physical) for physical in physical_lines(text)
        )
        steps += sum(record.lines for record in records(lines, ";"))
        return steps

    assert looked_at(4_000) <= 4.5 * looked_at(1_000) + 100
