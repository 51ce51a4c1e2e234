"""Staff API of registry: people, by counts and imports."""

from uuid import UUID

from services.contracts.events.registry import MemberStatus
from services.contracts.http import View


class LineError(View):
    line: int
    reason: str


class ImportReport(View):
    """What an import did, or would do; one entry per line that could not be taken.

    `kept` says whether anything was stored: a failed import keeps nothing unless the valid lines
    were accepted explicitly.
    """

    lines: int
    valid: int
    imported: int
    duplicates: int
    dry_run: bool
    kept: bool
    encoding: str
    separator: str
    errors: list[LineError]


class MemberCounts(View):
    by_status: dict[MemberStatus, int]


class DeliveryCounts(View):
    """Send orders received, by where their delivery stands."""

    by_state: dict[str, int]
    refused_by_reason: dict[str, int]


class Erasure(View):
    """`erased_now` is false for who was erased before."""

    member_id: UUID
    erased_now: bool
