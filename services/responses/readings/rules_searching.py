"""Words to look for, in a form that PostgreSQL's web search accepts whatever was typed."""

import re

# A hyphen negates only in front of a word or a phrase. PostgreSQL stacks every other hyphen as one
# more negation and gives up at the 32nd with an internal error.
_DASHES = re.compile(r"--+")
_IDLE_HYPHEN = re.compile(r'-(?!\w|"[^"]*\w)')
_UNKEEPABLE = re.compile("[\\0\ud800-\udfff]")


def search_words(text: str) -> str:
    """`text` with its words, quotes and negations, without hyphens that negate nothing.

    Empty when there is nothing to look for; an empty search finds nothing."""
    plain = _DASHES.sub(" ", _UNKEEPABLE.sub(" ", text))
    plain = _IDLE_HYPHEN.sub(" ", plain).strip()
    return plain if re.search(r"\w", plain) else ""
