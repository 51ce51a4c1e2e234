"""Search text that PostgreSQL's web search accepts, whatever was typed."""

import re

# A hyphen negates only in front of a word or a phrase. PostgreSQL stacks every other hyphen as one
# more negation and gives up at the 32nd with an internal error.
_DASHES = re.compile(r"--+")
_IDLE_HYPHEN = re.compile(r'-(?!\w|"[^"]*\w)')
_NOT_STORABLE = re.compile("[\\0\ud800-\udfff]")


def search_words(text: str) -> str:
    """`text` with its words, quotes and negations, without hyphens that negate nothing.

    Empty where nothing can be searched for; an empty search matches nothing."""
    cleaned = _DASHES.sub(" ", _NOT_STORABLE.sub(" ", text))
    cleaned = _IDLE_HYPHEN.sub(" ", cleaned).strip()
    return cleaned if re.search(r"\w", cleaned) else ""
