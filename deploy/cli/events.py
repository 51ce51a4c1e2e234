"""`panel events`: follow topics, and list or replay dead letters."""

from typing import TYPE_CHECKING, Annotated

import typer

from console.commands.options import Json, both, command, group
from console.commands.session import Session, asynchronous, print_json, safe_json, session
from services.runtime.refusal import Refusal
from services.runtime.text import Language, Text

if TYPE_CHECKING:
    from deploy.charter_check.topics import Record
    from services.contracts.http.common import DeadLetter, Replay

_NO_DEAD_LETTERS = Text(
    fr="Tous les événements ont été appliqués.", en="Every event has been applied."
)
_APPLIED = Text(fr="{service} {id} : appliqué.", en="{service} {id}: applied.")
_STILL_REFUSED = Text(
    fr="{service} {id} : toujours refusé ({error}).", en="{service} {id}: still refused ({error})."
)
_REPUBLISHED = Text(fr="{service} : {count} {event}", en="{service}: {count} {event}")
_NOTHING = Text(fr="{service} : rien à republier", en="{service}: nothing to publish again")


class NoTopic(Refusal):
    status = 404
    sentence = Text(
        fr="Aucun sujet ne s'appelle « {topic} » ; il y a :",
        en="No topic is called “{topic}”; there are:",
    )

    def details(self, language: Language) -> list[str]:
        return list(self.data["topics"])


class NoService(Refusal):
    status = 404
    sentence = Text(
        fr="Aucun service ne s'appelle « {service} » ; il y a {services}.",
        en="No service is called “{service}”; there are {services}.",
    )


def register(app: typer.Typer) -> None:
    events = group(app, "events", both("Les événements.", "Events."))
    command(
        events,
        "tail",
        both("Suivre un sujet Kafka, ou tous.", "Follow one Kafka topic, or all of them."),
    )(tail)
    letters = group(
        app,
        "dead-letters",
        both(
            "Les événements qui n'ont pas pu être appliqués.", "Events that could not be applied."
        ),
    )
    command(letters, "list", both("Les lister.", "List them."))(list_)
    command(letters, "replay", both("En rejouer.", "Replay some."))(replay)
    command(
        app,
        "republish",
        both(
            "Émettre de nouveau l'état courant de tout, pour un sujet perdu.",
            "Emit the current state of everything again, for a lost topic.",
        ),
    )(republish)


def tail(
    ctx: typer.Context,
    topic: Annotated[str | None, typer.Argument(metavar="TOPIC")] = None,
    from_start: Annotated[
        bool, typer.Option("--from-start", help=both("Depuis le début.", "From the start."))
    ] = False,
    until_now: Annotated[
        bool,
        typer.Option(
            "--until-now",
            help=both("S'arrêter à la fin actuelle.", "Stop at what is the end now."),
        ),
    ] = False,
    json: Json = False,
) -> None:
    from deploy.charter_check.topics import records
    from deploy.local import endpoints
    from deploy.local.charter_check import kafka_access
    from services.contracts.topics import TOPICS

    current = session(ctx)
    kafka = kafka_access(endpoints.read(current.data_dir).kafka)
    names = [topic.name for topic in TOPICS]
    chosen = [name for name in names if topic is None or name == topic]
    if not chosen:
        chosen = [name for name in names if topic and topic in name]
    if not chosen:
        raise NoTopic(topic=topic, topics=names)

    async def follow() -> None:
        reading = records(kafka, chosen, from_start=from_start, until_now=until_now)
        async for record in reading:
            if json:
                print(safe_json(record.as_json()), flush=True)
            else:
                _show(current, record)

    asynchronous(follow)


def _show(current: Session, record: "Record") -> None:
    when = record.attributes.get("ce_time", "")
    from console.commands.terminal import styled

    current.out.print(styled((f"{when:28} ", "dim"), (record.topic, "bold"), f" {record.key}"))
    current.out.print(f"  {record.text}", style="dim", soft_wrap=True)


def list_(ctx: typer.Context, json: Json = False) -> None:
    from rich.table import Table

    from deploy.local.endpoints import SERVICES

    current = session(ctx)

    async def work() -> "dict[str, list[DeadLetter]]":
        async with current.staff() as staff:
            return {name: await staff.dead_letters(name) for name in SERVICES}

    by_service = asynchronous(work)
    if json:
        print_json(dict(by_service))
        return
    if not any(by_service.values()):
        current.tell(_NO_DEAD_LETTERS)
        return
    table = Table(box=None, show_header=False)
    for service, letters in by_service.items():
        for letter in letters:
            position = f"{letter.topic} [{letter.partition}] {letter.offset}"
            table.add_row(service, str(letter.id), position, letter.error)
    current.out.print(table)


def replay(
    ctx: typer.Context,
    service: Annotated[str, typer.Argument(metavar="SERVICE")],
    ids: Annotated[list[int] | None, typer.Argument(metavar="ID…")] = None,
    json: Json = False,
) -> None:
    current = session(ctx)
    require_service(service)

    async def work() -> "list[Replay]":
        async with current.staff() as staff:
            letter_ids = ids or [letter.id for letter in await staff.dead_letters(service)]
            return [await staff.replay(service, id) for id in letter_ids]

    outcomes = asynchronous(work)
    if json:
        print_json(outcomes)
    elif not outcomes:
        current.tell(_NO_DEAD_LETTERS)
    else:
        for outcome in outcomes:
            text = _APPLIED if outcome.applied else _STILL_REFUSED
            current.tell(text, service=service, id=outcome.id, error=outcome.error)
    if not all(outcome.applied for outcome in outcomes):
        raise typer.Exit(1)


def republish(
    ctx: typer.Context,
    service: Annotated[str | None, typer.Argument(metavar="SERVICE")] = None,
    json: Json = False,
) -> None:
    from deploy.local.endpoints import SERVICES

    current = session(ctx)
    if service:
        require_service(service)

    async def work() -> dict[str, dict[str, int]]:
        async with current.staff() as staff:
            return {
                name: (await staff.republish(name)).events
                for name in ([service] if service else SERVICES)
            }

    outcomes = asynchronous(work)
    if json:
        print_json(dict(outcomes))
        return
    for name, events in outcomes.items():
        for event, count in events.items():
            current.tell(_REPUBLISHED, service=name, count=count, event=event)
        if not events:
            current.tell(_NOTHING, service=name)


def require_service(service: str) -> None:
    from deploy.local.endpoints import SERVICES

    if service not in SERVICES:
        raise NoService(service=service, services=", ".join(SERVICES))
