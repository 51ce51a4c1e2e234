"""The report on an import, in the language of the officer who reads it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from services.contracts import codes
from services.contracts.http.registry import CodeFound, LineError
from services.registry.imports.csv.csv_file import CsvFile
from services.registry.imports.csv.persons import DATES
from services.registry.imports.csv.reasons import LineRefused
from services.registry.imports.store import StagedCounts
from services.runtime.text import Language, Text, long_date

_SPELLINGS_SHOWN = 8

_JOINED_LINES = Text(
    fr="Un guillemet ouvert à la ligne {first} englobe tout jusqu'à la ligne {last} : les lignes "
    "de plusieurs personnes se confondent, rien n'est gardé. Corrigez la ligne {first}.",
    en="A quotation mark that opens on line {first} takes in everything up to line {last}: "
    "the lines of several people run together, nothing is kept. Correct line {first}.",
)
_MONTH_FIRST = Text(
    fr="La colonne « {column} » a le mois avant le jour à la ligne {line} : le sens des autres "
    "dates est incertain, rien n'est gardé. Exportez les dates sous la forme aaaa-mm-jj.",
    en="The column “{column}” has the month before the day on line {line}: the meaning of "
    "the other dates is uncertain, nothing is kept. Export dates as yyyy-mm-dd.",
)
_NOBODY_FREE = Text(
    fr="Aucune ligne n'indique la date du dernier contact : toutes les personnes du fichier "
    "({members}) compteront comme contactées aujourd'hui, et aucune ne pourra être sollicitée "
    "avant le {day}.",
    en="No line says when the person was last contacted: everybody in the file ({members}) will "
    "count as contacted today, and none can be solicited before {day}.",
)
_SOME_UNKNOWN = Text(
    fr="Lignes sans date de dernier contact : {members}. Ces personnes comptent comme contactées "
    "aujourd'hui et ne seront pas sollicitées avant le {day}.",
    en="Lines without a date of last contact: {members}. These people count as contacted today and "
    "are not solicited before {day}.",
)
_REGION_NUMBERS = Text(
    fr="Les numéros de la colonne « {column} » peuvent désigner des régions ou des départements : "
    "ils sont lus comme des départements.",
    en="The numbers in the column “{column}” may be regions or départements: they are read as "
    "départements.",
)
_PLACELESS = Text(
    fr="Lignes sans fuseau horaire, code postal, région ni département : {members}. Les messages à "
    "ces personnes partent entre 8 h et 20 h, heure de Paris : si certaines vivent outre-mer ou à "
    "l'étranger, ajoutez leur fuseau.",
    en="Lines without a time zone, postcode, region or département: {members}. Messages to these "
    "people leave from 8:00 to 20:00 in Paris: if any of them live overseas or abroad, add their "
    "time zone.",
)
_ELSEWHERE = Text(
    fr="Lignes dont le fuseau horaire n'a pas l'heure de leur code postal, de leur région ou de "
    "leur département : {members}. Le fuseau écrit l'emporte : vérifiez-le, car les messages "
    "partent entre 8 h et 20 h de ce fuseau.",
    en="Lines whose time zone has another hour than their postcode, region or département: "
    "{members}. The zone as written counts: check it, as messages leave from 8:00 to 20:00 there.",
)
_TWO_LEVELS = Text(
    fr="La colonne « {column} » mêle des régions et des départements : un quota par région ne "
    "comptera pas les personnes dont seul le département est indiqué.",
    en="The column “{column}” mixes regions and départements: a quota for a region will not count "
    "people for whom only the département is given.",
)
_COME_BACK = Text(
    fr="Lignes de personnes qui avaient quitté le panel et y reviennent par un consentement donné "
    "depuis : {members}.",
    en="Lines of people who had left the panel and come back by a consent given since: {members}.",
)


@dataclass(frozen=True)
class RefusedLine:
    """The physical lines from `first` to `last`, refused as one."""

    first: int
    last: int
    refusal: LineRefused


def line_error(refused: RefusedLine, language: Language) -> LineError:
    return LineError(
        line=refused.first, last_line=refused.last, reason=refused.refusal.message(language)
    )


def refusals_of_file(csv_file: CsvFile, language: Language) -> list[str]:
    """Sentences that refuse a file as a whole."""
    joined = [
        _JOINED_LINES.in_(language, first=first, last=last)
        for first, last in csv_file.facts.swallowed
    ]
    lines = csv_file.facts.month_first
    return joined + [
        _MONTH_FIRST.in_(language, column=csv_file.column(name), line=lines[name])
        for name in DATES
        if name in lines
    ]


def confirmation(staged: StagedCounts, free_day: date, language: Language) -> str | None:
    """The sentence to confirm where no line names a last contact; `free_day` ends the month."""
    if not staged.valid or staged.without_last_contact != staged.valid:
        return None
    return _NOBODY_FREE.in_(language, members=staged.valid, day=long_date(free_day, language))


def notices(csv_file: CsvFile, language: Language) -> Iterable[str]:
    """Sentences on a file that refuse nothing."""
    regions = {code for attribute, code in csv_file.facts.codes if attribute == "region"}
    numbers = {code for code in regions if code in codes.DEPARTMENTS}
    if numbers and csv_file.facts.region_numbers_unclear:
        yield _REGION_NUMBERS.in_(language, column=csv_file.column("region"))
    if numbers and regions - numbers - codes.OVERSEAS:
        yield _TWO_LEVELS.in_(language, column=csv_file.column("region"))
    if placeless := csv_file.facts.placeless:
        yield _PLACELESS.in_(language, members=placeless)
    if elsewhere := csv_file.facts.elsewhere:
        yield _ELSEWHERE.in_(language, members=elsewhere)


def notices_of_lines(staged: StagedCounts, free_day: date, language: Language) -> Iterable[str]:
    """Sentences on the valid lines that refuse nothing."""
    unknown = staged.without_last_contact
    if unknown and unknown != staged.valid:
        yield _SOME_UNKNOWN.in_(language, members=unknown, day=long_date(free_day, language))
    if staged.come_back:
        yield _COME_BACK.in_(language, members=staged.come_back)


def codes_read(csv_file: CsvFile, language: Language) -> list[CodeFound]:
    """Each attribute code of the file with its spellings, the most frequent first."""
    views = []
    for (attribute, code), spellings in sorted(csv_file.facts.codes.items()):
        label = codes.label_of(attribute, code)
        assert label is not None
        views.append(
            CodeFound(
                attribute=attribute,
                code=code,
                label=label.fr if language == "fr" else label.en,
                lines=spellings.total(),
                spellings=[spelling for spelling, _ in spellings.most_common(_SPELLINGS_SHOWN)],
            )
        )
    return views
