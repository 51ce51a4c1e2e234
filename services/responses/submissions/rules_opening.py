"""The one opening of a project's sealed answers: all together, shuffled, never below the floor.

Nothing is opened while a credential can still be obtained. Any earlier opening would tell that
whoever obtained a credential later wrote none of what was opened, and an opening of a few would
leave a few apart: with ten answers opened and one late participant, the eleventh answer has a name.
Collection being over, credentials are over too (campaigns issues none afterwards), and all answers
are opened in one transaction, so that rows cannot be divided by the number of the transaction that
wrote them.

Below the floor nothing is opened unless everybody who answered agreed. The number of credentials is
told rounded down, so campaigns, which has the exact one, says whether the floor is reached. Where
it does not know, the number spent is proof enough: it is never the larger one.
"""

from dataclasses import dataclass
from enum import Enum

from services.responses.collections.rules import Collection


class Verdict(Enum):
    WAIT = "wait"
    OPEN = "open"
    OPEN_IF_ALL_AGREED = "open if all agreed"


@dataclass(frozen=True)
class Waiting:
    """Answers received so far, and how many of them are still sealed."""

    received: int
    sealed: int


def verdict(collection: Collection, waiting: Waiting) -> Verdict:
    if not collection.project_is_over or waiting.sealed == 0:
        return Verdict.WAIT
    told = max(waiting.received, collection.credentials_issued or 0)
    if collection.floor_reached or told >= collection.anonymity_floor:
        return Verdict.OPEN
    return Verdict.OPEN_IF_ALL_AGREED
