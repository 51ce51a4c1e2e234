"""Fictitious members, as an administration would export them from its own files.

The same seed and day give the same file. All addresses are in a domain reserved by RFC 2606. The
file has the usual difficulties: accents, an office computer's encoding, duplicates, and lines with
typing errors.
"""

import csv
import io
import random
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

ENCODING = "cp1252"
HEADER = (
    "Courriel",
    "Nom",
    "Prénom",
    "Tranche d'âge",
    "Région",
    "Aisance numérique",
    "Langue",
    "Fuseau horaire",
    "Date d'adhésion",
    "Date de consentement",
    "Preuve du consentement",
    "Dernier contact",
)
PARIS = "Europe/Paris"
DOMAINS = ("example.org", "example.net", "example.com")


def _split(text: str) -> list[str]:
    return text.split()


_FIRST = _split(
    "Adèle Aïcha Anaïs André Aurélie Baptiste Benoît Camille Cécile Chloé Clément Danièle Denis "
    "Édouard Élodie Émile Fatima Françoise François Gaël Gérard Geneviève Hélène Inès Irène "
    "Jérôme Joëlle Joséphine Karim Léa Loïc Lucie Maëlle Mathéo Mélanie Mireille Nadège Noé Océane "
    "Paul Raphaël Rémi René Sébastien Solène Stéphane Thérèse Timothée Valérie Véronique Yasmine "
    "Zoé"
)
_LAST = _split(
    "Abadie Alvarez Barbé Béranger Bernier Boulanger Bénard Carré Chevalier Clément Cœurdray Côté "
    "Delaunay Deschamps Diallo Dubœuf Dufrêne Durand Évrard Fabre Ferré Fournier Garçon Gauthier "
    "Gérard Grégoire Guérin Hébert Hervé Jacquet Kaddour Lacroix Lefèvre Légaré Lemaître Léveillé "
    "Maçon Marchand Mercier Moreau Morvan Nguyen Noël Ouédraogo Péron Poirier Prévost Quéméneur "
    "Renard Rivière Rousseau Saïdi Sénéchal Tessier Thévenin Traoré Vallée Vasseur Vidal Zimmermann"
)
_AGES = ("18-34 ans", "35-49 ans", "50-64 ans", "65 ans et plus")
_AGE_WEIGHTS = (17, 27, 31, 25)
_DIGITAL = ("jamais", "parfois", "souvent")
_DIGITAL_WEIGHTS = {_AGES[0]: (1, 19, 80), _AGES[1]: (3, 27, 70), _AGES[2]: (9, 36, 55)}
_DIGITAL_OF_ELDERS = (28, 40, 32)
_REGIONS = {
    "Île-de-France": (180, PARIS),
    "Hauts-de-France": (95, PARIS),
    "Auvergne-Rhône-Alpes": (120, PARIS),
    "Occitanie": (90, PARIS),
    "Nouvelle-Aquitaine": (90, PARIS),
    "Grand Est": (85, PARIS),
    "Provence-Alpes-Côte d'Azur": (78, PARIS),
    "Bretagne": (55, PARIS),
    "Normandie": (50, PARIS),
    "Pays de la Loire": (60, PARIS),
    "Centre-Val de Loire": (40, PARIS),
    "Bourgogne-Franche-Comté": (42, PARIS),
    "Corse": (8, PARIS),
    "La Réunion": (18, "Indian/Reunion"),
    "Guadeloupe": (9, "America/Guadeloupe"),
    "Martinique": (9, "America/Martinique"),
    "Guyane": (6, "America/Cayenne"),
    "Mayotte": (5, "Indian/Mayotte"),
}

# Errors in a line: the column and its faulty value. Each kind appears once per file.
_SLIPS: tuple[dict[str, str], ...] = (
    {"Courriel": ""},
    {"Courriel": "adresse-sans-arobase.example.org"},
    {"Courriel": "deux@arobases@example.org"},
    {"Date de consentement": ""},
    {"Preuve du consentement": ""},
    {"Date d'adhésion": "31/02/2025"},
    {"Dernier contact": "la semaine dernière"},
    {"Aisance numérique": "moyenne"},
    {"Fuseau horaire": "Europe/Atlantide"},
    {"Langue": "breton"},
)


@dataclass(frozen=True)
class Export:
    """The file, and the figures that a correct import must report."""

    content: bytes
    members: int
    duplicates: int
    wrong: int


def export(
    members: int, seed: int, today: date, duplicates: int = 37, ending_soon: int = 12
) -> Export:
    """Write `members` different people, `duplicates` repeated addresses and the faulty lines."""
    source = random.Random(seed)  # noqa: S311 (fiction, to be repeated)
    rows = [_person(source, number, today) for number in range(members)]
    for row in source.sample(rows, ending_soon):
        _accepted(row, today - timedelta(days=3 * 365 - source.randint(3, 25)))
    retyped = [_typed_again(row) for row in source.sample(rows, duplicates)]
    wrong = [_person(source, members + number, today) | slip for number, slip in enumerate(_SLIPS)]
    for row in wrong:
        rows.insert(source.randint(0, len(rows)), row)
    # Last, as second entries are: of two lines with one address an import keeps the first.
    rows += retyped
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, HEADER, delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    # A line that was cut off while somebody edited the file by hand.
    text.write("tronquee@example.org;Tronquée;Odile\r\n")
    return Export(text.getvalue().encode(ENCODING), members, duplicates, len(wrong) + 1)


def _person(source: random.Random, number: int, today: date) -> dict[str, str]:
    first, last = source.choice(_FIRST), source.choice(_LAST)
    age = source.choices(_AGES, _AGE_WEIGHTS)[0]
    region = source.choices(list(_REGIONS), [weight for weight, _ in _REGIONS.values()])[0]
    zone = _REGIONS[region][1]
    row = {
        "Courriel": f"{_ascii(first)}.{_ascii(last)}{number}@{source.choice(DOMAINS)}",
        "Nom": last.upper() if source.random() < 0.3 else last,
        "Prénom": first,
        "Tranche d'âge": age,
        "Région": region,
        "Aisance numérique": source.choices(
            _DIGITAL, _DIGITAL_WEIGHTS.get(age, _DIGITAL_OF_ELDERS)
        )[0],
        "Langue": "anglais" if source.random() < 0.03 else "français",
        "Fuseau horaire": "" if zone == PARIS and source.random() < 0.5 else zone,
        "Preuve du consentement": f"BUL-{today.year - source.randint(1, 3)}-{number:06}",
        "Dernier contact": _last_contact(source, today),
    }
    _accepted(row, today - timedelta(days=source.randint(45, 1000)))
    return row


def _accepted(row: dict[str, str], day: date) -> None:
    row["Date d'adhésion"] = row["Date de consentement"] = f"{day:%d/%m/%Y}"


def _last_contact(source: random.Random, today: date) -> str:
    """Draw a last contact: mostly long ago, for some within the month, for a few unknown."""
    chance = source.random()
    if chance < 0.04:
        return ""
    days = source.randint(2, 27) if chance < 0.12 else source.randint(35, 400)
    return f"{today - timedelta(days=days):%d/%m/%Y}"


def _typed_again(row: dict[str, str]) -> dict[str, str]:
    """Write the same mailbox in another spelling."""
    return row | {"Courriel": f" {row['Courriel'].upper()}", "Nom": row["Nom"].title()}


def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFD", name.lower().replace("œ", "oe"))
    return "".join(c for c in plain if c.isascii() and c.isalpha())
