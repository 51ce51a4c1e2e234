"""The result of checking one promise, with its sentence in both languages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Sentence(NamedTuple):
    """Unlike the runtime's `Text`, this is no code of the services."""

    fr: str
    en: str


@dataclass(frozen=True)
class Finding:
    """Whether one promise holds.

    `code` is for programs and stays; `looked_at` counts what the sentence speaks of, and `wrong`
    those of them that break the promise; `named` lists these, where they have names.
    """

    code: str
    sentence: Sentence
    looked_at: int
    wrong: int
    named: Sequence[str] = ()

    @property
    def holds(self) -> bool:
        return self.wrong == 0
