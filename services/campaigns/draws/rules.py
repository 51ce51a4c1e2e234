"""The draw, written a second time in plain Python, so that a stored draw can be drawn again.

The database draws (`sql/draw.sql`); this is the referee. Both must agree to the member: each round,
every stratum with a gap looks at its best-ranked free candidates; who is wanted by several is given
to one of them by a lottery in which a rare audience weighs more; then ranks decide.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

# How far beyond its gap a stratum looks while others compete for the same people.
CONTESTED_LOOK = 4


@dataclass(frozen=True)
class Entry:
    """One stratum of one campaign in a draw; candidates by rank."""

    campaign_id: UUID
    stratum: str
    wanted: int
    candidates: Sequence[UUID] = field(repr=False)


def rank(seed: bytes, member_id: UUID) -> bytes:
    """A member's place in one campaign, fixed when the campaign's seed was committed."""
    return sha256(seed + member_id.bytes).digest()


def draw_seed(campaign_seeds: Mapping[UUID, bytes]) -> bytes:
    """The lottery's seed follows from the committed seeds: nobody chooses it."""
    return sha256(b"".join(campaign_seeds[id] for id in sorted(campaign_seeds))).digest()


def input_digest(by_rank: Sequence[UUID]) -> bytes:
    """Of everybody who could be asked: leaving somebody out would show."""
    return sha256(b"".join(id.bytes for id in by_rank)).digest()


def look(entries: Sequence[Entry]) -> int:
    return CONTESTED_LOOK if len({entry.campaign_id for entry in entries}) > 1 else 1


def ticket(seed: bytes, round_: int, member_id: UUID, campaign_id: UUID) -> float:
    """An exponential variable: the smallest wins."""
    digest = sha256(seed + round_.to_bytes(4) + member_id.bytes + campaign_id.bytes).digest()
    unit = ((int.from_bytes(digest[:8]) >> 12) + 0.5) / 2**52
    return -math.log(unit)


def replay(seed: bytes, entries: Sequence[Entry]) -> list[list[UUID]]:
    """Who is drawn, for each entry, in no particular order."""
    reach = look(entries)
    taken: set[UUID] = set()
    chosen: list[list[UUID]] = [[] for _ in entries]
    round_ = 0
    while True:
        round_ += 1
        wishes: dict[UUID, list[tuple[float, int, int]]] = defaultdict(list)
        for number, entry in enumerate(entries):
            gap = entry.wanted - len(chosen[number])
            free = [(place, id) for place, id in enumerate(entry.candidates) if id not in taken][
                : reach * gap
            ]
            for place, id in free:
                lot = ticket(seed, round_, id, entry.campaign_id) * len(free) if reach > 1 else 0.0
                wishes[id].append((lot, number, place))
        given: dict[int, list[tuple[int, UUID]]] = defaultdict(list)
        for id, wanting in wishes.items():
            _, number, place = min(wanting)
            given[number].append((place, id))
        for number, people in given.items():
            gap = entries[number].wanted - len(chosen[number])
            chosen[number] += [id for _, id in sorted(people)[:gap]]
        before = len(taken)
        taken = {id for people in chosen for id in people}
        if len(taken) == before:
            return chosen
