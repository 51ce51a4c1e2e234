"""What feedback does when its database was put back from a backup.

Decisions and reports that were published since stand on their topics and in what people received;
here they have to be written and signed anew. They get later versions than those that were told, so
that whoever listens goes by them, and participants are told of them as of a revision.
"""

from services.contracts.events.feedback import DecisionState, ReportState
from services.contracts.topics import topic_of
from services.feedback.decisions.store import sql
from services.runtime.messaging.recovery import Recovery
from services.runtime.postgres.database import Connection

_DECISIONS, _REPORTS = topic_of(DecisionState).name, topic_of(ReportState).name


def recovery() -> Recovery:
    async def after(conn: Connection) -> None:
        await conn.execute(sql.outgrow_decisions, _DECISIONS)

    # Versions of what is not there yet are looked up when it is written.
    return Recovery(after=after, keeps=(_DECISIONS, _REPORTS))
