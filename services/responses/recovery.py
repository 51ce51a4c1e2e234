"""What responses does when its database was put back from a backup.

What came in since is lost, and nobody can ask for it again: nobody knows who wrote. Whoever still
has their private link sends their answer again, as this database does not know it. What is told
from now on is newer than what was told before, so that nobody goes by a synthesis that is lost.
"""

import structlog

from services.contracts.events.responses import CollectionState, ProposalState
from services.contracts.topics import topic_of
from services.runtime.clock import Clock
from services.runtime.messaging.recovery import Recovery
from services.runtime.postgres.database import Connection, Queries

sql = Queries("services.responses", ".")
log = structlog.get_logger()


def recovery(clock: Clock) -> Recovery:
    async def after(conn: Connection) -> None:
        if await conn.fetchval(sql.collections_unheard, topic_of(CollectionState).name):
            log.critical("topics_lost_too")
            await conn.execute(sql.outgrow_all, clock.now())
        await conn.execute(sql.outgrow_collections, topic_of(CollectionState).name)
        await conn.execute(sql.outgrow_proposals, topic_of(ProposalState).name)

    return Recovery(after_replay=after)
