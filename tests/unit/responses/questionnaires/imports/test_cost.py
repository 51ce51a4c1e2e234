"""Reading a file costs in proportion to its size, whatever is in it."""

import json
from collections.abc import Callable
from time import process_time

import pytest

from services.responses.questionnaires.imports import FileUnreadable, Format, read
from services.responses.questionnaires.imports.markup import plain
from tests.unit.responses.questionnaires.imports.test_imports import question, rows, survey, words

# Four times as much may cost eight times as much, on a machine that does other things too; of what
# grows with the square it costs sixteen times as much.
GROWN, COSTS = 4, 9


def grows(read: Callable[[int], object], size: int) -> bool:
    """Whether the cost grows faster than the size: the best of several tries is compared."""

    def cost(size: int) -> float:
        begun = process_time()
        read(size)
        return process_time() - begun

    for _ in range(4):
        small = min(cost(size) for _ in range(3))
        if cost(GROWN * size) < COSTS * max(small, 0.002):
            return False
    return True


@pytest.mark.parametrize(
    "repeated",
    ["<", "<a ", "<a href='", '<a href=">', "</", "<!", "<!--", "<script", "<p>", "&", "{", " "],
)
def test_markup_is_read_in_one_pass(repeated: str) -> None:
    assert not grows(lambda size: plain(repeated * size), 10_000)


@pytest.mark.parametrize(
    "repeated", [" or ", "(", "!", " ", '"', "Q1 == 'A' or ", "1X1X", "{a", "{a}"]
)
def test_expressions_are_read_in_one_pass(repeated: str) -> None:
    def of_size(size: int) -> None:
        text = repeated * size
        asked = question(1, "T", "Q1", relevance=text)
        read(
            "limesurvey", survey(rows("questions", asked), rows("question_l10ns", *words(1, text)))
        )

    assert not grows(of_size, 3_000)


def limesurvey(size: int) -> bytes:
    """Many questions of one code, each with answers of one code."""
    numbers = range(1, size)
    return survey(
        rows("questions", *(question(n, "L", "Q") for n in numbers)),
        rows("question_l10ns", *(each for n in numbers for each in words(n, "?"))),
        rows("answers", *({"qid": n // 4, "code": "A", "aid": n} for n in numbers)),
        rows("answer_l10ns", *({"aid": n, "answer": "x", "language": "fr"} for n in numbers)),
        rows("conditions", *({"qid": n, "cqid": 1, "cfieldname": "1X1X1"} for n in numbers)),
        rows(
            "question_attributes", *({"qid": 1, "attribute": f"a{n}", "value": 1} for n in numbers)
        ),
    )


def formbricks(size: int) -> bytes:
    asked = {"id": "q", "type": "multipleChoiceMulti", "headline": "#recall:" * 9}
    choices = [{"id": "c", "label": "x"}] * 4
    return json.dumps({"questions": [asked | {"choices": choices}] * size}).encode()


@pytest.mark.parametrize(
    ("format", "made"), [("limesurvey", limesurvey), ("formbricks", formbricks)]
)
def test_questions_and_options_are_read_in_one_pass(
    format: Format, made: Callable[[int], bytes]
) -> None:
    files = {size: made(size) for size in (400, GROWN * 400)}
    assert not grows(lambda size: read(format, files[size]), 400)


def test_a_deep_or_an_endless_file_is_refused() -> None:
    for content in (b"<document>" + b"<a>" * 100_000, b"<document>" + b"<a>" * 500 + b"x"):
        with pytest.raises(FileUnreadable):
            read("limesurvey", content)
