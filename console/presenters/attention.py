"""Attention in words: whether each contribution was read, for how long, and how soon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.presenters.styled_text import Phrase
from console.words import Count, Language, Text, number

if TYPE_CHECKING:
    from services.contracts.http.reading import AttentionView

_FINE_GINI, _UNEQUAL_GINI = 0.25, 0.45

READ = Text(
    fr="{read} contributions lues sur {n} ({wanted} lecture(s) chacune), par {readers} personne(s)",
    en="{read} of {n} contributions read ({wanted} reading(s) each), by {readers} people",
)
WAIT = Count(
    Text(
        fr="{n} attend, depuis {{days}} jour(s) : elle bloque la synthèse",
        en="{n} waits, for {{days}} day(s): it blocks the synthesis",
    ),
    Text(
        fr="{n} attendent, la plus ancienne depuis {{days}} jour(s) : elles bloquent la synthèse",
        en="{n} wait, the oldest for {{days}} day(s): they block the synthesis",
    ),
)
TIME = Text(
    fr="Temps de lecture médian : {seconds} s par contribution",
    en="Median reading time: {seconds} s per contribution",
)
DELAY = Text(
    fr="Lues {median} jour(s) après l'ouverture (médiane), {longest} au plus",
    en="Read {median} day(s) after opening (median), {longest} at most",
)
EQUAL = Text(
    fr="Attention bien partagée (Gini {gini}, à longueur égale {fair})",
    en="Attention is well shared (Gini {gini}, for equal length {fair})",
)
MIXED = Text(
    fr="Attention inégale, en partie par la longueur (Gini {gini}, à longueur égale {fair})",
    en="Attention is uneven, in part by length (Gini {gini}, for equal length {fair})",
)
UNEQUAL = Text(
    fr="Attention très inégale (Gini {gini}, à longueur égale {fair})",
    en="Attention is very unequal (Gini {gini}, for equal length {fair})",
)
NOTHING = Text(
    fr="Rien n'est lu encore : la courbe viendra avec les lectures.",
    en="Nothing is read yet: the curve comes with the readings.",
)
BAND = Text(fr="{low} à {high}", en="{low} to {high}")
LONGEST = Text(fr="{low} et plus", en="{low} and more")


UNREAD = Count(
    Text(fr="{n} à lire, depuis {{days}} jour(s)", en="{n} to read, for {{days}} day(s)"),
    Text(fr="{n} à lire, depuis {{days}} jour(s)", en="{n} to read, for {{days}} day(s)"),
)
SYNTHESIS_DUE = Text(fr="tout est lu : synthèse à faire", en="all read: synthesis to be made")


def unread_of(view: AttentionView) -> int:
    """Contributions that still lack a reading."""
    readings_wanted = view.figures.readings_wanted
    return sum(n for readings, n in view.readings_each.items() if readings < readings_wanted)


def what_waits(view: AttentionView, language: Language) -> str:
    """Sentence on the reading that a project still needs before its synthesis."""
    if unread := unread_of(view):
        return UNREAD.say(unread, language).format(days=view.unread_days)
    return SYNTHESIS_DUE.in_(language)


def in_words(view: AttentionView, language: Language) -> list[Phrase]:
    figures = view.figures
    total = sum(view.readings_each.values())
    unread = unread_of(view)
    phrases = [
        Phrase(
            READ.in_(
                language,
                read=number(total - unread, language),
                n=number(total, language),
                wanted=figures.readings_wanted,
                readers=view.readers,
            ),
            "" if unread else "done",
        )
    ]
    if unread:
        sentence = WAIT.say(unread, language).format(days=view.unread_days)
        phrases.append(Phrase(sentence, "attention"))
    if figures.median_seconds is None or figures.gini is None:
        return [*phrases, Phrase(NOTHING.in_(language), "dim")]
    fair = view.gini_for_length or 0.0
    shared = EQUAL if fair < _FINE_GINI else MIXED if fair < _UNEQUAL_GINI else UNEQUAL
    gini = decimal(figures.gini, language)
    phrases.append(
        Phrase(
            shared.in_(language, gini=gini, fair=decimal(fair, language)),
            "done" if shared is EQUAL else "attention",
        )
    )
    phrases.append(Phrase(TIME.in_(language, seconds=round(figures.median_seconds))))
    if figures.median_delay_days is not None:
        median = round(figures.median_delay_days)
        phrases.append(
            Phrase(DELAY.in_(language, median=median, longest=figures.longest_delay_days))
        )
    return phrases


def band(low: int, high: int | None, language: Language) -> str:
    """How long contributions are, in characters."""
    first = number(low, language)
    if high is None:
        return LONGEST.in_(language, low=first)
    return BAND.in_(language, low=first, high=number(high - 1, language))


def decimal(value: float, language: Language) -> str:
    return f"{value:.2f}".replace(".", "," if language == "fr" else ".")
