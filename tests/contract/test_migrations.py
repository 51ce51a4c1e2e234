"""A migration runs while the version before still serves: it adds, and takes nothing away.

What nothing uses any more is removed by a later release, in a migration whose name says so.
"""

from pathlib import Path

import pglast
import pytest
from pglast import ast
from pglast.enums import AlterTableType, ConstrType

SERVICES = Path(__file__).parents[2] / "services"
MIGRATIONS = sorted(SERVICES.glob("**/migrations/*.sql"))
REMOVES = "_contract_"
TAKEN_AWAY = (ast.DropStmt, ast.RenameStmt, ast.TruncateStmt)
NARROWED = (
    AlterTableType.AT_DropColumn,
    AlterTableType.AT_AlterColumnType,
    AlterTableType.AT_SetNotNull,
)


def breaks(sql: str) -> list[str]:
    """What of these statements the version before could not live with."""
    found = []
    for raw in pglast.parse_sql(sql):
        statement = raw.stmt
        if isinstance(statement, TAKEN_AWAY):
            found.append(type(statement).__name__)
        if isinstance(statement, ast.GrantStmt) and not statement.is_grant:
            found.append("Revoke")
        if isinstance(statement, ast.AlterTableStmt):
            found += [
                AlterTableType(command.subtype).name
                for command in statement.cmds or ()
                if command.subtype in NARROWED or asks_for_more(command)
            ]
    return found


def asks_for_more(command: ast.AlterTableCmd) -> bool:
    """A column that every row must have: the version before, which writes none, could not write."""
    column = command.def_
    if not isinstance(column, ast.ColumnDef):
        return False
    kinds = {constraint.contype for constraint in column.constraints or ()}
    given = {ConstrType.CONSTR_DEFAULT, ConstrType.CONSTR_IDENTITY, ConstrType.CONSTR_GENERATED}
    return ConstrType.CONSTR_NOTNULL in kinds and not kinds & given


def name(path: Path) -> str:
    return f"{path.relative_to(SERVICES).parts[0]}/{path.name}"


@pytest.mark.parametrize("path", MIGRATIONS, ids=name)
def test_the_version_before_goes_on_while_a_migration_runs(path: Path) -> None:
    if REMOVES not in path.name:
        assert breaks(path.read_text()) == []


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE project",
        "ALTER TABLE project DROP COLUMN title",
        "ALTER TABLE project RENAME COLUMN title TO name",
        "ALTER TABLE project ALTER COLUMN title TYPE varchar(20)",
        "ALTER TABLE project ALTER COLUMN title SET NOT NULL",
        "ALTER TABLE project ADD COLUMN motto text NOT NULL",
        "REVOKE SELECT ON project FROM campaigns",
        "TRUNCATE project",
    ],
)
def test_what_the_version_before_cannot_live_with_is_seen(sql: str) -> None:
    assert breaks(f"CREATE TABLE more (); {sql};")


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE project ADD COLUMN motto text",
        "ALTER TABLE project ADD COLUMN motto text NOT NULL DEFAULT ''",
        "ALTER TABLE project ALTER COLUMN title DROP NOT NULL",
        "CREATE INDEX ON project (title)",
    ],
)
def test_what_only_adds_is_let_through(sql: str) -> None:
    assert breaks(sql) == []
