"""Refusals of a whole file."""

from services.runtime.refusal import Refusal
from services.runtime.text import Language, Text


class ColumnsMissing(Refusal):
    status = 422
    sentence = Text(
        fr="Ce fichier n'a pas toutes les colonnes nécessaires. Colonnes lues : {columns}.",
        en="This file does not have all the columns needed. Columns read: {columns}.",
    )
    way_out = Text(
        fr="La première ligne doit nommer les colonnes, séparées par ; , | ou une tabulation.",
        en="The first line must name the columns, separated by ; , | or a tab.",
    )

    def __init__(self, columns: list[str], missing: list[Text]) -> None:
        super().__init__(columns=", ".join(columns) or "–")
        self.missing = missing

    def details(self, language: Language) -> list[str]:
        return [column.in_(language) for column in self.missing]


class FileUnreadable(Refusal):
    status = 422
    sentence = Text(
        fr="Ce fichier n'est pas du texte lisible de bout en bout : il est peut-être tronqué.",
        en="This file cannot be read as text to its end: it may have been cut off.",
    )
    way_out = Text(
        fr="Exportez-le de nouveau, de préférence en UTF-8.",
        en="Export it again, preferably as UTF-8.",
    )


class EncodingDoubtful(FileUnreadable):
    """Decoded with the likeliest code page, the text has impossible letters."""

    sentence = Text(
        fr="Les accents de ce fichier sont perdus : on y lit {read}.",
        en="The accents of this file are lost: it reads {read}.",
    )
    way_out = Text(
        fr="Exportez-le de nouveau au format « CSV UTF-8 ».",
        en="Export it again as “CSV UTF-8”.",
    )

    def __init__(self, texts: list[str], encoding: str) -> None:
        super().__init__(read=", ".join(f"« {text} »" for text in texts[:3]), encoding=encoding)


class DuplicateColumns(Refusal):
    status = 422
    sentence = Text(
        fr="Deux colonnes ont le même sens : « {first} » (colonne {first_place}) et "
        "« {second} » (colonne {second_place}).",
        en="Two columns mean the same: “{first}” (column {first_place}) and “{second}” "
        "(column {second_place}).",
    )
    way_out = Text(
        fr="Supprimez ou renommez celle qui ne compte pas.",
        en="Remove or rename the one that does not count.",
    )


class LinesUnaccounted(Exception):
    """A line of a file was neither imported nor refused nor blank: a defect of this program."""

    def __init__(self, lines: int, accounted: int) -> None:
        super().__init__(f"the file has {lines} lines, of which {accounted} are accounted for")
