"""Recovery of responses after its database was restored from a backup.

Responses received since the backup are lost, and nobody can request them again, as their authors
are unknown. Participants who still have their private link can submit again: this database does not
know their credential. Everything published from now on gets a newer version than before,
so that no consumer keeps a synthesis that is lost.
"""

import structlog

from services.contracts.events.responses import CollectionState, ProposalState
from services.contracts.topics import topic_of
from services.runtime.clock import Clock
from services.runtime.messaging.recovery import Recovery
from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import Queries, execute, fetch_value

queries = Queries("services.responses")
log = structlog.get_logger()


def recovery(clock: Clock) -> Recovery:
    async def outgrow_published_versions(conn: Connection) -> None:
        collections, proposals = topic_of(CollectionState).name, topic_of(ProposalState).name
        if await fetch_value(conn, queries.topic_lacks_collections, topic=collections):
            log.critical("topics_lost_too")
            await execute(conn, queries.outgrow_lost_topics, now=clock.now())
        await execute(conn, queries.outgrow_collections, topic=collections)
        await execute(conn, queries.outgrow_proposals, topic=proposals)

    return Recovery(after_replay=outgrow_published_versions)
