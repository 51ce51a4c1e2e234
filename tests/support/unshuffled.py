"""A broken shuffle, which the privacy tests must detect."""

from random import Random
from typing import Any

PARTICIPANTS = 20


class Unshuffled(Random):
    """A random source that forgets to shuffle."""

    def shuffle(self, x: Any) -> None:
        pass
