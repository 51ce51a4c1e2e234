"""The result of checking one promise, with its sentence in both languages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Sentence(NamedTuple):
    """A sentence in both languages; the runtime's `Text` would be code of the services."""

    fr: str
    en: str


@dataclass(frozen=True)
class Finding:
    """Result of checking one promise.

    `code` is stable, for programs; `looked_at` counts the cases examined, `wrong` those that break
    the promise, and `named` lists these where they have names.
    """

    code: str
    sentence: Sentence
    looked_at: int
    wrong: int
    named: Sequence[str] = ()

    @property
    def holds(self) -> bool:
        return self.wrong == 0
