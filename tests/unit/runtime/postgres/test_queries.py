"""Named parameters: `:name` becomes a number, and nothing else that holds a colon does."""

import shutil
from pathlib import Path

import pytest

from services.runtime.postgres.queries import Queries, Query


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


def test_queries_are_found_by_name_and_a_name_is_used_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "some_package"
    (folder / "sql").mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "sql" / "a.sql").write_text(
        "-- first: its purpose.\nSELECT 1;\n\n-- second: another one.\nSELECT 2;"
    )
    monkeypatch.syspath_prepend(tmp_path)
    queries = Queries("some_package", "sql")
    assert queries.first.text.endswith("SELECT 1;")
    assert "SELECT 2" in queries.second.text
    with pytest.raises(AttributeError, match="no query is called third"):
        _ = queries.third
    shutil.copy(folder / "sql" / "a.sql", folder / "b.sql")
    shutil.copy(folder / "sql" / "a.sql", folder / "sql" / "b.sql")
    assert Queries("some_package").first.names == ()
    with pytest.raises(ValueError, match="two queries are called"):
        Queries("some_package", "sql")
