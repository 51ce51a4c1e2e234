"""Refusals about projects, with the names that their sentences use."""

from collections.abc import Sequence

from services.runtime.refusal import Refusal
from services.runtime.text import Language, Text

# Also the names of the fields on screens and in files.
FIELD_NAMES: dict[str, Text] = {
    "title": Text(fr="l'intitulé", en="the title"),
    "nature": Text(fr="la nature du projet", en="the nature of the project"),
    "why": Text(fr="la raison de son lancement", en="the reason for launching it"),
    "stakes": Text(fr="les enjeux", en="what is at stake"),
    "objectives": Text(fr="les objectifs", en="the objectives"),
    "purpose": Text(fr="ce à quoi il servira", en="what it will be used for"),
    "decision_maker.name": Text(fr="le nom du décideur", en="the decision maker's name"),
    "decision_maker.role": Text(fr="la fonction du décideur", en="the decision maker's role"),
    "decision_maker.account": Text(fr="le compte du décideur", en="the decision maker's account"),
    "who": Text(fr="qui peut participer", en="who can take part"),
    "how": Text(fr="comment participer", en="how to take part"),
    "recruitment_ends_on": Text(fr="la fin du recrutement", en="the end of recruitment"),
    "collection_ends_on": Text(fr="la fin du recueil", en="the end of collection"),
    "compensation.terms": Text(
        fr="les conditions de la compensation", en="the terms of the compensation"
    ),
    "compensation.reference": Text(
        fr="la référence du mandat qui prévoit la compensation",
        en="the reference of the mandate that provides for the compensation",
    ),
}

PHASE_NAMES: dict[str, Text] = {
    "draft": Text(fr="un brouillon", en="a draft"),
    "published": Text(fr="publié", en="published"),
    "open": Text(fr="ouvert", en="open"),
    "recruited": Text(fr="au complet (recrutement terminé)", en="past recruitment"),
    "collected": Text(fr="recueilli", en="collected"),
    "reporting": Text(fr="en cours de restitution", en="being reported"),
    "closed": Text(fr="clos", en="closed"),
    "abandoned": Text(fr="abandonné", en="abandoned"),
}


class MandateIncomplete(Refusal):
    sentence = Text(
        fr="Le mandat est incomplet : il manque {count} élément(s).",
        en="The mandate is incomplete: {count} element(s) missing.",
    )
    way_out = Text(
        fr="Complétez le projet, puis recommencez.",
        en="Complete the project, then try again.",
    )

    def __init__(self, missing: list[str]) -> None:
        super().__init__(count=len(missing), missing=missing)
        self.missing = missing

    def details(self, language: Language) -> list[str]:
        return _names(self.missing, language)


class DatesOutOfOrder(Refusal):
    sentence = Text(
        fr="Le recrutement finit le {recruitment}, après la fin du recueil ({collection}).",
        en="Recruitment ends on {recruitment}, after the end of collection ({collection}).",
    )
    way_out = Text(fr="Corrigez l'une des deux dates.", en="Correct one of the two dates.")


class RecruitmentOver(Refusal):
    sentence = Text(
        fr="Le recrutement de « {title} » s'est terminé le {ended_on}.",
        en="Recruitment for “{title}” ended on {ended_on}.",
    )
    way_out = Text(
        fr="Préparez un nouveau projet dont le recrutement se termine plus tard.",
        en="Prepare a new project whose recruitment ends in the future.",
    )


class ProjectRefuses(Refusal):
    """The project's phase does not allow the command."""

    sentence = Text(
        fr="« {title} » est {phase_fr} : cela n'est plus possible.",
        en="“{title}” is {phase_en}: this is no longer possible.",
    )

    def __init__(self, title: str, phase: str) -> None:
        name = PHASE_NAMES[phase]
        super().__init__(title=title, phase_fr=name.fr, phase_en=name.en)


class SameDecisionMaker(Refusal):
    sentence = Text(
        fr="{name} est déjà le décideur, avec cette fonction et ce compte.",
        en="{name} is the decision maker already, in this role and with this account.",
    )


class ProjectNotPublished(Refusal):
    sentence = Text(fr="« {title} » n'est pas encore publié.", en="“{title}” is not published yet.")
    way_out = Text(
        fr="Complétez son mandat et publiez-le.", en="Complete its mandate and publish it."
    )

    def __init__(self, title: str, missing: list[str]) -> None:
        super().__init__(title=title)
        self.missing = missing

    def details(self, language: Language) -> list[str]:
        return _names(self.missing, language)


class NobodyCouldRespond(Refusal):
    sentence = Text(
        fr="« {title} » ne donne plus de jetons anonymes, car ses données ont dû être rétablies :"
        " personne ne pourrait y répondre.",
        en="“{title}” gives out no more anonymous credentials, as its data had to be restored:"
        " nobody could respond.",
    )
    way_out = Text(fr="Publiez un nouveau projet.", en="Publish a new project.")


class CollectionNotReady(Refusal):
    sentence = Text(
        fr="Le recueil de « {title} » n'est pas prêt : son questionnaire manque.",
        en="The collection of “{title}” is not ready: its questionnaire is missing.",
    )
    way_out = Text(
        fr="Écrivez le questionnaire, puis lancez la campagne.",
        en="Write the questionnaire, then launch the campaign.",
    )


def _names(fields: Sequence[str], language: Language) -> list[str]:
    return [FIELD_NAMES[field].in_(language) for field in fields]
