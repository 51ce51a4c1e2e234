"""Faults of a file that cannot be read, with their position, in both languages."""

from typing import Any

from services.runtime.text import Text


class Unreadable(Exception):
    """Its sentence names a position that staff can find: a line, a question's code."""

    def __init__(self, why: Text, **data: Any) -> None:
        super().__init__(why.in_("en", **data))
        self.fr, self.en = why.in_("fr", **data), why.in_("en", **data)


NOT_A_SURVEY = Text(
    fr="ce n'est pas la structure d'une enquête", en="it is not the structure of a survey"
)
NOT_XML = Text(
    fr="ligne {line}, caractère {column} : le XML est mal formé",
    en="line {line}, character {column}: the XML is not well formed",
)
NOT_JSON = Text(
    fr="ligne {line}, caractère {column} : le JSON est mal formé",
    en="line {line}, character {column}: the JSON is not well formed",
)
ENCODING = Text(
    fr="octet {place} : le texte n'est pas en {encoding}",
    en="byte {place}: the text is not in {encoding}",
)
ENTITIES = Text(
    fr="ligne {line} : un fichier qui déclare un type de document ou des entités n'est pas lu",
    en="line {line}: a file that declares a document type or entities is not read",
)
TOO_MANY_ROWS = Text(
    fr="ligne {line} : il y a plus de {most} lignes de tables",
    en="line {line}: there are more than {most} rows of tables",
)
FIELD_MISSING = Text(
    fr="ligne {line} : il manque « {field} » à une ligne de la table « {table} »{near}",
    en="line {line}: a row of the table “{table}” has no “{field}”{near}",
)
NOT_A_NUMBER = Text(
    fr="ligne {line} : « {value} » n'est pas un nombre ({field}, table « {table} »{near})",
    en="line {line}: “{value}” is not a number ({field}, table “{table}”{near})",
)
SEVERAL_SURVEYS = Text(
    fr="il contient {number} enquêtes : exportez-en une seule",
    en="it holds {number} surveys: export a single one",
)
QUESTION_SHAPE = Text(
    fr="la question n° {number} n'a pas la forme d'une question",
    en="question no. {number} does not have the form of a question",
)
BLOCK_SHAPE = Text(
    fr="le bloc n° {number} n'a pas la forme d'un bloc de questions",
    en="block no. {number} does not have the form of a block of questions",
)
NO_IDENTIFIER = Text(
    fr="la question n° {number} n'a pas d'identifiant", en="question no. {number} has no id"
)
TOO_MUCH = Text(
    fr="il demande trop de temps ou de mémoire pour être lu",
    en="it takes too much time or memory to read",
)
