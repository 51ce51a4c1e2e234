"""Staff API of registry: people, by counts and imports."""

from datetime import date
from uuid import UUID

from pydantic import Field

from services.contracts.events.registry import MemberStatus
from services.contracts.http import View


class LineError(View):
    """A line that could not be taken; `last_line` differs where a cell runs over several lines."""

    line: int
    last_line: int
    reason: str


class CodeFound(View):
    """A code of an attribute in the lines that can be taken, and the spellings that mean it."""

    attribute: str
    code: str
    label: str
    lines: int
    spellings: list[str]


class ImportReport(View):
    """What an import did, or would do; one entry per line that could not be taken.

    Every physical line of the file is in `lines` (below the header) or among `lines_above` (the
    header included) or `blank_lines`; `lines` are `valid` or in `errors`.

    `kept` says whether anything was stored: a failed import keeps nothing unless the valid lines
    were accepted explicitly. `refused_whole` is why nothing of the file can be kept at all.
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
    """Up to three names as they were read, so that a wrong encoding is seen."""
    codes: list[CodeFound]
    without_last_contact: int
    """Valid lines of which nothing says when they were last contacted: they count as today."""
    notices: list[str]
    """What staff should know before the lines are kept, as sentences."""
    refused_whole: list[str]
    to_confirm: str | None
    """A consequence for everybody in the file, to be confirmed before it is kept."""
    errors: list[LineError]


class MemberCounts(View):
    by_status: dict[MemberStatus, int]


class DeliveryCounts(View):
    """Send orders received, by where their delivery stands."""

    by_state: dict[str, int]
    refused_by_reason: dict[str, int]


class MailReply(View):
    """Words of the mail server on a refusal, without anything that names a person."""

    reply: str
    orders: int = Field(description="send orders that were last refused with these words")
    waiting: int = Field(description="those of them that are tried again")
    until: date = Field(description="last day of the window that ends last")


class MailReplies(View):
    """The fifty most frequent."""

    replies: list[MailReply]


class Erasure(View):
    """`erased_now` is false for who was erased before."""

    member_id: UUID
    erased_now: bool
