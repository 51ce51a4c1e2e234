"""A piece of text and what it means; the theme decides how a meaning looks."""

from dataclasses import dataclass
from typing import Literal

# attention: someone should act. trouble: a promise is in danger, or a service is down. done: kept.
Tone = Literal["", "dim", "strong", "attention", "trouble", "done"]


@dataclass(frozen=True)
class Said:
    text: str
    tone: Tone = ""


# The sign that goes with a tone, so that colour never says something alone.
SIGNS: dict[Tone, str] = {"attention": "!", "trouble": "✕", "done": "✓"}


def signed(said: Said) -> Said:
    sign = SIGNS.get(said.tone)
    return Said(f"{sign} {said.text}", said.tone) if sign else said
