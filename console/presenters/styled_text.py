"""Text with a tone; the theme gives each tone its style."""

from dataclasses import dataclass
from typing import Literal

# attention: someone should act. trouble: a promise is in danger, or a service is down. done: kept.
Tone = Literal["", "dim", "strong", "attention", "trouble", "done"]


@dataclass(frozen=True)
class Phrase:
    text: str
    tone: Tone = ""


# The sign that goes with a tone, so that colour never says something alone.
SIGNS: dict[Tone, str] = {"attention": "!", "trouble": "✕", "done": "✓"}


def with_sign(phrase: Phrase) -> Phrase:
    sign = SIGNS.get(phrase.tone)
    return Phrase(f"{sign} {phrase.text}", phrase.tone) if sign else phrase
