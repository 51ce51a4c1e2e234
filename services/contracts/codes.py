"""Coded attributes: existing codes, the spellings that mean them, and time zones of places.

One list for everybody: registry reads imported cells with it, campaigns reads launch sheets with
it, and the console prints its labels. An attribute has no other codes, so that a spelling can never
become a group of its own, which quotas would then miss. Numbers of regions are départements.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

PARIS = "Europe/Paris"
_ZONE_OF_OVERSEAS = {
    "guadeloupe": "America/Guadeloupe",
    "martinique": "America/Martinique",
    "guyane": "America/Cayenne",
    "la-reunion": "Indian/Reunion",
    "mayotte": "Indian/Mayotte",
    "saint-pierre-et-miquelon": "America/Miquelon",
    "saint-barthelemy": "America/St_Barthelemy",
    "saint-martin": "America/Marigot",
    "wallis-et-futuna": "Pacific/Wallis",
    "nouvelle-caledonie": "Pacific/Noumea",
}
_POLYNESIA = ("Pacific/Tahiti", "Pacific/Marquesas", "Pacific/Gambier")
_POSTCODES_OF_MARQUESAS = frozenset({"98731", "98740", "98741", "98742", "98745", "98796"})
_POSTCODE_OF_GAMBIER = "98755"


@dataclass(frozen=True)
class Label:
    """Label of a code in both languages."""

    fr: str
    en: str


def _labels(table: str) -> dict[str, Label]:
    """Rows of `code = French [= English]`."""
    labels = {}
    for row in filter(None, (line.strip() for line in table.splitlines())):
        code, french, *english = (cell.strip() for cell in row.split("="))
        labels[code] = Label(french, english[0] if english else french)
    return labels


REGIONS: Mapping[str, Label] = _labels("""
    auvergne-rhone-alpes = Auvergne-Rhône-Alpes
    bourgogne-franche-comte = Bourgogne-Franche-Comté
    bretagne = Bretagne = Brittany
    centre-val-de-loire = Centre-Val de Loire
    corse = Corse = Corsica
    grand-est = Grand Est
    guadeloupe = Guadeloupe
    guyane = Guyane = French Guiana
    hauts-de-france = Hauts-de-France
    ile-de-france = Île-de-France
    la-reunion = La Réunion = Réunion
    martinique = Martinique
    mayotte = Mayotte
    normandie = Normandie = Normandy
    nouvelle-aquitaine = Nouvelle-Aquitaine
    nouvelle-caledonie = Nouvelle-Calédonie = New Caledonia
    occitanie = Occitanie
    pays-de-la-loire = Pays de la Loire
    polynesie-francaise = Polynésie française = French Polynesia
    provence-alpes-cote-d-azur = Provence-Alpes-Côte d'Azur
    saint-barthelemy = Saint-Barthélemy
    saint-martin = Saint-Martin
    saint-pierre-et-miquelon = Saint-Pierre-et-Miquelon
    wallis-et-futuna = Wallis-et-Futuna = Wallis and Futuna
    etranger = À l'étranger = Abroad
""")
DEPARTMENTS: Mapping[str, Label] = _labels("""
    01 = Ain
    02 = Aisne
    03 = Allier
    04 = Alpes-de-Haute-Provence
    05 = Hautes-Alpes
    06 = Alpes-Maritimes
    07 = Ardèche
    08 = Ardennes
    09 = Ariège
    10 = Aube
    11 = Aude
    12 = Aveyron
    13 = Bouches-du-Rhône
    14 = Calvados
    15 = Cantal
    16 = Charente
    17 = Charente-Maritime
    18 = Cher
    19 = Corrèze
    2a = Corse-du-Sud
    2b = Haute-Corse
    21 = Côte-d'Or
    22 = Côtes-d'Armor
    23 = Creuse
    24 = Dordogne
    25 = Doubs
    26 = Drôme
    27 = Eure
    28 = Eure-et-Loir
    29 = Finistère
    30 = Gard
    31 = Haute-Garonne
    32 = Gers
    33 = Gironde
    34 = Hérault
    35 = Ille-et-Vilaine
    36 = Indre
    37 = Indre-et-Loire
    38 = Isère
    39 = Jura
    40 = Landes
    41 = Loir-et-Cher
    42 = Loire
    43 = Haute-Loire
    44 = Loire-Atlantique
    45 = Loiret
    46 = Lot
    47 = Lot-et-Garonne
    48 = Lozère
    49 = Maine-et-Loire
    50 = Manche
    51 = Marne
    52 = Haute-Marne
    53 = Mayenne
    54 = Meurthe-et-Moselle
    55 = Meuse
    56 = Morbihan
    57 = Moselle
    58 = Nièvre
    59 = Nord
    60 = Oise
    61 = Orne
    62 = Pas-de-Calais
    63 = Puy-de-Dôme
    64 = Pyrénées-Atlantiques
    65 = Hautes-Pyrénées
    66 = Pyrénées-Orientales
    67 = Bas-Rhin
    68 = Haut-Rhin
    69 = Rhône
    70 = Haute-Saône
    71 = Saône-et-Loire
    72 = Sarthe
    73 = Savoie
    74 = Haute-Savoie
    75 = Paris
    76 = Seine-Maritime
    77 = Seine-et-Marne
    78 = Yvelines
    79 = Deux-Sèvres
    80 = Somme
    81 = Tarn
    82 = Tarn-et-Garonne
    83 = Var
    84 = Vaucluse
    85 = Vendée
    86 = Vienne
    87 = Haute-Vienne
    88 = Vosges
    89 = Yonne
    90 = Territoire de Belfort
    91 = Essonne
    92 = Hauts-de-Seine
    93 = Seine-Saint-Denis
    94 = Val-de-Marne
    95 = Val-d'Oise
""")
# Overseas a département and its region are one place, hence one code.
_OVERSEAS_NUMBERS = {
    "971": "guadeloupe", "972": "martinique", "973": "guyane", "974": "la-reunion",
    "975": "saint-pierre-et-miquelon", "976": "mayotte", "977": "saint-barthelemy",
    "978": "saint-martin", "986": "wallis-et-futuna", "987": "polynesie-francaise",
    "988": "nouvelle-caledonie",
}  # fmt: skip
OVERSEAS = frozenset(_OVERSEAS_NUMBERS.values())
# Numbers that INSEE gives to regions; each is some département's number too.
REGION_NUMBERS = frozenset((
    "01", "02", "03", "04", "06", "11", "24", "27", "28", "32", "44", "52", "53", "75", "76", "84",
    "93", "94",
))  # fmt: skip
# Five of them are overseas: such a number alone does not determine a person's time zone.
OVERSEAS_REGION_NUMBERS = frozenset(("01", "02", "03", "04", "06"))

# Bands by their first and last year of age; the last one is open.
_BANDS = {"18-34": (18, 34), "35-49": (35, 49), "50-64": (50, 64), "65+": (65, 150)}
AGE_BANDS: Mapping[str, Label] = _labels("""
    18-34 = 18–34
    35-49 = 35–49
    50-64 = 50–64
    65+ = 65+
""")
DIGITAL: Mapping[str, Label] = _labels("""
    never = jamais en ligne = never online
    sometimes = parfois en ligne = sometimes online
    often = souvent en ligne = often online
""")
ATTRIBUTES: Mapping[str, Mapping[str, Label]] = {
    "age_band": AGE_BANDS,
    "region": {**REGIONS, **DEPARTMENTS},
    "digital": DIGITAL,
}


def plain(text: str) -> str:
    """Without accents, case and punctuation: "Date d'adhésion" is "date d adhesion"."""
    decomposed = unicodedata.normalize("NFD", text.lower().replace("œ", "oe"))
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(re.split(r"[^a-z0-9]+", letters)).strip()


def _spellings() -> dict[str, str]:
    """Names of regions and départements in both languages, to codes."""
    names = {
        plain(name): code
        for table in (DEPARTMENTS, REGIONS)
        for code, label in table.items()
        for name in (label.fr, label.en)
    }
    # Spelled in another way, or a region's name before 2016 that is now part of one region only.
    names |= {plain(spelling): code for spelling, code in _ALIASES.items()}
    return names | {code: code for code in REGIONS} | _OVERSEAS_NUMBERS


_ALIASES = {
    "Réunion": "la-reunion", "Île de la Réunion": "la-reunion", "Guyane française": "guyane",
    "PACA": "provence-alpes-cote-d-azur", "Région Sud": "provence-alpes-cote-d-azur",
    "Sud Provence-Alpes-Côte d'Azur": "provence-alpes-cote-d-azur",
    "Centre": "centre-val-de-loire", "IDF": "ile-de-france", "AURA": "auvergne-rhone-alpes",
    "Région parisienne": "ile-de-france", "Nouvelle Calédonie": "nouvelle-caledonie",
    "Polynésie": "polynesie-francaise", "Wallis et Futuna": "wallis-et-futuna",
    "Alsace": "grand-est", "Lorraine": "grand-est", "Champagne-Ardenne": "grand-est",
    "Aquitaine": "nouvelle-aquitaine", "Limousin": "nouvelle-aquitaine",
    "Poitou-Charentes": "nouvelle-aquitaine", "Auvergne": "auvergne-rhone-alpes",
    "Rhône-Alpes": "auvergne-rhone-alpes", "Bourgogne": "bourgogne-franche-comte",
    "Franche-Comté": "bourgogne-franche-comte", "Languedoc-Roussillon": "occitanie",
    "Midi-Pyrénées": "occitanie", "Nord-Pas-de-Calais": "hauts-de-france",
    "Picardie": "hauts-de-france", "Haute-Normandie": "normandie",
    "Basse-Normandie": "normandie", "Étranger": "etranger", "Hors de France": "etranger",
    "Français de l'étranger": "etranger", "Outside France": "etranger",
    # The number of Corsica before 1976, and of its postcodes.
    "20": "corse",
}  # fmt: skip
_PLACES = _spellings()
_FREQUENCIES = {
    "never": "never", "jamais": "never", "jamais en ligne": "never", "never online": "never",
    "sometimes": "sometimes", "parfois": "sometimes", "parfois en ligne": "sometimes",
    "sometimes online": "sometimes",
    "often": "often", "souvent": "often", "souvent en ligne": "often", "often online": "often",
}  # fmt: skip

_NUMBER = re.compile(r"(\d{1,3})(?:\.0+)?")
_CORSICAN = re.compile(r"0?2\s*([ab])")
_NAME_AND_NUMBER = re.compile(r"(.+?)[\s(\[–-]+(\d{2,3}|2[ab])\s*[)\]]?")
_NUMBER_AND_NAME = re.compile(r"[(\[]?(\d{2,3}|2[ab])\s*[)\]]?[\s:.–-]+(.+)")
_AGE_WORDS = re.compile(r"(?<![a-z])(?:ans?|years?|old|age|de|d|from|aged|entre|between)(?![a-z])")


def code_of(attribute: str, spelling: str) -> str | None:
    """The code that a spelling means; None for no code or several."""
    reader = _READERS.get(attribute)
    return None if reader is None else reader(" ".join(spelling.split()).lower())


# Names of regions before 2016, each now part of one larger region.
_PARTS_OF_REGIONS = frozenset(map(plain, (
    "Alsace", "Lorraine", "Champagne-Ardenne", "Aquitaine", "Limousin", "Poitou-Charentes",
    "Auvergne", "Rhône-Alpes", "Bourgogne", "Franche-Comté", "Languedoc-Roussillon",
    "Midi-Pyrénées", "Nord-Pas-de-Calais", "Picardie", "Haute-Normandie", "Basse-Normandie",
)))  # fmt: skip


def code_named(attribute: str, spelling: str) -> str | None:
    """The code whose whole group a spelling names, for audiences: "18–24" determines the band of a
    member, but is not a band."""
    code = code_of(attribute, spelling)
    if code is None or plain(spelling) in _PARTS_OF_REGIONS:
        return None
    if attribute == "age_band" and _ages(" ".join(spelling.split()).lower()) != _BANDS[code]:
        return None
    return code


def label_of(attribute: str, code: str) -> Label | None:
    """A code's label; None for a code that does not exist."""
    return ATTRIBUTES.get(attribute, {}).get(code)


def nearest(attribute: str, spelling: str, among: Iterable[str] | None = None) -> list[str]:
    """Up to three codes that resemble a spelling most, or all where there are few."""
    codes = list(ATTRIBUTES.get(attribute, {}) if among is None else among)
    if len(codes) <= 5:
        return codes
    by_name = {plain(code): code for code in codes}
    if attribute == "region":
        # Staff write names, whose codes may be numbers.
        exist = set(codes)
        by_name |= {name: code for name, code in _PLACES.items() if code in exist}
    plain_spelling = plain(spelling)[:80]
    # "Département de la Gironde" names one, whatever resembles all of it more.
    within = sorted((name for name in by_name if f" {name} " in f" {plain_spelling} "), key=len)[
        ::-1
    ]
    close = get_close_matches(plain_spelling, by_name, n=6, cutoff=0.5)
    return list(dict.fromkeys(by_name[name] for name in within + close))[:3]


def labelled(attribute: str, code: str) -> str:
    """A code with its name where the code is a number: 13 (Bouches-du-Rhône)."""
    label = label_of(attribute, code)
    return f"{code} ({label.fr})" if label and code in DEPARTMENTS else code


def _place(spelling: str) -> str | None:
    if corsican := _CORSICAN.fullmatch(spelling):
        return f"2{corsican[1]}"
    if number := _NUMBER.fullmatch(spelling):
        digits = number[1].lstrip("0").zfill(2)
        return digits if digits in DEPARTMENTS else _PLACES.get(digits)
    if code := _PLACES.get(plain(spelling)):
        return code
    for pattern, name, number_at in ((_NAME_AND_NUMBER, 1, 2), (_NUMBER_AND_NAME, 2, 1)):
        if match := pattern.fullmatch(spelling):
            by_name, by_number = _PLACES.get(plain(match[name])), _place(match[number_at])
            if by_name == by_number:
                return by_name
    return None


def _age_band(spelling: str) -> str | None:
    """The band that has all the ages of a spelling: "18–24" lies within 18-34, "60+" in none."""
    first, last = _ages(spelling)
    for code, (lowest, highest) in _BANDS.items():
        if lowest <= first and last <= highest:
            return code
    return None


_NOBODY = (-1, -1)
_OLDEST = 150


def _ages(spelling: str) -> tuple[int, int]:
    text = unicodedata.normalize("NFKD", spelling).replace("≥", ">=").replace("≤", "<=")
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = re.sub(r"[–—−‑‒]|(?<=\d)_(?=\d)", "-", text)
    text = " ".join(_AGE_WORDS.sub(" ", text.replace("'", " ")).split())
    if match := re.fullmatch(
        r"([\[(]?)(\d{1,3}) ?(?:-|/|;|,|a|to|et|and) ?(\d{1,3})([\])[]?)", text
    ):
        # "[18,35)" and "[18,35[" leave out their end.
        first, last = int(match[2]), int(match[3]) - (match[1] == "[" and match[4] in (")", "["))
        return (first, last) if first <= last else _NOBODY
    if match := re.fullmatch(
        r"(\d{1,3}) ?(?:\+|(?:et|ou) (?:\+|plus)|(?:and|or) (?:over|above|more|older))", text
    ):
        return int(match[1]), _OLDEST
    if match := re.fullmatch(r"(?:>=|plus|over|\+|a partir) ?(\d{1,3})", text):
        return int(match[1]), _OLDEST
    if match := re.fullmatch(r"> ?(\d{1,3})", text):
        return int(match[1]) + 1, _OLDEST
    if match := re.fullmatch(r"(\d{1,3})(?:\.0+)?", text):
        return int(match[1]), int(match[1])
    return _NOBODY


def _frequency(spelling: str) -> str | None:
    return _FREQUENCIES.get(plain(spelling))


_READERS: Mapping[str, Callable[[str], str | None]] = {
    "age_band": lru_cache(4096)(_age_band),
    "region": lru_cache(4096)(_place),
    "digital": lru_cache(4096)(_frequency),
}


def zones_of_region(code: str) -> tuple[str, ...]:
    """Time zones of a region: one, several, or none that is known."""
    if code in DEPARTMENTS:
        return (PARIS,)
    if code == "etranger" or code not in REGIONS:
        return ()
    return _POLYNESIA if code == "polynesie-francaise" else (_ZONE_OF_OVERSEAS.get(code, PARIS),)


def zones_of_postcode(postcode: str) -> tuple[str, ...]:
    """Time zones of a French postcode, which may have lost its zero; empty for other text."""
    digits = re.sub(r"\s|\.0+$", "", postcode)
    if not re.fullmatch(r"\d{4,5}", digits):
        return ()
    digits = digits.zfill(5)
    if digits[:2] in DEPARTMENTS or digits[:2] == "20":
        return (PARIS,)
    if digits == "98000":
        return ("Europe/Monaco",)
    if digits in ("97133", "97150"):
        return zones_of_region("saint-barthelemy" if digits == "97133" else "saint-martin")
    if digits[:3] == "987":
        if digits in _POSTCODES_OF_MARQUESAS:
            return ("Pacific/Marquesas",)
        return ("Pacific/Gambier" if digits == _POSTCODE_OF_GAMBIER else "Pacific/Tahiti",)
    code = _OVERSEAS_NUMBERS.get(digits[:3])
    return zones_of_region(code) if code else ()
