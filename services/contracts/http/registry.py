"""Staff API of registry: people, by counts and imports."""

from datetime import date
from uuid import UUID

from pydantic import Field

from services.contracts.events.registry import MemberStatus
from services.contracts.http import View


class LineError(View):
    """A line that cannot be imported; `last_line` differs where a cell spans several lines."""

    line: int
    last_line: int
    reason: str


class CodeFound(View):
    """A code of an attribute in valid lines, and the spellings that mean it."""

    attribute: str
    code: str
    label: str
    lines: int
    spellings: list[str]


class ImportReport(View):
    """Result of an import, or of its dry run; one entry per line that cannot be imported.

    Every physical line of the file is in `lines` (below the header) or among `lines_above` (the
    header included) or `blank_lines`; `lines` are `valid` or in `errors`.

    `kept`: whether anything was stored; a failed import stores nothing unless the valid lines were
    accepted explicitly. `refused_whole`: why the whole file is refused.
    """

    lines: int
    lines_above: int
    blank_lines: int
    valid: int
    imported: int
    duplicates: int
    dry_run: bool
    kept: bool
    encoding: str
    separator: str
    unused_columns: list[str]
    names: list[str]
    """Up to three decoded names, which reveal a wrong encoding."""
    codes: list[CodeFound]
    without_last_contact: int
    """Valid lines without a last contact: today counts as their last contact."""
    notices: list[str]
    """Notes for staff before the lines are stored, as sentences."""
    refused_whole: list[str]
    to_confirm: str | None
    """A consequence for everybody in the file, to be confirmed before it is stored."""
    errors: list[LineError]


class MemberCounts(View):
    by_status: dict[MemberStatus, int]


class DeliveryCounts(View):
    """Send orders received, by state of their delivery."""

    by_state: dict[str, int]
    refused_by_reason: dict[str, int]


class MailReply(View):
    """A refusal by the mail server, without personal data."""

    reply: str
    orders: int = Field(description="send orders whose latest refusal had this text")
    waiting: int = Field(description="of these, the number that will be tried again")
    until: date = Field(description="last day of the latest window")


class MailReplies(View):
    """The fifty most frequent refusals."""

    replies: list[MailReply]


class Erasure(View):
    """`erased_now` is false for a person who was erased before."""

    member_id: UUID
    erased_now: bool
