"""The adversary of the anonymity promise (docs/privacy.md): it holds every dump and every log, and
guesses the author of each contribution.

It is given more than is stored: the exact order in which participants fetched their credentials,
each of whom answers at once. It also holds every column of every opened contribution, those that
nobody declares (ctid, xmin) included, the sizes of the sealed boxes in order of arrival, logs, and
what is known of each member: language, device, the day on which they joined.

An attack guesses, for each contribution of a project, who wrote it. Guessing blindly hits one on
average, whatever the number of participants: the fixed points of a random permutation have mean 1
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
    """What each attack hit over all runs."""

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
        """`authors`: who really wrote each contribution, which no attack sees."""
        self.runs += 1
        for name, attack in attacks(evidence).items():
            guess = attack(evidence)
            right = sum(guessed == other for guessed, other in zip(guess, authors, strict=True))
            self.of[name] = self.of.get(name, 0) + right


def attacks(evidence: Evidence) -> dict[str, Attack]:
    """Each column might keep the order of arrival, upwards or downwards."""
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
    """The first member, by arrival or by an attribute, wrote the contribution that sorts first: the
    first opening, the only answer in English, the last day."""

    def attack(evidence: Evidence) -> Guess:
        rows = evidence.contributions
        order = sorted(range(len(rows)), key=lambda index: _sortable(rows[index][column]))
        members = _members_by(evidence, attribute)
        return _assigned(order[::-1] if down else order, members)

    return attack


def expected_hits(
    evidence: Evidence, authors: Sequence[str], column: str, attribute: str | None = None
) -> float:
    """Hits on average when contributions alike in a column are guessed at random among the members
    whose turn it is. 1.0 where all are alike; each opening that can be told apart adds about 1."""
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
    """The longest contribution came in the largest box."""
    rows = evidence.contributions
    longest = sorted(range(len(rows)), key=lambda index: len(str(rows[index]["words"])))
    largest = sorted(range(len(rows)), key=lambda arrival: evidence.box_sizes[arrival])
    return _assigned(longest, [evidence.members[arrival] for arrival in largest])


def by_shared_identifiers(evidence: Evidence) -> Guess:
    """A line that names a contribution and a member; blind elsewhere."""
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
    """Numbers by size, places on pages by page, all else as text."""
    if isinstance(value, int | float):
        return 0, value
    if isinstance(value, tuple):  # ctid
        return 0, value[0] * 1_000_000 + value[1]
    return 1, str(value)
