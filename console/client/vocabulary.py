"""Codes of the contracts in words. A code nobody has named yet is shown as it came, readable."""

from collections.abc import Mapping

from console.words import Language, Text
from services.contracts import codes

STATES = {
    "draft": Text(fr="brouillon", en="draft"),
    "published": Text(fr="publié", en="published"),
    "open": Text(fr="ouvert", en="open"),
    "recruited": Text(fr="recruté", en="recruited"),
    "collected": Text(fr="recueilli", en="collected"),
    "reporting": Text(fr="retour dû", en="reporting"),
    "closed": Text(fr="clos", en="closed"),
    "abandoned": Text(fr="abandonné", en="abandoned"),
}
LIFE = ("draft", "published", "open", "recruited", "collected", "reporting", "closed")

MANDATE = {
    "nature": Text(fr="sa nature", en="its nature"),
    "why": Text(fr="pourquoi elle est lancée", en="why it is launched"),
    "stakes": Text(fr="ce qui est en jeu", en="what is at stake"),
    "objectives": Text(fr="les objectifs", en="the objectives"),
    "purpose": Text(fr="à quoi cela servira", en="what it will serve"),
    "decision_maker": Text(fr="le décideur", en="the decision maker"),
    "decision_maker.name": Text(fr="le nom du décideur", en="the decision maker's name"),
    "decision_maker.role": Text(fr="la fonction du décideur", en="the decision maker's role"),
    "decision_maker.account": Text(fr="le compte du décideur", en="the decision maker's account"),
    "who": Text(fr="qui peut participer", en="who can take part"),
    "how": Text(fr="comment", en="how"),
    "compensation.terms": Text(
        fr="les conditions de la compensation", en="the terms of the compensation"
    ),
    "compensation.reference": Text(
        fr="la référence de la compensation", en="the reference of the compensation"
    ),
    "recruitment_ends_on": Text(fr="la fin du recrutement", en="the end of recruitment"),
    "collection_ends_on": Text(fr="la fin du recueil", en="the end of the collection"),
}
MANDATE_HEADINGS = {
    "nature": Text(fr="Nature", en="Nature"),
    "why": Text(fr="Pourquoi", en="Why"),
    "stakes": Text(fr="En jeu", en="At stake"),
    "objectives": Text(fr="Objectifs", en="Objectives"),
    "purpose": Text(fr="Servira à", en="Will serve"),
    "decision_maker": Text(fr="Décide", en="Decides"),
    "who": Text(fr="Qui", en="Who"),
    "how": Text(fr="Comment", en="How"),
    "compensation": Text(fr="Indemnité", en="Payment"),
    "dates": Text(fr="Dates", en="Dates"),
}
# Parts of a complete mandate besides its title: nine texts and two dates.
MANDATE_LENGTH = 11

COLLECTION = {
    "preparing": Text(fr="questionnaire à écrire", en="questionnaire to write"),
    "ready": Text(fr="questionnaire prêt", en="questionnaire ready"),
    "ended": Text(fr="recueil terminé", en="collection ended"),
    "synthesised": Text(fr="synthèse faite", en="synthesis done"),
}

DECISION = {
    "awaiting": Text(fr="à rédiger", en="to draft"),
    "drafted": Text(fr="à signer", en="to sign"),
    "signed": Text(fr="signée", en="signed"),
    "published": Text(fr="publiée", en="published"),
}
OUTCOME = {
    "retained": Text(fr="retenue", en="retained"),
    "partly": Text(fr="en partie", en="in part"),
    "not": Text(fr="non retenue", en="not retained"),
}
PROGRESS = {
    "planned": Text(fr="prévu", en="planned"),
    "under_way": Text(fr="en cours", en="under way"),
    "done": Text(fr="fait", en="done"),
    "given_up": Text(fr="abandonné", en="given up"),
}

REFUSED = {
    "cancelled": Text(fr="annulées", en="cancelled"),
    "window_over": Text(fr="fenêtre d'envoi dépassée", en="sending window over"),
    "too_soon": Text(fr="sollicités il y a moins d'un mois", en="asked less than a month ago"),
    "not_active": Text(fr="plus actifs dans le panel", en="no longer active in the panel"),
    "merged": Text(fr="identités réunies", en="merged identities"),
    "no_address": Text(fr="sans adresse", en="no address"),
    "rejected": Text(fr="refusées par la messagerie", en="rejected by the mail server"),
}

NOT_NOW = {
    "asked_recently": Text(
        fr="sollicités il y a moins d'un mois", en="asked less than a month ago"
    ),
    "paused": Text(fr="en pause", en="paused"),
    "already_invited": Text(fr="déjà invités à ce projet", en="already invited to this project"),
    "membership_ending": Text(
        fr="dont les trois ans se terminent", en="whose three years are ending"
    ),
}

LEDGER = {
    "reserved": Text(fr="réservées", en="reserved"),
    "consumed": Text(fr="faites", en="consumed"),
    "released": Text(fr="rendues", en="released"),
}
LEDGER_MEANS = {
    "reserved": Text(
        fr="message commandé, issue pas encore connue",
        en="message ordered, outcome not known yet",
    ),
    "consumed": Text(
        fr="message envoyé : la personne n'est plus sollicitée pendant 31 jours",
        en="message sent: the person is not asked again for 31 days",
    ),
    "released": Text(
        fr="message refusé : les jours sont rendus", en="message refused: the days are given back"
    ),
}

ANSWERS = {
    "joined": Text(fr="participe", en="joined"),
    "waitlisted": Text(fr="liste d'attente", en="waiting list"),
    "declined": Text(fr="décline", en="declined"),
    "left": Text(fr="est parti", en="left"),
}

ATTRIBUTES = {
    "age_band": Text(fr="Âge", en="Age"),
    "region": Text(fr="Région", en="Region"),
    "digital": Text(fr="En ligne", en="Online"),
}
CODES = {
    attribute: {code: Text(fr=label.fr, en=label.en) for code, label in labels.items()}
    for attribute, labels in codes.ATTRIBUTES.items()
}
# Imported before the list of codes: this region under its name without article.
CODES["region"]["reunion"] = Text(fr="Réunion", en="Réunion")

ROLES = {
    "registry": Text(fr="membres", en="registry"),
    "campaigns": Text(fr="campagnes", en="campaigns"),
    "analysis": Text(fr="analyse", en="analysis"),
    "decision": Text(fr="décision", en="decision"),
    "operations": Text(fr="exploitation", en="operations"),
    "audit": Text(fr="audit", en="audit"),
}


def label_of(vocabulary: Mapping[str, Text], code: str, language: Language) -> str:
    label = vocabulary.get(code)
    return label.in_(language) if label else code.replace("_", " ")


def code_in_words(attribute: str, code: str, language: Language) -> str:
    """A coded attribute as a person reads it: 35–49, Nord, never online."""
    label = CODES.get(attribute, {}).get(code)
    if label:
        return label.in_(language)
    if attribute == "age_band":
        return code.replace("-", "–")
    return code.replace("-", " ").title()
