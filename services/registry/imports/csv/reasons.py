"""Reasons for which a line of an import is refused, in both languages."""

from dataclasses import dataclass, field

from services.runtime.text import Language, Text

REASONS = {
    "email_missing": Text(fr="L'adresse électronique manque.", en="The e-mail address is missing."),
    "email_invalid": Text(
        fr="L'adresse électronique n'est pas valable.", en="The e-mail address is not valid."
    ),
    "email_several": Text(
        fr="La cellule contient plusieurs adresses électroniques : n'en gardez qu'une.",
        en="The cell contains several e-mail addresses: keep only one.",
    ),
    "email_decorated": Text(
        fr="L'adresse électronique est entourée d'autre chose : ne gardez que l'adresse.",
        en="The e-mail address comes with other text: keep only the address.",
    ),
    "email_local_not_ascii": Text(
        fr="Une lettre accentuée devant le @ n'est pas prise en charge.",
        en="An accented letter before the @ is not supported.",
    ),
    "email_domain_invalid": Text(
        fr="Le domaine de l'adresse électronique (après le @) n'existe pas sous cette forme.",
        en="The domain of the e-mail address (after the @) does not exist in this form.",
    ),
    "name_invalid": Text(
        fr="Le nom contient un signe étranger à tout nom (@, guillemet, < > ou lien).",
        en="The name contains something that no name contains (@, quotation mark, < > or link).",
    ),
    "name_too_long": Text(
        fr="Le nom dépasse {longest} caractères.", en="The name has more than {longest} characters."
    ),
    "cell_too_long": Text(
        fr="Une cellule dépasse {longest} caractères.",
        en="A cell has more than {longest} characters.",
    ),
    "consent_missing": Text(
        fr="La date de consentement manque.", en="The consent date is missing."
    ),
    "proof_missing": Text(
        fr="La référence de la preuve du consentement manque.",
        en="The reference of the proof of consent is missing.",
    ),
    "date_invalid": Text(
        fr="Une date n'est pas de la forme jj/mm/aaaa ou aaaa-mm-jj.",
        en="A date does not have the form dd/mm/yyyy or yyyy-mm-dd.",
    ),
    "date_short_year": Text(
        fr="L'année d'une date n'a que deux chiffres : il en faut quatre.",
        en="The year of a date has only two digits: it needs four.",
    ),
    "date_number": Text(
        fr="Une date est un nombre, sans doute celui d'un tableur : mettez la colonne au format "
        "date.",
        en="A date is a number, probably a spreadsheet's: give the column a date format.",
    ),
    "date_too_old": Text(
        fr="Une date est antérieure à 2000 : laissez vide un dernier contact inconnu.",
        en="A date is before 2000: leave an unknown last contact empty.",
    ),
    "date_month_first": Text(
        fr="Une date a le mois avant le jour.", en="A date has the month before the day."
    ),
    "date_in_future": Text(fr="Une date est dans l'avenir.", en="A date is in the future."),
    "language_unknown": Text(
        fr="La langue n'est ni le français ni l'anglais.",
        en="The language is neither French nor English.",
    ),
    "zone_unknown": Text(
        fr="Le fuseau horaire est inconnu (exemple : Europe/Paris).",
        en="The time zone is not known (example: Europe/Paris).",
    ),
    "zone_unclear": Text(
        fr="Le fuseau horaire manque et ne peut être déduit de « {written} » : écrivez-le "
        "(exemple : {example}).",
        en="The time zone is missing and cannot be derived from “{written}”: write it "
        "(example: {example}).",
    ),
    "region_unknown": Text(
        fr="« {written} » n'est ni une région ni un département connu. Les plus proches : "
        "{nearest}.",
        en="“{written}” is not a known region or département. The nearest: {nearest}.",
    ),
    "age_band_unknown": Text(
        fr="« {written} » ne tient pas dans une seule tranche d'âge connue : {nearest}.",
        en="“{written}” does not lie within one known age band: {nearest}.",
    ),
    "digital_unknown": Text(
        fr="L'aisance numérique doit être jamais, parfois ou souvent.",
        en="Digital ease must be never, sometimes or often.",
    ),
    "membership_over": Text(
        fr="L'adhésion date de plus de trois ans : elle est terminée.",
        en="The charter was accepted more than three years ago: the membership is over.",
    ),
    "cells": Text(
        fr="La ligne a plus de cellules remplies que l'en-tête n'a de colonnes.",
        en="The line has more filled cells than the header has columns.",
    ),
    "control_character": Text(
        fr="La ligne contient un caractère de contrôle invisible, que personne n'a tapé.",
        en="The line contains an invisible control character, which nobody typed.",
    ),
    "garbled": Text(
        fr="Les accents sont perdus : on lit « {written} ».",
        en="The accents are lost: it reads “{written}”.",
    ),
    "quotes": Text(
        fr="Un guillemet est seul, ou au milieu d'une cellule.",
        en="A quotation mark stands alone, or in the middle of a cell.",
    ),
    "several_lines": Text(
        fr="Une cellule va de la ligne {first} à la ligne {last} : chaque personne doit tenir sur "
        "une seule ligne.",
        en="A cell runs from line {first} to line {last}: each person must be on a single line.",
    ),
    "quote_swallows_lines": Text(
        fr="Un guillemet ouvert à la ligne {first} englobe tout jusqu'à la ligne {last}.",
        en="A quotation mark that opens on line {first} takes in everything up to line {last}.",
    ),
    "line_too_long": Text(
        fr="La ligne est trop longue pour celle d'une personne.",
        en="The line is too long to be one person's.",
    ),
    "twice_in_file": Text(
        fr="Cette adresse figure déjà plus haut dans le fichier.",
        en="This address already appears further up in the file.",
    ),
    "mailbox_twice_in_file": Text(
        fr="Cette adresse mène à la même boîte aux lettres qu'une autre, plus haut dans le "
        "fichier.",
        en="This address reaches the same mailbox as another one further up in the file.",
    ),
    "already_member": Text(
        fr="Cette adresse est déjà celle d'un membre.", en="This address is already a member's."
    ),
    "mailbox_of_member": Text(
        fr="C'est sans doute déjà un membre : cette adresse mène à la boîte aux lettres d'un "
        "membre.",
        en="This looks like an existing member: the address reaches a member's mailbox.",
    ),
    "has_left": Text(
        fr="Cette personne a quitté le panel ou fait effacer ses données : seul un consentement "
        "donné depuis, avec sa preuve, lui permet d'y revenir.",
        en="This person has left the panel or erased their data: only a consent given since then, "
        "with its proof, brings them back.",
    ),
}


@dataclass(frozen=True)
class Reason:
    """One reason: a key of REASONS, and the data of its sentence."""

    code: str
    data: dict[str, object] = field(default_factory=dict, hash=False)

    def message(self, language: Language) -> str:
        return REASONS[self.code].in_(language, **self.data)


class LineRefused(Exception):
    """All reasons for which one line is refused."""

    def __init__(self, *reasons: Reason) -> None:
        super().__init__(*reasons)
        self.reasons = reasons

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(reason.code for reason in self.reasons)

    def message(self, language: Language) -> str:
        return " ".join(reason.message(language) for reason in self.reasons)
