"""Preview of a launch: numbers and a verdict."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from textual.content import Content

from console.client.vocabulary import ATTRIBUTES, NOT_NOW, code_in_words, label_of
from console.presenters.projects import will_be_asked
from console.presenters.styled_text import Phrase, with_sign
from console.widgets.styled_text import content, sparkline
from console.widgets.text import Static
from console.words import Language, Text, bar, between, number

if TYPE_CHECKING:
    from services.contracts.http.campaigns import Preview

WHAT_IT_DOES = Text(fr="CE QUE CELA FERAIT", en="WHAT IT WOULD DO")
FITTING = Text(fr="correspondent", en="fit")
NOW = Text(fr="sollicitables", en="can be asked")
OF_WANTED = Text(fr="voulus", en="wanted")
NOT_POSSIBLE = Text(fr="Pas maintenant :", en="Not now:")
FEASIBLE = Text(fr="le nombre voulu est possible", en="the number wanted is possible")
TOO_MANY = Text(fr="pour l'instant, {n} au plus", en="{n} at most for now")
NOBODY = Text(fr="personne ne correspond", en="nobody fits")
NOBODY_AT_ONCE = Text(
    fr="personne n'a tout cela à la fois", en="nobody has all of this at the same time"
)
NOBODY_HAS = Text(fr="personne : {attribute} « {code} »", en="nobody: {attribute} “{code}”")
AT_MOST = Text(fr="{code} : au plus {n}", en="{code}: {n} at most")

Parts = list[Content | Phrase | str]


class PreviewPane(Static):
    def show_waiting(self, language: Language, trouble: Phrase | None = None) -> None:
        """No numbers: why there are none, if there is something to tell."""
        parts = _heading(language)
        if trouble:
            parts += ["\n", with_sign(trouble)]
        self.update(content(*parts))

    def show(self, preview: Preview, quotas_by: str, language: Language, today: date) -> None:
        """`quotas_by` is the attribute whose codes the strata are."""
        parts = _heading(language)
        top = max(preview.fitting, preview.wanted)
        for count, label in (
            (preview.fitting, FITTING),
            (preview.can_be_asked, NOW),
            (preview.wanted, OF_WANTED),
        ):
            parts += [
                "\n",
                Phrase(f"{number(count, language):>6} ", "strong"),
                Phrase(f"{label.in_(language):<14}", "dim"),
                sparkline(bar(count, top, 8)),
            ]
        parts += ["\n\n", between(preview.first_day, preview.last_day, today, language)]
        not_now = {code: n for code, n in preview.not_now.items() if n}
        if not_now:
            parts.append(Phrase(f"\n\n{NOT_POSSIBLE.in_(language)}", "dim"))
            for code, n in not_now.items():
                reason = label_of(NOT_NOW, code, language)
                parts += ["\n", f"{number(n, language):>6} ", Phrase(reason, "dim")]
        for stratum in preview.strata:
            short = stratum.can_be_asked < stratum.wanted
            code = code_in_words(quotas_by, stratum.stratum, language)
            line = f"\n{code:<10} {number(stratum.wanted, language):>5}"
            parts.append(Phrase(line, "attention" if short else ""))
            parts.append(Phrase(f" / {number(stratum.can_be_asked, language)}", "dim"))
        parts += ["\n\n", with_sign(_verdict(preview, quotas_by, language))]
        self.update(content(*parts))


def _heading(language: Language) -> Parts:
    return [Phrase(f"{WHAT_IT_DOES.in_(language)}\n", "dim")]


def _held_by_nobody(preview: Preview, quotas_by: str, language: Language) -> list[str]:
    """The parts of audience and quotas that match nobody, which would be a draw by halves."""
    parts = [(part.attribute, part.code) for part in preview.held_by_nobody]
    parts += [
        (quotas_by, stratum.stratum)
        for stratum in preview.strata
        if stratum.fitting == 0 and stratum.wanted
    ]
    return [
        NOBODY_HAS.in_(
            language,
            attribute=label_of(ATTRIBUTES, attribute, language).lower(),
            code=code_in_words(attribute, code, language),
        )
        for attribute, code in dict.fromkeys(parts)
    ]


def _verdict(preview: Preview, quotas_by: str, language: Language) -> Phrase:
    if nobody := _held_by_nobody(preview, quotas_by, language):
        return Phrase("\n  ".join(nobody), "attention")
    if not preview.fitting:
        return Phrase((NOBODY_AT_ONCE if quotas_by else NOBODY).in_(language), "attention")
    people = will_be_asked(preview)
    if preview.feasible and people >= preview.wanted:
        return Phrase(FEASIBLE.in_(language), "done")
    lines = [
        AT_MOST.in_(language, code=code_in_words(quotas_by, code, language), n=number(n, language))
        for code, n in preview.relaxation.items()
        if code
    ]
    if lines:
        return Phrase("\n  ".join(lines), "attention")
    return Phrase(TOO_MANY.in_(language, n=number(people, language)), "attention")
