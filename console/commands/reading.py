"""The reading room and attention, as commands."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from console.commands.options import Json, Project, both, command, group
from console.commands.session import (
    Session,
    asynchronous,
    print_json,
    request,
    session,
    show,
    write_export,
)
from console.words import Text

if TYPE_CHECKING:
    from services.contracts.http.reading import AttentionView, ContributionView

_NOTHING_LEFT = Text(
    fr="Tout est lu : {n} contributions sur {n}.",
    en="Everything is read: {n} of {n} contributions.",
)
_TO_READ = Text(
    fr="Encore {unread} à lire sur {contributions} ; vous en avez lu {mine}.",
    en="{unread} of {contributions} still to read; you read {mine}.",
)
_RECORDED = Text(fr="Lecture enregistrée.", en="Reading recorded.")
_HIDDEN = Text(fr="[masquée : {reason}]", en="[hidden: {reason}]")
_COVERAGE = Text(
    fr="{share:.0%} des {n} contributions ont leurs {wanted} lecture(s), par {readers} personne(s)",
    en="{share:.0%} of the {n} contributions have their {wanted} reading(s), by {readers} people",
)
_TIME = Text(
    fr="Temps de lecture médian {seconds:.0f} s ; inégalité (Gini) {gini:.2f}, à longueur égale"
    " {fair:.2f}",
    en="Median reading time {seconds:.0f} s; inequality (Gini) {gini:.2f}, for equal length"
    " {fair:.2f}",
)
_DELAY = Text(
    fr="Délai avant lecture : {median:.0f} jours (médiane), {longest} au plus",
    en="Days before reading: {median:.0f} (median), {longest} at most",
)
_WAITING = Text(
    fr="! {n} attendent, la plus ancienne depuis {days} jours",
    en="! {n} wait, the oldest for {days} days",
)
_NEXT = both("La prochaine à lire, dans votre ordre.", "The next to read, in your order.")
_FIND = both("Chercher des mots.", "Search for words.")
_RECORD = both("Enregistrer une lecture.", "Record a reading.")
_HIDE = both("Masquer, avec un motif.", "Hide, with a reason.")
_ATTENTION = both("L'attention portée à chaque mot.", "The attention each word got.")
_WANTED = both("Combien de lectures pour chacune.", "How many readings for each.")
_NOTE = both(
    "Noter ce qui fut dit en atelier, attribué à personne.",
    "Note what was said in a workshop, attributed to nobody.",
)
_EXPORT = both("Écrire les contributions dans un fichier.", "Write contributions to a file.")
_EACH = Text(
    fr="Chaque contribution aura {n} lecture(s), par autant de personnes.",
    en="Each contribution will have {n} reading(s), by as many people.",
)
_NOTED = Text(fr="Note enregistrée : {title}\n  {id}", en="Note kept: {title}\n  {id}")
Contribution = Annotated[UUID, typer.Argument(metavar="CONTRIBUTION")]


def register(app: typer.Typer) -> None:
    readings = group(app, "readings", both("Lire les contributions.", "Read contributions."))
    command(readings, "next", _NEXT)(next_)
    command(readings, "find", _FIND)(find)
    command(readings, "record", _RECORD)(record)
    command(readings, "hide", _HIDE)(hide)
    command(readings, "wanted", _WANTED)(readings_wanted)
    command(readings, "note", _NOTE)(note)
    command(readings, "export", _EXPORT)(export)
    command(app, "attention", _ATTENTION)(attention)


def next_(ctx: typer.Context, project: Project, json: Json = False) -> None:
    current = session(ctx)

    async def fetch_next() -> None:
        async with current.staff() as staff:
            following = await staff.next_reading(project)
        if json:
            print_json(following)
        elif following.contribution is None:
            current.tell(_NOTHING_LEFT, n=following.contributions)
        else:
            current.tell(
                _TO_READ,
                unread=following.unread,
                contributions=following.contributions,
                mine=following.read_by_me,
            )
            show_contribution(current, following.contribution)

    asynchronous(fetch_next)


def find(
    ctx: typer.Context,
    project: Project,
    search: Annotated[str | None, typer.Argument(metavar="WORDS")] = None,
    unread: Annotated[
        bool, typer.Option("--unread", help=both("Celles à lire.", "Those still to read."))
    ] = False,
    json: Json = False,
) -> None:
    current = session(ctx)

    async def search_contributions() -> None:
        async with current.staff() as staff:
            contributions = (await staff.contributions(project, search, unread=unread)).found
        if json:
            print_json(contributions)
        for contribution in [] if json else contributions:
            show_contribution(current, contribution)

    asynchronous(search_contributions)


def record(
    ctx: typer.Context,
    contribution: Contribution,
    proposal: Annotated[
        list[UUID] | None,
        typer.Option("--proposal", help=both("Proposition soutenue.", "Supported proposal.")),
    ] = None,
    no_suggestion: Annotated[
        bool, typer.Option("--no-suggestion", help=both("Sans proposition.", "No suggestion."))
    ] = False,
    personal_case: Annotated[
        bool, typer.Option("--personal-case", help=both("Cas personnel.", "Personal case."))
    ] = False,
    seconds: Annotated[
        float, typer.Option("--seconds", help=both("Temps de lecture.", "Reading time."))
    ] = 0,
    json: Json = False,
) -> None:
    from services.contracts.http.reading import Mark, RecordReading

    current = session(ctx)
    marks = {Mark.NO_SUGGESTION: no_suggestion, Mark.PERSONAL_CASE: personal_case}
    mark = next((option for option, is_set in marks.items() if is_set), None)
    if mark is None and not proposal:
        raise typer.BadParameter("--proposal / --no-suggestion / --personal-case")
    reading = request(RecordReading, seconds=seconds, mark=mark, proposals=proposal or [])

    async def send() -> None:
        async with current.staff() as staff:
            updated = await staff.record_reading(contribution, reading)
        if json:
            print_json(updated)
        else:
            current.tell(_RECORDED)

    asynchronous(send)


def hide(
    ctx: typer.Context,
    contribution: Contribution,
    reason: Annotated[str, typer.Argument(metavar="REASON")],
    unhide: Annotated[
        bool, typer.Option("--show", help=both("La montrer de nouveau.", "Show it again."))
    ] = False,
) -> None:
    from services.contracts.http.reading import Moderate

    current = session(ctx)

    async def send() -> None:
        async with current.staff() as staff:
            order = request(Moderate, hidden=not unhide, reason=reason)
            show_contribution(current, await staff.moderate(contribution, order))

    asynchronous(send)


def readings_wanted(
    ctx: typer.Context,
    project: Project,
    readings: Annotated[int, typer.Argument(metavar="NUMBER", min=1, max=10)],
    json: Json = False,
) -> None:
    from services.contracts.http.reading import ReadingsWanted

    order = request(ReadingsWanted, readings_wanted=readings)
    show(
        ctx,
        lambda staff: staff.want_readings(project, order),
        lambda current, _: current.tell(_EACH, n=readings),
        json,
    )


def note(
    ctx: typer.Context,
    project: Project,
    title: Annotated[str, typer.Argument(metavar="TITLE")],
    text: Annotated[str, typer.Argument(metavar="WORDS")],
    json: Json = False,
) -> None:
    from services.contracts.http.reading import SessionNote

    taken = request(SessionNote, title=title, words=text)
    show(
        ctx,
        lambda staff: staff.take_note(project, taken),
        lambda current, note: current.tell(_NOTED, title=note.title, id=note.id),
        json,
    )


def export(
    ctx: typer.Context,
    project: Project,
    file: Annotated[Path, typer.Argument(metavar="FILE")],
) -> None:
    write_export(ctx, file, lambda staff, format: staff.export_contributions(project, format))


def attention(ctx: typer.Context, project: Project, json: Json = False) -> None:
    show(ctx, lambda staff: staff.attention(project), show_attention, json)


def show_contribution(current: Session, contribution: "ContributionView") -> None:
    from rich.rule import Rule

    current.out.print(Rule(f"{contribution.id}  {contribution.opened_on}", align="left"))
    if contribution.is_hidden and not contribution.words:
        current.tell(_HIDDEN, reason=contribution.moderation[0].reason)
    else:
        current.out.print(contribution.words)


def show_attention(current: Session, attention: "AttentionView") -> None:
    figures = attention.figures
    current.tell(
        _COVERAGE,
        share=figures.coverage,
        n=sum(attention.readings_each.values()),
        wanted=figures.readings_wanted,
        readers=attention.readers,
    )
    if figures.median_seconds is not None:
        current.tell(
            _TIME,
            seconds=figures.median_seconds,
            gini=figures.gini or 0,
            fair=attention.gini_for_length or 0,
        )
    if figures.median_delay_days is not None:
        current.tell(_DELAY, median=figures.median_delay_days, longest=figures.longest_delay_days)
    waiting = [late for late in attention.late if late.read_on is None]
    if waiting:
        current.tell(_WAITING, n=len(waiting), days=attention.unread_days)
