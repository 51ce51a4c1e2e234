"""Columns of an import, under all names that exports use."""

from functools import lru_cache

from services.contracts.codes import plain
from services.runtime.text import Text

# Without accents, case and punctuation.
_NAMES = {
    "email": "courriel|email|e mail|mel|mail|adresse electronique|adresse courriel|adresse email"
    "|adresse e mail|adresse mail|adresse de courriel|adresse de messagerie|email address"
    "|e mail address|mail address",
    "last_name": "nom|last name|lastname|surname|name|nom de famille|nom d usage|family name",
    "first_name": "prenom|prenoms|prenom s|first name|firstname|given name|givenname",
    "age_band": "tranche d age|age|tranche age|age band|age group",
    "region": "region|region de residence|nom de la region",
    "department": "departement|departement de residence|code departement|department",
    "postcode": "code postal|codepostal|cp|postcode|postal code|zip|zip code",
    "digital": "aisance numerique|numerique|digital|digital ease|online",
    "language": "langue|language|langue preferee|preferred language",
    "zone": "fuseau horaire|fuseau|time zone|timezone|zone",
    "accepted_on": "date d adhesion|adhesion|date d acceptation de la charte|charte acceptee le"
    "|charter accepted on|accepted on|joined on",
    "consent_on": "date de consentement|date du consentement|consentement|consent date"
    "|consent on|consented on",
    "consent_proof": "preuve du consentement|preuve de consentement|preuve|consent proof"
    "|proof of consent|proof",
    "last_contact": "dernier contact|date du dernier contact|date de dernier contact"
    "|derniere sollicitation|date de derniere sollicitation|last contact|last contacted on"
    "|last solicitation",
}
COLUMNS = {name: column for column, names in _NAMES.items() for name in names.split("|")}
REQUIRED = {
    "email": Text(fr="Il manque la colonne Courriel.", en="The column E-mail is missing."),
    "consent_on": Text(
        fr="Il manque la colonne Date de consentement.", en="The column Consent date is missing."
    ),
    "consent_proof": Text(
        fr="Il manque la colonne Preuve du consentement.",
        en="The column Consent proof is missing.",
    ),
}
REGION_NAMES = frozenset(_NAMES["region"].split("|"))

plain_name = lru_cache(4096)(plain)


def missing(cells: list[str]) -> list[Text]:
    """Required columns that a header lacks."""
    fields = {COLUMNS.get(plain_name(cell)) for cell in cells}
    return [text for name, text in REQUIRED.items() if name not in fields]
