"""The cost of reading a file is linear in its size, for any content."""

import json
from collections.abc import Callable
from time import process_time

import pytest

from services.responses.questionnaires.imports import FileUnreadable, Format, import_file
from services.responses.questionnaires.imports.markup import plain
from tests.support.surveys import question, rows, survey, texts

# Four times the size may cost nine times as much on a busy machine; quadratic growth would cost
# sixteen times as much.
GROWN, COSTS = 4, 9


def grows(parse: Callable[[int], object], size: int) -> bool:
    """Whether the cost grows faster than the size, by the best of several measurements."""

    def cost(size: int) -> float:
        begun = process_time()
        parse(size)
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
        row = question(1, "T", "Q1", relevance=text)
        import_file(
            "limesurvey", survey(rows("questions", row), rows("question_l10ns", *texts(1, text)))
        )

    assert not grows(of_size, 3_000)


def limesurvey(size: int) -> bytes:
    """Many questions of one code, each with answers of one code."""
    numbers = range(1, size)
    return survey(
        rows("questions", *(question(n, "L", "Q") for n in numbers)),
        rows("question_l10ns", *(each for n in numbers for each in texts(n, "?"))),
        rows("answers", *({"qid": n // 4, "code": "A", "aid": n} for n in numbers)),
        rows("answer_l10ns", *({"aid": n, "answer": "x", "language": "fr"} for n in numbers)),
        rows("conditions", *({"qid": n, "cqid": 1, "cfieldname": "1X1X1"} for n in numbers)),
        rows(
            "question_attributes", *({"qid": 1, "attribute": f"a{n}", "value": 1} for n in numbers)
        ),
    )


def formbricks(size: int) -> bytes:
    question = {"id": "q", "type": "multipleChoiceMulti", "headline": "#recall:" * 9}
    choices = [{"id": "c", "label": "x"}] * 4
    return json.dumps({"questions": [question | {"choices": choices}] * size}).encode()


@pytest.mark.parametrize(
    ("format", "file_of_size"), [("limesurvey", limesurvey), ("formbricks", formbricks)]
)
def test_questions_and_options_are_read_in_one_pass(
    format: Format, file_of_size: Callable[[int], bytes]
) -> None:
    files = {size: file_of_size(size) for size in (400, GROWN * 400)}
    assert not grows(lambda size: import_file(format, files[size]), 400)


def test_a_deep_or_an_endless_file_is_refused() -> None:
    for content in (b"<document>" + b"<a>" * 100_000, b"<document>" + b"<a>" * 500 + b"x"):
        with pytest.raises(FileUnreadable):
            import_file("limesurvey", content)
