"""Named parameters: `:name` becomes a number, and nothing else that holds a colon does."""

import pytest

from services.runtime.postgres.queries import Query


def test_each_name_is_one_number_wherever_it_occurs() -> None:
    query = Query.parse("SELECT :b, :a, f(:b) WHERE x=:a AND y IN (:c)")
    assert query.text == "SELECT $1, $2, f($1) WHERE x=$2 AND y IN ($3)"
    assert query.names == ("b", "a", "c")
    assert query.values({"a": 1, "b": 2, "c": 3}) == [2, 1, 3]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT '08:00'::time",
        "SELECT 'it''s :not', E'\\':not', \":not\"",
        "SELECT x::int, y::text[]",
        "SELECT a[1:n], a[i:2]",
        "SELECT 1 -- see :not\n",
        "SELECT /* :not\n :either */ 1",
        "DO $$ BEGIN x := 1; RAISE ':not'; END $$",
        "DO $body$ SELECT $$ :not $$ $body$",
        "SELECT jsonb_path_exists(x, '$.a ? (@ == :not)')",
    ],
)
def test_a_colon_that_is_no_parameter_stays(text: str) -> None:
    assert Query.parse(text).text == text
    assert Query.parse(text).names == ()


def test_a_parameter_may_be_cast() -> None:
    assert Query.parse("SELECT :ids::uuid[]").text == "SELECT $1::uuid[]"


@pytest.mark.parametrize("parameters", [{}, {"a": 1, "b": 2}, {"b": 1}])
def test_a_parameter_too_few_or_too_many_is_refused(parameters: dict[str, int]) -> None:
    with pytest.raises(TypeError, match="parameters"):
        Query.parse("SELECT :a").values(parameters)
