"""The charter check: do databases, topics, mail and logs agree with the charter?

It has its own queries and uses no code of the services, so that a defect there cannot hide itself
here. There is one finding per promise, with the number of cases examined.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import asyncpg

from deploy.charter_check import catalogs, evidence, published, transparency
from deploy.charter_check.database import fetch, fetch_row
from deploy.charter_check.evidence import Evidence
from deploy.charter_check.findings import Finding, Sentence
from deploy.charter_check.mail_journal import Journal
from deploy.charter_check.panel import Migrate, Panel
from deploy.charter_check.promises import STORED, Stored
from deploy.charter_check.topics import records

if TYPE_CHECKING:
    from deploy.charter_check.database import Connection

Rule = Callable[[Evidence], tuple[int, int]]

WITNESSED: tuple[tuple[str, Rule, Sentence], ...] = (
    (
        "messages_apart",
        evidence.messages_apart,
        Sentence(
            fr="jamais deux sollicitations en 31 jours, par adresse, d'après le courrier",
            en="never two solicitations in 31 days, per address, by the mail itself",
        ),
    ),
    (
        "messages_ordered",
        evidence.messages_ordered,
        Sentence(
            fr="chaque message répond à un ordre connu, de la même nature",
            en="every message answers a known order of the same kind",
        ),
    ),
    (
        "orders_used_once",
        evidence.orders_used_once,
        Sentence(
            fr="aucun ordre de sollicitation n'a servi deux fois",
            en="no order to solicit was used twice",
        ),
    ),
    (
        "sent_is_in_the_journal",
        evidence.sent_is_in_the_journal,
        Sentence(
            fr="chaque envoi dit « envoyé » est bien arrivé au serveur de courrier",
            en="every delivery said to be sent reached the mail server",
        ),
    ),
    (
        "answers_agree",
        evidence.answers_agree,
        Sentence(
            fr="campaigns et registry disent la même chose de chaque ordre",
            en="campaigns and registry say the same of every order",
        ),
    ),
    (
        "sending_hours",
        evidence.sending_hours,
        Sentence(
            fr="aucun message avant 8 h ni après 20 h, là où vit le membre",
            en="no message before 8:00 or after 20:00, where the member lives",
        ),
    ),
    (
        "silence_after_leaving",
        evidence.silence_after_leaving,
        Sentence(
            fr="aucun message ne part après un départ du panel",
            en="no message starts after somebody left the panel",
        ),
    ),
    (
        "closed_with_every_answer",
        evidence.closed_with_every_answer,
        Sentence(
            fr="un projet clos a répondu à chaque proposition, d'après les seuls sujets Kafka",
            en="a closed project answered every proposal, by the topics alone",
        ),
    ),
    (
        "words_as_told",
        published.words_as_told,
        Sentence(
            fr="mandats, propositions, décisions et retours ont les mots qui ont été publiés",
            en="mandates, proposals, decisions and reports have the words that were published",
        ),
    ),
    (
        "contributions_as_told",
        published.contributions_as_told,
        Sentence(
            fr="il y a autant de contributions qu'il en a été annoncé",
            en="there are as many contributions as were announced",
        ),
    ),
    (
        "credentials_as_told",
        published.credentials_as_told,
        Sentence(
            fr="chaque réponse annoncée a son jeton anonyme utilisé",
            en="each answer that was announced has its spent credential",
        ),
    ),
    (
        "answers_as_told",
        published.answers_as_told,
        Sentence(
            fr="les réponses d'un recueil sont celles qui furent ouvertes",
            en="the answers of a collection are those that were opened",
        ),
    ),
    (
        "words_are_the_answers",
        published.words_are_the_answers,
        Sentence(
            fr="les mots qu'on lit sont ceux de la réponse",
            en="the words that are read are those of the answer",
        ),
    ),
    (
        "no_personal_data_on_the_bus",
        evidence.no_personal_data_on_the_bus,
        Sentence(
            fr="aucune adresse ni aucun nom dans les événements",
            en="no address and no name in the events",
        ),
    ),
    (
        "days_only_where_opinions_are",
        evidence.days_only_where_opinions_are,
        Sentence(
            fr="aucune heure dans les événements de responses",
            en="no hour in the events of responses",
        ),
    ),
    (
        "no_members_where_opinions_are",
        evidence.no_members_where_opinions_are,
        Sentence(
            fr="aucun membre dans les événements de responses et de feedback",
            en="no member in the events of responses and feedback",
        ),
    ),
    (
        "no_personal_data_in_logs",
        evidence.no_personal_data_in_logs,
        Sentence(
            fr="aucune adresse dans les journaux techniques",
            en="no address in the technical logs",
        ),
    ),
)


_JOURNAL = Sentence(
    fr="le journal de transparence est celui qui a été signé, entier",
    en="the transparency journal is the one that was signed, whole",
)


async def check(panel: Panel) -> list[Finding]:
    """Check every promise, the month between two solicitations first."""
    stored: list[Finding] = []
    connections = {service: await asyncpg.connect(dsn) for service, dsn in panel.dsns.items()}
    try:
        for promise in STORED:
            stored.append(await _check_stored(connections[promise.service], promise, panel.instant))
        gathered = await _gather(panel, connections)
        journal = await transparency.fetch_journal(panel, connections["feedback"])
        migrated = [
            finding
            for service, connection in connections.items()
            for finding in await _as_migrated(
                service, panel.dsns[service], connection, panel.migrate
            )
        ]
    finally:
        for connection in connections.values():
            await connection.close()
    witnessed = [Finding(code, sentence, *rule(gathered)) for code, rule, sentence in WITNESSED]
    public = Finding("journal_verifies", _JOURNAL, *transparency.journal_verifies(journal))
    return [*witnessed[:1], *stored, *witnessed[1:], public, *migrated]


async def _gather(panel: Panel, connections: "Mapping[str, Connection]") -> Evidence:
    return Evidence(
        messages=list(Journal(panel.mail_journal).new()),
        deliveries=await fetch(connections["registry"], "known_orders"),
        orders=await fetch(connections["campaigns"], "ordered"),
        records=[record async for record in records(panel.kafka, panel.topics)],
        logs=panel.logs,
        publications=[
            row
            for service, connection in connections.items()
            for row in await fetch(connection, f"words_of_{service}")
        ],
        collections=await fetch(connections["responses"], "answers_stored"),
        responses=await fetch(connections["responses"], "answers_open"),
    )


async def _as_migrated(
    service: str, dsn: str, connection: "Connection", migrate: Migrate
) -> list[Finding]:
    compared = await catalogs.compare(dsn, service, connection, migrate)
    rules, rights = compared.other_rules, compared.other_rights
    return [
        Finding(
            f"{service}_rules_as_migrated",
            Sentence(
                fr=f"les contraintes, déclencheurs et fonctions de {service} sont tous en vigueur",
                en=f"the constraints, triggers and functions of {service} are all in force",
            ),
            compared.rules,
            len(rules),
            [str(difference) for difference in rules],
        ),
        Finding(
            f"{service}_rights_as_migrated",
            Sentence(
                fr=f"chaque rôle a dans {service} les droits prévus, et aucun autre",
                en=f"each role has in {service} the rights that it should, and no other",
            ),
            compared.rights,
            len(rights),
            [str(difference) for difference in rights],
        ),
    ]


async def _check_stored(connection: "Connection", promise: Stored, instant: datetime) -> Finding:
    parameters = {"now": instant} if promise.timed else {}
    row = await fetch_row(connection, promise.query, **parameters)
    code = promise.query
    if promise.query in ("no_member_columns", "events_applied"):
        code = f"{promise.service}_{promise.query}"
    return Finding(code, promise.sentence, row["looked_at"], row["wrong"])
