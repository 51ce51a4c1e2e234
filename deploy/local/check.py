"""The judge: does everything that was written down agree with the charter?

It reads the databases, the topics and the mail catcher's journal with queries of its own, and uses
none of the services' code, so that a defect there cannot hide itself here. One finding per promise,
with how many things it looked at.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from deploy.local import bus, evidence, transparency
from deploy.local.endpoints import Endpoints
from deploy.local.evidence import Evidence
from deploy.local.journal import Journal
from services.contracts.topics import TOPICS
from services.runtime.clock import SharedClock
from services.runtime.db import Queries
from services.runtime.text import Text

sql = Queries("deploy.local")


@dataclass(frozen=True)
class Finding:
    """`code` is for programs and stays; `looked_at` counts what `text` speaks of."""

    code: str
    text: Text
    looked_at: int
    wrong: int

    @property
    def holds(self) -> bool:
        return self.wrong == 0


@dataclass(frozen=True)
class Stored:
    """A promise that one query over one service's tables can judge."""

    service: str
    query: str
    text: Text
    timed: bool = False


STORED: tuple[Stored, ...] = (
    Stored(
        "registry",
        "deliveries_apart",
        Text(
            fr="jamais deux sollicitations en 31 jours, par personne, d'après les envois",
            en="never two solicitations in 31 days, per person, by deliveries",
        ),
    ),
    Stored(
        "registry",
        "first_solicitation_after_known_contact",
        Text(
            fr="ni moins de 31 jours après le dernier contact connu à l'import",
            en="nor less than 31 days after the last contact known at the import",
        ),
    ),
    Stored(
        "registry",
        "locks_as_late_as_messages",
        Text(
            fr="chaque verrou de contact est au moins aussi récent que le dernier envoi",
            en="each contact lock is at least as recent as the last message",
        ),
    ),
    Stored(
        "registry",
        "contact_lock_stands",
        Text(
            fr="la clé du verrou de contact est en place",
            en="the contact lock's key is in force",
        ),
    ),
    Stored(
        "campaigns",
        "ledger_apart",
        Text(
            fr="jamais deux jours à moins de 31 jours dans le registre des contacts",
            en="never two days less than 31 days apart in the contact ledger",
        ),
    ),
    Stored(
        "campaigns",
        "ledger_constraint_stands",
        Text(
            fr="la contrainte d'exclusion du registre des contacts est en place",
            en="the contact ledger's exclusion constraint is in force",
        ),
    ),
    Stored(
        "campaigns",
        "solicitations_planned",
        Text(
            fr="chaque sollicitation est dans le registre des contacts",
            en="every solicitation is in the contact ledger",
        ),
    ),
    Stored(
        "campaigns",
        "ledger_as_answered",
        Text(
            fr="le registre des contacts dit la même chose que les réponses aux ordres",
            en="the contact ledger says what the answers to orders say",
        ),
    ),
    Stored(
        "campaigns",
        "orders_answered",
        Text(
            fr="chaque ordre d'envoi dont la fenêtre est passée a une réponse",
            en="every send order whose window is over has an answer",
        ),
        timed=True,
    ),
    Stored(
        "registry",
        "deliveries_answered",
        Text(
            fr="aucun envoi n'attend après sa fenêtre",
            en="no delivery waits after its window",
        ),
        timed=True,
    ),
    Stored(
        "campaigns",
        "nothing_contradicted",
        Text(fr="aucune réponse n'en contredit une autre", en="no answer contradicts another one"),
    ),
    Stored(
        "registry",
        "memberships_three_years",
        Text(
            fr="les adhésions durent trois ans et s'arrêtent",
            en="memberships last three years and end",
        ),
        timed=True,
    ),
    Stored(
        "registry",
        "no_message_after_membership",
        Text(
            fr="aucun message après la fin d'une adhésion",
            en="no message after the end of a membership",
        ),
    ),
    Stored(
        "registry",
        "consents_proven",
        Text(
            fr="chaque consentement a sa date et sa preuve",
            en="every consent has its date and its proof",
        ),
        timed=True,
    ),
    Stored(
        "registry",
        "gone_without_contact",
        Text(
            fr="l'adresse de qui est parti est effacée",
            en="the address of who has left is deleted",
        ),
    ),
    Stored(
        "registry",
        "erased_keep_nothing",
        Text(
            fr="de qui est oublié, rien n'est gardé, et campaigns l'a confirmé",
            en="of who is forgotten nothing is kept, and campaigns has confirmed it",
        ),
        timed=True,
    ),
    Stored(
        "campaigns",
        "participations_chosen",
        Text(
            fr="personne ne participe sans avoir accepté l'invitation du projet",
            en="nobody takes part without having accepted the project's invitation",
        ),
    ),
    Stored(
        "campaigns",
        "one_invitation_per_project",
        Text(
            fr="personne n'est invité deux fois à un même projet",
            en="nobody is invited twice to one project",
        ),
    ),
    Stored(
        "campaigns",
        "declines_unseen",
        Text(
            fr="le tirage au sort ne peut lire aucune réponse",
            en="the draw cannot read any answer",
        ),
    ),
    Stored(
        "campaigns",
        "draws_committed",
        Text(
            fr="chaque tirage a utilisé la graine engagée au lancement",
            en="every draw used the seed committed at the launch",
        ),
    ),
    Stored(
        "campaigns",
        "mandates_complete",
        Text(
            fr="chaque projet publié a un mandat complet",
            en="every published project has a complete mandate",
        ),
    ),
    Stored(
        "campaigns",
        "invited_for_published_projects",
        Text(
            fr="personne n'est invité pour un projet qui n'est pas ouvert",
            en="nobody is invited for a project that is not open",
        ),
    ),
    Stored(
        "campaigns",
        "compensations_referenced",
        Text(
            fr="aucune compensation sans la référence du mandat",
            en="no compensation without the mandate's reference",
        ),
    ),
    Stored(
        "campaigns",
        "closed_owe_no_report",
        Text(
            fr="un projet clos ne doit plus de retour à personne",
            en="a closed project owes no report",
        ),
    ),
    Stored(
        "campaigns",
        "participants_reported",
        Text(
            fr="chaque participant d'un projet clos a reçu le retour, ou l'on sait pourquoi non",
            en="each participant of a closed project was sent the report, or it is known why not",
        ),
    ),
    Stored(
        "campaigns",
        "reports_as_answered",
        Text(
            fr="un retour dit envoyé l'a été",
            en="a report said to be sent was sent",
        ),
    ),
    Stored(
        "campaigns",
        "closing_constraint_stands",
        Text(
            fr="la contrainte qui garde un projet ouvert est en place",
            en="the constraint that keeps a project open is in force",
        ),
    ),
    Stored(
        "responses",
        "no_member_columns",
        Text(
            fr="responses n'a aucune colonne qui désigne un membre",
            en="responses has no column that names a member",
        ),
    ),
    Stored(
        "responses",
        "answers_at_most_credentials",
        Text(
            fr="jamais plus de réponses que de jetons anonymes remis",
            en="never more answers than anonymous credentials given",
        ),
    ),
    Stored(
        "responses",
        "no_answer_dropped",
        Text(
            fr="aucune réponse n'a disparu : chaque jeton utilisé a la sienne",
            en="no answer was dropped: each spent credential has its own",
        ),
    ),
    Stored(
        "responses",
        "words_read_before_synthesis",
        Text(
            fr="chaque contribution a été lue avant la synthèse",
            en="every contribution was read before the synthesis",
        ),
    ),
    Stored(
        "responses",
        "words_lead_somewhere",
        Text(
            fr="chaque contribution mène à une proposition ou à une mention",
            en="every contribution leads to a proposal or to a mark",
        ),
    ),
    Stored(
        "responses",
        "proposals_all_listed",
        Text(
            fr="aucune proposition n'est écartée avant d'avoir sa réponse",
            en="no proposal is set aside before it has its answer",
        ),
    ),
    Stored(
        "feedback",
        "every_proposal_answered",
        Text(
            fr="chaque proposition d'un projet restitué a sa réponse",
            en="each proposal of a reported project has its answer",
        ),
    ),
    Stored(
        "feedback",
        "decisions_signed_by_another",
        Text(
            fr="chaque décision est motivée, et signée par une autre personne que qui l'a rédigée",
            en="each decision has its reason, and was signed by another than its drafter",
        ),
    ),
    Stored(
        "feedback",
        "reports_on_synthesised",
        Text(
            fr="aucun retour avant que tout soit lu et synthétisé",
            en="no report before everything was read and synthesised",
        ),
    ),
    Stored(
        "feedback",
        "no_member_columns",
        Text(
            fr="feedback n'a aucune colonne qui désigne un membre",
            en="feedback has no column that names a member",
        ),
    ),
    Stored(
        "feedback",
        "journal_tells_all",
        Text(
            fr="mandats, décisions, retours et suivi sont dans le journal de transparence",
            en="mandates, decisions, reports and follow-up are in the transparency journal",
        ),
    ),
    *(
        Stored(
            service,
            "events_applied",
            Text(
                fr=f"{service} a appliqué tous ses événements",
                en=f"{service} has applied all its events",
            ),
        )
        for service in ("registry", "campaigns", "responses", "feedback")
    ),
)

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
        )
        journal = await transparency.read(endpoints, connections["feedback"])
    finally:
        for connection in connections.values():
            await connection.close()
    witnessed = [Finding(code, text, *judge(seen)) for code, judge, text in WITNESSED]
    public = Finding("journal_verifies", _JOURNAL, *transparency.journal_verifies(journal))
    return [*witnessed[:1], *stored, *witnessed[1:], public]


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
