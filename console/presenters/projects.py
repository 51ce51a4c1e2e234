"""Sentences about projects: next step, tasks for staff, progress of recruitment.

Pure functions of contract models and a language; nothing is loaded for them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from console.client.vocabulary import MANDATE, MANDATE_LENGTH, NOT_NOW, STATES, label_of
from console.presenters.styled_text import Phrase
from console.words import Count, Language, Text, between, day, listed, number, short_day

if TYPE_CHECKING:
    from services.contracts.http.campaigns import Preview, ProjectCounts, ProjectView, Today

# Recruitment that ends within this many days, far from the number wanted, needs someone.
_SOON_DAYS = 3
_ENOUGH = 0.5
# Launching for more people than this asks for a word to be typed.
MANY_PEOPLE = 100


def state(project: ProjectView, language: Language) -> str:
    return label_of(STATES, project.state, language)


def people_asked(counts: ProjectCounts) -> int:
    """People whose invitation left (sent, whatever they answered since)."""
    return counts.sent


def answered_no(counts: ProjectCounts) -> int:
    return counts.declined + counts.left


def missing_in_words(project: ProjectView, language: Language) -> str:
    return listed((label_of(MANDATE, field, language) for field in project.missing), language)


def needs_questionnaire(project: ProjectView) -> bool:
    return project.state == "published" and project.collection in (None, "preparing")


def next_step(project: ProjectView, language: Language) -> Phrase:
    """A few words for a table's cell."""
    match project.state:
        case "draft" if project.missing:
            have = max(MANDATE_LENGTH - len(project.missing), 0)
            text = Text(fr="mandat {have}/{all}", en="mandate {have}/{all}")
            return Phrase(text.in_(language, have=have, all=MANDATE_LENGTH), "attention")
        case "draft":
            return Phrase(Text(fr="à publier", en="to publish").in_(language), "attention")
        case "published" if needs_questionnaire(project):
            return Phrase(Text(fr="questionnaire", en="questionnaire").in_(language), "attention")
        case "published":
            return Phrase(Text(fr="à lancer", en="to launch").in_(language), "attention")
        case "open" if project.recruitment_ends_on:
            return Phrase(f"→ {short_day(project.recruitment_ends_on, language)}")
        case "recruited" if project.collection_ends_on:
            return Phrase(f"→ {short_day(project.collection_ends_on, language)}")
        case "collected" if project.collection == "synthesised":
            return Phrase(Text(fr="décisions", en="decisions").in_(language), "attention")
        case "collected":
            return Phrase(Text(fr="lecture", en="reading").in_(language), "attention")
        case "reporting":
            return Phrase(Text(fr="retour dû", en="report owed").in_(language), "attention")
        case "closed":
            return Phrase(Text(fr="retour fait", en="report made").in_(language), "done")
    return Phrase("–", "dim")


def what_comes_next(
    project: ProjectView,
    language: Language,
    today: date,
    free: int | None = None,
    joined_in_a_day: int | None = None,
) -> Phrase:
    """The next step and its blockers, in one or two sentences."""
    match project.state:
        case "draft" if project.missing:
            return Phrase(
                Text(
                    fr="Il manque au mandat : {missing}. Rien ne peut être publié avant.",
                    en="Missing in the mandate: {missing}. Nothing can be published before.",
                ).in_(language, missing=missing_in_words(project, language)),
                "attention",
            )
        case "draft":
            return Phrase(
                Text(
                    fr="Le mandat est complet : p le publie, chacun pourra le lire.",
                    en="The mandate is complete: p publishes it for everyone to read.",
                ).in_(language),
                "attention",
            )
        case "published" if needs_questionnaire(project):
            return Phrase(
                Text(
                    fr="Personne ne peut être invité : le questionnaire est encore à écrire.",
                    en="Nobody can be invited yet: the questionnaire is still to be written.",
                ).in_(language),
                "attention",
            )
        case "published":
            ready = Text(
                fr="Tout est prêt : l lance une campagne.", en="Everything is ready: l launches."
            ).in_(language)
            return Phrase(f"{ready} {_free(free, language)}".strip(), "attention")
        case "open":
            return Phrase(_while_open(project, language, today, free, joined_in_a_day))
        case "recruited":
            return Phrase(
                _until(
                    Text(
                        fr="Les réponses sont recueillies jusqu'au {day}.",
                        en="Responses are collected until {day}.",
                    ),
                    project.collection_ends_on,
                    today,
                    language,
                )
            )
        case "collected" if project.collection == "synthesised":
            return Phrase(
                Text(
                    fr="La synthèse est faite : chaque proposition attend une décision motivée.",
                    en="The synthesis is made: each proposal waits for a reasoned decision.",
                ).in_(language),
                "attention",
            )
        case "collected":
            return Phrase(
                Text(
                    fr="Chaque contribution est à lire avant la synthèse.",
                    en="Every contribution is to be read before the synthesis.",
                ).in_(language),
                "attention",
            )
        case "reporting":
            return Phrase(
                Text(
                    fr="Un retour est dû à chaque participant avant de clore.",
                    en="Every participant is owed a report before it can close.",
                ).in_(language),
                "attention",
            )
        case "closed":
            return Phrase(
                Text(
                    fr="Clos : chaque participant a reçu le retour.",
                    en="Closed: every participant has had the report.",
                ).in_(language),
                "done",
            )
    return Phrase(
        Text(fr="Ce projet est abandonné.", en="This project is abandoned.").in_(language)
    )


def _until(sentence: Text, end: date | None, today: date, language: Language) -> str:
    return sentence.in_(language, day=day(end, today, language) if end else "?")


def _free(free: int | None, language: Language) -> str:
    return "" if free is None else FREE_TODAY.say(free, language)


FREE_TODAY = Count(
    Text(fr="{n} personne peut être sollicitée aujourd'hui.", en="{n} person can be asked today."),
    Text(
        fr="{n} personnes peuvent être sollicitées aujourd'hui.",
        en="{n} people can be asked today.",
    ),
)
_MORE_WANTED = Count(
    Text(fr="Encore {n} personne voulue.", en="{n} more person wanted."),
    Text(fr="Encore {n} personnes voulues.", en="{n} more people wanted."),
)


def _while_open(
    project: ProjectView,
    language: Language,
    today: date,
    free: int | None,
    joined_in_a_day: int | None,
) -> str:
    counts, places = project.counts, project.places
    parts = []
    if places is None:
        parts.append(
            _until(
                Text(fr="Recrutement jusqu'au {day}.", en="Recruiting until {day}."),
                project.recruitment_ends_on,
                today,
                language,
            )
        )
    elif counts.accepted >= places:
        parts.append(
            Text(
                fr="Complet : les {n} places sont prises.", en="Full: the {n} places are taken."
            ).in_(language, n=number(places, language))
        )
    else:
        remaining = places - counts.accepted
        parts.append(_MORE_WANTED.say(remaining, language))
        if joined_in_a_day:
            reached = today + timedelta(days=math.ceil(remaining / joined_in_a_day))
            end = project.recruitment_ends_on
            if end is None or reached <= end:
                pace = Text(
                    fr="À ce rythme, les {n} y sont {day}.",
                    en="At this rate the {n} are reached {day}.",
                )
                said_day = day(reached, today, language)
                if (reached - today).days > 1:
                    said_day = ("le " if language == "fr" else "on ") + said_day
                parts.append(pace.in_(language, n=number(places, language), day=said_day))
            else:
                short = Text(
                    fr="À ce rythme, il en manquera le {day}.",
                    en="At this rate some will be missing on {day}.",
                )
                parts.append(short.in_(language, day=day(end, today, language)))
        elif project.recruitment_ends_on:
            parts.append(
                _until(
                    Text(fr="Recrutement jusqu'au {day}.", en="Recruiting until {day}."),
                    project.recruitment_ends_on,
                    today,
                    language,
                )
            )
    parts.append(_free(free, language))
    return " ".join(part for part in parts if part)


@dataclass(frozen=True)
class Need:
    """One task for staff."""

    project: ProjectView
    phrase: Phrase


def needs(projects: list[ProjectView], today: date, language: Language) -> list[Need]:
    """Projects that wait for a person, the furthest along first: it is promised to someone."""
    order = ("reporting", "collected", "open", "published", "draft")
    needs = []
    for project in projects:
        phrase = _need(project, today, language)
        if phrase:
            needs.append(Need(project, phrase))
    return sorted(needs, key=lambda need: order.index(need.project.state))


_MISSING = Count(
    Text(fr="{n} élément manque au mandat", en="{n} thing missing in the mandate"),
    Text(fr="{n} éléments manquent au mandat", en="{n} things missing in the mandate"),
)


def _need(project: ProjectView, today: date, language: Language) -> Phrase | None:
    match project.state:
        case "draft" if project.missing:
            return Phrase(_MISSING.say(len(project.missing), language), "attention")
        case "draft":
            text = Text(fr="mandat complet, à publier", en="mandate complete, to be published")
        case "published" if needs_questionnaire(project):
            text = Text(fr="questionnaire à écrire", en="questionnaire to be written")
        case "published":
            text = Text(fr="prêt, à lancer", en="ready to launch")
        case "collected" if project.collection == "synthesised":
            text = Text(fr="décisions à prendre", en="decisions to be taken")
        case "collected":
            text = Text(fr="contributions à lire", en="contributions to be read")
        case "reporting":
            text = Text(fr="retour dû aux participants", en="report owed to the participants")
        case "open":
            return _short_of_people(project, today, language)
        case _:
            return None
    return Phrase(text.in_(language), "attention")


def _short_of_people(project: ProjectView, today: date, language: Language) -> Phrase | None:
    end, places = project.recruitment_ends_on, project.places
    if not end or not places or (end - today).days > _SOON_DAYS:
        return None
    if project.counts.accepted >= places * _ENOUGH:
        return None
    text = Text(
        fr="{n} participants sur {places}, fin {day}", en="{n} of {places} opted in, ends {day}"
    )
    return Phrase(
        text.in_(
            language,
            n=number(project.counts.accepted, language),
            places=number(places, language),
            day=day(end, today, language),
        ),
        "attention",
    )


def promises(today: Today, language: Language) -> list[Phrase]:
    """The charter's promises that today's figures speak of, each kept or in danger."""
    twice = today.solicited_twice
    unanswered = today.orders_unanswered
    return [
        Phrase(
            Text(
                fr="personne n'est sollicité deux fois en 31 jours ({n} sur {members})",
                en="nobody asked twice in 31 days ({n} of {members})",
            ).in_(language, n=number(twice, language), members=number(today.members, language)),
            "done",
        )
        if not twice
        else Phrase(
            Text(
                fr="{n} personnes sollicitées deux fois en 31 jours, sur {members}",
                en="{n} people asked twice in 31 days, of {members}",
            ).in_(language, n=number(twice, language), members=number(today.members, language)),
            "trouble",
        ),
        Phrase(
            Text(
                fr="chaque ordre d'envoi a une issue connue", en="every send order has an outcome"
            ).in_(language),
            "done",
        )
        if not unanswered
        else Phrase(_UNANSWERED.say(unanswered, language), "attention"),
    ]


_UNANSWERED = Count(
    Text(fr="{n} ordre d'envoi sans issue connue", en="{n} send order without an outcome"),
    Text(fr="{n} ordres d'envoi sans issue connue", en="{n} send orders without an outcome"),
)
_CANNOT_BE = Count(
    Text(fr="{n} ne peut pas l'être", en="{n} cannot be"),
    Text(fr="{n} ne peuvent pas l'être", en="{n} cannot be"),
)


def will_be_asked(preview: Preview) -> int:
    if preview.strata:
        return sum(min(s.wanted, s.can_be_asked) for s in preview.strata)
    return min(preview.wanted, preview.can_be_asked)


def launch_sentence(preview: Preview, language: Language, today: date) -> str:
    """Exactly what a launch will do, with its numbers."""
    people = will_be_asked(preview)
    when = between(preview.first_day, preview.last_day, today, language)
    subject = (
        Text(fr="{n} personne sera sollicitée", en="{n} person will be asked")
        if people < 2 and (language == "fr" or people == 1)
        else Text(fr="{n} personnes seront sollicitées", en="{n} people will be asked")
    )
    sentence = f"{subject.in_(language, n=number(people, language))} {when}"
    cannot = sum(preview.not_now.values())
    if cannot:
        sentence += (
            f" ; {_CANNOT_BE.say(cannot, language)}"
            if language == "fr"
            else (f"; {_CANNOT_BE.say(cannot, language)}")
        )
        sentence += f"{' ' if language == 'fr' else ''}: {reasons(preview, language)}"
    return sentence + "."


def reasons(preview: Preview, language: Language) -> str:
    return ", ".join(
        f"{number(count, language)} {label_of(NOT_NOW, code, language)}"
        for code, count in preview.not_now.items()
        if count
    )
