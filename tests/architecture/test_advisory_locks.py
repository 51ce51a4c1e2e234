"""Advisory lock numbers stand in one module, so that no two purposes share one."""

import re
from collections.abc import Iterator
from pathlib import Path

from services.runtime.postgres.locks import AdvisoryLock

ROOT = Path(__file__).parents[2]
LOCK_MODULE = ROOT / "services/runtime/postgres/locks.py"
CALL = re.compile(r"pg_(?:try_)?advisory_(?:xact_)?(?:un)?lock(?:_shared)?\(\s*([^)\s]+)")
# A parameter, or the hash of a member's id.
ARGUMENT = re.compile(r"\$\d|:[a-z_]+|hashtextextended\(.*")


def sources() -> Iterator[Path]:
    for folder in ("services", "console", "panel", "deploy"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in {".py", ".sql", ".sh", ".yaml", ".yml"} and path != LOCK_MODULE:
                yield path


def test_each_purpose_has_a_number_of_its_own() -> None:
    numbers = [lock.value for lock in AdvisoryLock.__members__.values()]
    assert len(set(numbers)) == len(numbers)


def test_no_lock_number_stands_in_sql_or_elsewhere_in_code() -> None:
    numbers = {str(lock.value) for lock in AdvisoryLock}
    offenders = []
    for path in sources():
        text = path.read_text()
        literals = {literal.replace("_", "") for literal in re.findall(r"\d[\d_]{5,}", text)}
        offenders += [f"{path.relative_to(ROOT)}: {n}" for n in literals & numbers]
        offenders += [
            f"{path.relative_to(ROOT)}: {call[0]}"
            for call in CALL.finditer(text)
            if not ARGUMENT.fullmatch(call[1])
        ]
    assert not offenders
