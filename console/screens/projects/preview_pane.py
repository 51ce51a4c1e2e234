"""What a launch would do, in numbers and in a verdict."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from textual.content import Content

from console.client.vocabulary import ATTRIBUTES, NOT_NOW, code_in_words, say
from console.presenters.projects import will_be_asked
from console.presenters.styled_text import Said, signed
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

Parts = list[Content | Said | str]


class PreviewPane(Static):
    def say(self, language: Language, trouble: Said | None = None) -> None:
        """No numbers: why there are none, if there is something to say."""
        parts = _heading(language)
        if trouble:
            parts += ["\n", signed(trouble)]
        self.update(content(*parts))

    def show(self, preview: Preview, quotas_by: str, language: Language, today: date) -> None:
        """`quotas_by` is the attribute whose codes the strata are."""
        parts = _heading(language)
        top = max(preview.fitting, preview.wanted)
        for count, words in (
            (preview.fitting, FITTING),
            (preview.can_be_asked, NOW),
            (preview.wanted, OF_WANTED),
        ):
            parts += [
                "\n",
                Said(f"{number(count, language):>6} ", "strong"),
                Said(f"{words.in_(language):<14}", "dim"),
                sparkline(bar(count, top, 8)),
            ]
        parts += ["\n\n", between(preview.first_day, preview.last_day, today, language)]
        not_now = {code: n for code, n in preview.not_now.items() if n}
        if not_now:
            parts.append(Said(f"\n\n{NOT_POSSIBLE.in_(language)}", "dim"))
            for code, n in not_now.items():
                words_ = say(NOT_NOW, code, language)
                parts += ["\n", f"{number(n, language):>6} ", Said(words_, "dim")]
        for stratum in preview.strata:
            short = stratum.can_be_asked < stratum.wanted
            code = code_in_words(quotas_by, stratum.stratum, language)
            line = f"\n{code:<10} {number(stratum.wanted, language):>5}"
            parts.append(Said(line, "attention" if short else ""))
            parts.append(Said(f" / {number(stratum.can_be_asked, language)}", "dim"))
        parts += ["\n\n", signed(_verdict(preview, quotas_by, language))]
        self.update(content(*parts))


def _heading(language: Language) -> Parts:
    return [Said(f"{WHAT_IT_DOES.in_(language)}\n", "dim")]


def _held_by_nobody(preview: Preview, quotas_by: str, language: Language) -> list[str]:
    """The parts of audience and quotas that match nobody, which would be a draw by halves."""
    parts = [(one.attribute, one.code) for one in preview.held_by_nobody]
    parts += [(quotas_by, one.stratum) for one in preview.strata if one.fitting == 0 and one.wanted]
    return [
        NOBODY_HAS.in_(
            language,
            attribute=say(ATTRIBUTES, attribute, language).lower(),
            code=code_in_words(attribute, code, language),
        )
        for attribute, code in dict.fromkeys(parts)
    ]


def _verdict(preview: Preview, quotas_by: str, language: Language) -> Said:
    if nobody := _held_by_nobody(preview, quotas_by, language):
        return Said("\n  ".join(nobody), "attention")
    if not preview.fitting:
        return Said((NOBODY_AT_ONCE if quotas_by else NOBODY).in_(language), "attention")
    people = will_be_asked(preview)
    if preview.feasible and people >= preview.wanted:
        return Said(FEASIBLE.in_(language), "done")
    lines = [
        AT_MOST.in_(language, code=code_in_words(quotas_by, code, language), n=number(n, language))
        for code, n in preview.relaxation.items()
        if code
    ]
    if lines:
        return Said("\n  ".join(lines), "attention")
    return Said(TOO_MANY.in_(language, n=number(people, language)), "attention")
