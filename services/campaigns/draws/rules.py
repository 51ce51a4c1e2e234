"""Reference implementation of the draw in plain Python, which repeats a stored draw.

The database draws (draws/queries.sql); both must agree to the member. In each round every stratum
with a gap considers its best-ranked free candidates; a member whom several strata want goes to one
of them by a lottery in which a rare audience weighs more; then ranks decide.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

# Candidates that a stratum considers, as a multiple of its gap, while others compete for them.
CONTESTED_REACH = 4


@dataclass(frozen=True)
class Entry:
    """One stratum of one campaign in a draw; candidates by rank."""

    campaign_id: UUID
    stratum: str
    gap: int
    candidates: Sequence[UUID] = field(repr=False)


def rank(seed: bytes, member_id: UUID) -> bytes:
    """Rank of a member in one campaign, fixed when the campaign's seed was committed."""
    return sha256(seed + member_id.bytes).digest()


def draw_seed(campaign_seeds: Mapping[UUID, bytes]) -> bytes:
    """Seed of the lottery, derived from the committed seeds, so that nobody chooses it."""
    return sha256(b"".join(campaign_seeds[id] for id in sorted(campaign_seeds))).digest()


def input_digest(member_ids: Sequence[UUID]) -> bytes:
    """Digest of everybody who could be asked: an omission changes it."""
    return sha256(b"".join(id.bytes for id in member_ids)).digest()


def reach_of(entries: Sequence[Entry]) -> int:
    return CONTESTED_REACH if len({entry.campaign_id for entry in entries}) > 1 else 1


def ticket(seed: bytes, round_: int, member_id: UUID, campaign_id: UUID) -> float:
    """Exponential variable; the smallest wins."""
    digest = sha256(seed + round_.to_bytes(4) + member_id.bytes + campaign_id.bytes).digest()
    unit = ((int.from_bytes(digest[:8]) >> 12) + 0.5) / 2**52
    return -math.log(unit)


def replay(seed: bytes, entries: Sequence[Entry]) -> list[list[UUID]]:
    """Members drawn for each entry, in no particular order."""
    reach = reach_of(entries)
    drawn: set[UUID] = set()
    chosen: list[list[UUID]] = [[] for _ in entries]
    round_ = 0
    while True:
        round_ += 1
        wishes: dict[UUID, list[tuple[float, int, int]]] = defaultdict(list)
        for number, entry in enumerate(entries):
            gap = entry.gap - len(chosen[number])
            free = [
                (position, id) for position, id in enumerate(entry.candidates) if id not in drawn
            ][: reach * gap]
            for position, id in free:
                lot = ticket(seed, round_, id, entry.campaign_id) * len(free) if reach > 1 else 0.0
                wishes[id].append((lot, number, position))
        winners: dict[int, list[tuple[int, UUID]]] = defaultdict(list)
        for id, lots in wishes.items():
            _, number, position = min(lots)
            winners[number].append((position, id))
        for number, people in winners.items():
            gap = entries[number].gap - len(chosen[number])
            chosen[number] += [id for _, id in sorted(people)[:gap]]
        count = len(drawn)
        drawn = {id for people in chosen for id in people}
        if len(drawn) == count:
            return chosen
