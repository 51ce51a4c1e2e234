"""When a project's sealed responses are opened: all at once, and not below the anonymity floor.

Nothing is opened while a credential can still be obtained. An earlier opening would show that
whoever obtained a credential later wrote none of the opened responses, and it could leave a small
remainder: with ten responses opened and one late participant, the eleventh response has a name.
Once the project is over campaigns issues no credentials, and all responses are opened in one
transaction, so that rows cannot be told apart by the transaction number that PostgreSQL stores.

Below the floor nothing is opened unless every participant who responded agreed. Campaigns publishes
the number of credentials rounded down, so it also publishes whether the floor is reached. While it
does not, the number of spent credentials decides: it is never larger than the number issued.
"""

from enum import StrEnum

from services.responses.collections.rules import Collection, ResponseCounts


class Opening(StrEnum):
    WAIT = "wait"
    OPEN = "open"
    OPEN_IF_ALL_AGREED = "open if all agreed"


def decide_opening(collection: Collection, counts: ResponseCounts) -> Opening:
    if not collection.project_is_over or counts.sealed == 0:
        return Opening.WAIT
    participants = max(counts.received, collection.credentials_issued or 0)
    if collection.floor_reached or participants >= collection.anonymity_floor:
        return Opening.OPEN
    return Opening.OPEN_IF_ALL_AGREED
