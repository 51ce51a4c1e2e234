"""The judge: does everything that was written down agree with the charter?

It reads the databases, the topics and the mail catcher's journal with queries of its own, and uses
none of the services' code, so that a defect there cannot hide itself here. One finding per promise,
with how many things it looked at.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from deploy.charter_check import catalogs, evidence, transparency
from deploy.charter_check import published as told
from deploy.charter_check import topics as bus
from deploy.charter_check.evidence import Evidence
from deploy.charter_check.mail_journal import Journal
from deploy.charter_check.promises import STORED, Stored
from deploy.local.endpoints import Endpoints
from services.contracts.topics import TOPICS
from services.runtime.clock import SharedClock
from services.runtime.postgres.database import Queries
from services.runtime.text import Text

sql = Queries("deploy.charter_check")


@dataclass(frozen=True)
class Finding:
    """`code` is for programs and stays; `looked_at` counts what `text` speaks of; `named` says
    which of them are wrong, where they have names."""

    code: str
    text: Text
    looked_at: int
    wrong: int
    named: Sequence[str] = ()

    @property
    def holds(self) -> bool:
        return self.wrong == 0


Judge = Callable[[Evidence], tuple[int, int]]

WITNESSED: tuple[tuple[str, Judge, Text], ...] = (
    (
        "messages_apart",
        evidence.messages_apart,
        Text(
            fr="jamais deux sollicitations en 31 jours, par adresse, d'après le courrier",
            en="never two solicitations in 31 days, per address, by the mail itself",
        ),
    ),
    (
        "messages_ordered",
        evidence.messages_ordered,
        Text(
            fr="chaque message répond à un ordre connu, de la même nature",
            en="every message answers a known order of the same kind",
        ),
    ),
    (
        "orders_used_once",
        evidence.orders_used_once,
        Text(
            fr="aucun ordre de sollicitation n'a servi deux fois",
            en="no order to solicit was used twice",
        ),
    ),
    (
        "sent_is_in_the_journal",
        evidence.sent_is_in_the_journal,
        Text(
            fr="chaque envoi dit « envoyé » est bien arrivé au serveur de courrier",
            en="every delivery said to be sent reached the mail server",
        ),
    ),
    (
        "answers_agree",
        evidence.answers_agree,
        Text(
            fr="campaigns et registry disent la même chose de chaque ordre",
            en="campaigns and registry say the same of every order",
        ),
    ),
    (
        "sending_hours",
        evidence.sending_hours,
        Text(
            fr="aucun message avant 8 h ni après 20 h, là où vit le membre",
            en="no message before 8:00 or after 20:00, where the member lives",
        ),
    ),
    (
        "silence_after_leaving",
        evidence.silence_after_leaving,
        Text(
            fr="aucun message ne part après un départ du panel",
            en="no message starts after somebody left the panel",
        ),
    ),
    (
        "closed_with_every_answer",
        evidence.closed_with_every_answer,
        Text(
            fr="un projet clos a répondu à chaque proposition, d'après les seuls sujets Kafka",
            en="a closed project answered every proposal, by the topics alone",
        ),
    ),
    (
        "words_as_told",
        told.words_as_told,
        Text(
            fr="mandats, propositions, décisions et retours ont les mots qui ont été publiés",
            en="mandates, proposals, decisions and reports have the words that were published",
        ),
    ),
    (
        "contributions_as_told",
        told.contributions_as_told,
        Text(
            fr="il y a autant de contributions qu'il en a été annoncé",
            en="there are as many contributions as were announced",
        ),
    ),
    (
        "credentials_as_told",
        told.credentials_as_told,
        Text(
            fr="chaque réponse annoncée a son jeton anonyme utilisé",
            en="each answer that was announced has its spent credential",
        ),
    ),
    (
        "answers_as_told",
        told.answers_as_told,
        Text(
            fr="les réponses d'un recueil sont celles qui furent ouvertes",
            en="the answers of a collection are those that were opened",
        ),
    ),
    (
        "words_are_the_answers",
        told.words_are_the_answers,
        Text(
            fr="les mots qu'on lit sont ceux de la réponse",
            en="the words that are read are those of the answer",
        ),
    ),
    (
        "no_personal_data_on_the_bus",
        evidence.no_personal_data_on_the_bus,
        Text(
            fr="aucune adresse ni aucun nom dans les événements",
            en="no address and no name in the events",
        ),
    ),
    (
        "days_only_where_opinions_are",
        evidence.days_only_where_opinions_are,
        Text(
            fr="aucune heure dans les événements de responses",
            en="no hour in the events of responses",
        ),
    ),
    (
        "no_members_where_opinions_are",
        evidence.no_members_where_opinions_are,
        Text(
            fr="aucun membre dans les événements de responses et de feedback",
            en="no member in the events of responses and feedback",
        ),
    ),
    (
        "no_personal_data_in_logs",
        evidence.no_personal_data_in_logs,
        Text(
            fr="aucune adresse dans les journaux techniques",
            en="no address in the technical logs",
        ),
    ),
)


_JOURNAL = Text(
    fr="le journal de transparence est celui qui a été signé, entier",
    en="the transparency journal is the one that was signed, whole",
)


async def check(endpoints: Endpoints) -> list[Finding]:
    """Every promise that can be judged so far, the month between two solicitations first."""
    now = SharedClock(endpoints.clock_file).now()
    stored: list[Finding] = []
    connections = {name: await asyncpg.connect(endpoints.dsn(name)) for name in endpoints.services}
    try:
        for promise in STORED:
            stored.append(await _judge(connections[promise.service], promise, now))
        seen = Evidence(
            messages=list(Journal(endpoints.mail_journal).new()),
            deliveries=await connections["registry"].fetch(sql.known_orders),
            orders=await connections["campaigns"].fetch(sql.ordered),
            records=[
                record
                async for record in bus.records(endpoints.kafka, [topic.name for topic in TOPICS])
            ],
            logs=sorted(endpoints.logs.glob("*.log")),
            written=[
                row
                for name, connection in connections.items()
                for row in await connection.fetch(getattr(sql, f"words_of_{name}"))
            ],
            collected=await connections["responses"].fetch(sql.answers_stored),
            answers=await connections["responses"].fetch(sql.answers_open),
        )
        journal = await transparency.read(endpoints, connections["feedback"])
        migrated = [
            finding
            for name, connection in connections.items()
            for finding in await _as_migrated(name, endpoints.dsn(name), connection)
        ]
    finally:
        for connection in connections.values():
            await connection.close()
    witnessed = [Finding(code, text, *judge(seen)) for code, judge, text in WITNESSED]
    public = Finding("journal_verifies", _JOURNAL, *transparency.journal_verifies(journal))
    return [*witnessed[:1], *stored, *witnessed[1:], public, *migrated]


async def _as_migrated(
    service: str, dsn: str, connection: "asyncpg.Connection[asyncpg.Record]"
) -> list[Finding]:
    compared = await catalogs.compare(dsn, service, connection)
    rules, rights = compared.other_rules, compared.other_rights
    return [
        Finding(
            f"{service}_rules_as_migrated",
            Text(
                fr=f"les contraintes, déclencheurs et fonctions de {service} sont tous en vigueur",
                en=f"the constraints, triggers and functions of {service} are all in force",
            ),
            compared.rules,
            len(rules),
            [str(one) for one in rules],
        ),
        Finding(
            f"{service}_rights_as_migrated",
            Text(
                fr=f"chaque rôle a dans {service} les droits prévus, et aucun autre",
                en=f"each role has in {service} the rights that it should, and no other",
            ),
            compared.rights,
            len(rights),
            [str(one) for one in rights],
        ),
    ]


async def _judge(
    connection: "asyncpg.Connection[asyncpg.Record]", promise: Stored, now: datetime
) -> Finding:
    arguments: Sequence[datetime] = [now] if promise.timed else []
    row = await connection.fetchrow(getattr(sql, promise.query), *arguments)
    assert row is not None
    code = promise.query
    if promise.query in ("no_member_columns", "events_applied"):
        code = f"{promise.service}_{promise.query}"
    return Finding(code, promise.text, row["looked_at"], row["wrong"])
