"""Readability score of a text: a hint to its author, never a judgement.

French: Kandel and Moles (1958), 207 − 1.015 × words per sentence − 73.6 × syllables per word.
English: Flesch (1948), 206.835 − 1.015 × words per sentence − 84.6 × syllables per word. Both run
from 0, hard, to 100, easy; 60 is everyday language. Syllables are counted by hyphenation (Pyphen).
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import pyphen

from services.runtime.text import Language, Text

_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_SENTENCE = re.compile(r"[.!?…]+(?:\s|$)|\n\s*\n|\n\s*[-*•]")
_SCALE = {"fr": (207.0, 1.015, 73.6), "en": (206.835, 1.015, 84.6)}
_FRENCH = frozenset(
    [
        "le",
        "la",
        "les",
        "des",
        "un",
        "une",
        "et",
        "est",
        "nous",
        "vous",
        "pour",
        "dans",
        "que",
        "qui",
        "ne",
        "pas",
        "sur",
        "au",
    ]
)
_ENGLISH = frozenset(
    [
        "the",
        "of",
        "and",
        "to",
        "is",
        "are",
        "we",
        "you",
        "for",
        "in",
        "that",
        "not",
        "on",
        "with",
        "it",
        "this",
        "be",
        "by",
    ]
)
EVERYDAY, HARD = 60.0, 40.0
LONG_SENTENCE = 20.0

_EASY = Text(fr="Se lit facilement.", en="Reads easily.")
_RATHER_HARD = Text(
    fr="Assez difficile : des mots plus courts aideraient.",
    en="Rather hard: shorter words would help.",
)
_DIFFICULT = Text(
    fr="Difficile pour beaucoup de lecteurs : simplifiez les mots et les phrases.",
    en="Hard for many readers: use simpler words and sentences.",
)
_LONG = Text(
    fr="Les phrases sont longues ({words:.0f} mots en moyenne) : coupez-les.",
    en="Sentences are long ({words:.0f} words on average): cut them.",
)
_NOTHING = Text(fr="Rien n'est écrit.", en="Nothing is written.")


@dataclass(frozen=True)
class Readability:
    """`score` from 0, hard, to 100, easy."""

    score: float
    words_per_sentence: float
    hint: str


def detect_language(text: str) -> Language:
    """Guessed from the most frequent words; French in doubt, as most reports are French."""
    tokens = [word.lower() for word in _WORD.findall(text)]
    english = sum(word in _ENGLISH for word in tokens)
    return "en" if english > sum(word in _FRENCH for word in tokens) else "fr"


def readability(text: str, language: Language) -> Readability:
    """Score the text by the formula of its own language; the hint is in `language`."""
    tokens = _WORD.findall(text)
    if not tokens:
        return Readability(0.0, 0.0, _NOTHING.in_(language))
    detected = detect_language(text)
    sentences = max(1, sum(bool(_WORD.search(part)) for part in _SENTENCE.split(text)))
    per_sentence = len(tokens) / sentences
    hyphens = _hyphens(detected)
    syllables = sum(len(hyphens.positions(word.lower())) + 1 for word in tokens) / len(tokens)
    start, by_length, by_syllables = _SCALE[detected]
    score = start - by_length * per_sentence - by_syllables * syllables
    score = min(100.0, max(0.0, score))
    hint = _EASY if score >= EVERYDAY else _RATHER_HARD if score >= HARD else _DIFFICULT
    advice = hint.in_(language)
    if per_sentence > LONG_SENTENCE:
        advice += " " + _LONG.in_(language, words=per_sentence)
    return Readability(round(score, 1), round(per_sentence, 1), advice)


@lru_cache
def _hyphens(language: Language) -> pyphen.Pyphen:
    return pyphen.Pyphen(lang="fr" if language == "fr" else "en_US")
