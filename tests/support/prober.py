"""The adversary of the anonymity promise (docs/privacy.md): it holds every dump and every log, and
guesses the author of each contribution.

It receives more than is stored: the exact order in which participants requested their credentials,
each of whom responds at once. It also holds every column of every contribution, including system
columns (ctid, xmin), the sizes of the sealed responses in order of arrival, the logs, and the
attributes of each member: language, device, day of joining.

An attack guesses the author of each contribution of a project. A blind guess hits one on average,
whatever the number of participants: the fixed points of a random permutation have mean 1
and variance 1. Over `runs` projects the hits of blind guesses have mean `runs` and variance `runs`;
the 95 % limit is one-sided and divided by the number of attacks (Bonferroni), as the best of many
guesses is better than one.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from statistics import NormalDist
from typing import Any

CERTAINTY = 0.95


@dataclass(frozen=True)
class Evidence:
    """One project. `members` in order of their credentials; `contributions` as rows of all columns,
    in the table's physical order; `box_sizes` in order of arrival."""

    members: Sequence[str]
    contributions: Sequence[Mapping[str, Any]]
    box_sizes: Sequence[int]
    log: Sequence[str]
    attributes: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    """Of the members, in their order."""


Guess = list[str]
Attack = Callable[[Evidence], Guess]


@dataclass
class Hits:
    """Correct guesses of each attack over all runs."""

    runs: int = 0
    of: dict[str, int] = field(default_factory=dict)

    @property
    def limit(self) -> float:
        tail = (1 - CERTAINTY) / max(1, len(self.of))
        return self.runs + NormalDist().inv_cdf(1 - tail) * math.sqrt(self.runs)

    @property
    def better_than_chance(self) -> dict[str, int]:
        return {name: hits for name, hits in self.of.items() if hits > self.limit}

    def judge(self, evidence: Evidence, authors: Sequence[str]) -> None:
        """Run every attack on one project; `authors` is the truth, which no attack sees."""
        self.runs += 1
        for name, attack in attacks(evidence).items():
            guess = attack(evidence)
            right = sum(guessed == other for guessed, other in zip(guess, authors, strict=True))
            self.of[name] = self.of.get(name, 0) + right


def attacks(evidence: Evidence) -> dict[str, Attack]:
    """One attack per column and direction, as each column may have the order of arrival."""
    columns = evidence.contributions[0].keys()
    by_column = {
        f"{column}, {'downwards' if down else 'upwards'}": _by_column(column, down)
        for column in columns
        for down in (False, True)
    }
    by_attribute = {
        f"{column}, {'downwards' if down else 'upwards'}, by {attribute}": _by_column(
            column, down, attribute
        )
        for attribute in evidence.attributes
        for column in columns
        for down in (False, True)
    }
    return by_column | by_attribute | {"sizes": by_size, "identifiers": by_shared_identifiers}


def _by_column(column: str, down: bool, attribute: str | None = None) -> Attack:
    """Guess that members, by arrival or by an attribute, wrote the contributions in the order of a
    column: the first opening, the only response in English, the last day."""

    def attack(evidence: Evidence) -> Guess:
        rows = evidence.contributions
        order = sorted(range(len(rows)), key=lambda index: _sortable(rows[index][column]))
        members = _members_by(evidence, attribute)
        return _assigned(order[::-1] if down else order, members)

    return attack


def expected_hits(
    evidence: Evidence, authors: Sequence[str], column: str, attribute: str | None = None
) -> float:
    """Expected hits when contributions with equal values are guessed at random among the members
    of the same rank. 1.0 where all values are equal; each distinguishable opening adds about 1."""
    rows = evidence.contributions
    order = sorted(range(len(rows)), key=lambda index: _sortable(rows[index][column]))
    members = _members_by(evidence, attribute)
    hits, begin = 0.0, 0
    for _, group in groupby(order, key=lambda index: rows[index][column]):
        places = list(group)
        turn = set(members[begin : begin + len(places)])
        hits += sum(authors[index] in turn for index in places) / len(places)
        begin += len(places)
    return hits


def _members_by(evidence: Evidence, attribute: str | None) -> Sequence[str]:
    if attribute is None:
        return evidence.members
    values = evidence.attributes[attribute]
    places = sorted(range(len(values)), key=lambda index: _sortable(values[index]))
    return [evidence.members[index] for index in places]


def by_size(evidence: Evidence) -> Guess:
    """Guess that the longest contribution came in the largest sealed response."""
    rows = evidence.contributions
    longest = sorted(range(len(rows)), key=lambda index: len(str(rows[index]["words"])))
    largest = sorted(range(len(rows)), key=lambda arrival: evidence.box_sizes[arrival])
    return _assigned(longest, [evidence.members[arrival] for arrival in largest])


def by_shared_identifiers(evidence: Evidence) -> Guess:
    """Use a log line that names a contribution and a member; guess blindly elsewhere."""
    guess = list(evidence.members)
    for index, row in enumerate(evidence.contributions):
        for line in evidence.log:
            if str(row["id"]) in line:
                guess[index] = next(
                    (member for member in evidence.members if re.search(re.escape(member), line)),
                    guess[index],
                )
    return guess


def _assigned(order: Sequence[int], members: Sequence[str]) -> Guess:
    guess = [""] * len(order)
    for member, index in zip(members, order, strict=True):
        guess[index] = member
    return guess


def _sortable(value: Any) -> tuple[int, Any]:
    """Sort key: numbers by value, ctid by page and row, everything else as text."""
    if isinstance(value, int | float):
        return 0, value
    if isinstance(value, tuple):  # ctid
        return 0, value[0] * 1_000_000 + value[1]
    return 1, str(value)
