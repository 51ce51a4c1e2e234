"""A migration runs while the previous version still serves: it adds, and removes nothing.

Unused tables and columns are removed by a later release, in a migration whose name says so.
"""

from pathlib import Path

import pglast
import pytest
from pglast import ast
from pglast.enums import AlterTableType, ConstrType

SERVICES = Path(__file__).parents[2] / "services"
MIGRATIONS = sorted(SERVICES.glob("*/migrations/*.sql"))
REMOVES = "_contract_"
TAKEN_AWAY = (ast.DropStmt, ast.RenameStmt, ast.TruncateStmt)
NARROWED = (
    AlterTableType.AT_DropColumn,
    AlterTableType.AT_AlterColumnType,
    AlterTableType.AT_SetNotNull,
)


def breaks(sql: str) -> list[str]:
    """Statements that break the previous version."""
    breaking = []
    for raw in pglast.parse_sql(sql):
        statement = raw.stmt
        if isinstance(statement, TAKEN_AWAY):
            breaking.append(type(statement).__name__)
        if isinstance(statement, ast.GrantStmt) and not statement.is_grant:
            breaking.append("Revoke")
        if isinstance(statement, ast.AlterTableStmt):
            breaking += [
                AlterTableType(command.subtype).name
                for command in statement.cmds or ()
                if command.subtype in NARROWED or asks_for_more(command)
            ]
    return breaking


def asks_for_more(command: ast.AlterTableCmd) -> bool:
    """Whether the column is required and has no default: the previous version could not insert."""
    column = command.def_
    if not isinstance(column, ast.ColumnDef):
        return False
    kinds = {constraint.contype for constraint in column.constraints or ()}
    generated = {ConstrType.CONSTR_DEFAULT, ConstrType.CONSTR_IDENTITY, ConstrType.CONSTR_GENERATED}
    return ConstrType.CONSTR_NOTNULL in kinds and not kinds & generated


def name(path: Path) -> str:
    return f"{path.relative_to(SERVICES).parts[0]}/{path.name}"


@pytest.mark.parametrize("path", MIGRATIONS, ids=name)
def test_the_previous_version_works_while_a_migration_runs(path: Path) -> None:
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
def test_statements_that_break_the_previous_version_are_detected(sql: str) -> None:
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
def test_additive_statements_are_allowed(sql: str) -> None:
    assert breaks(sql) == []
