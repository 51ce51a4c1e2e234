"""Reading, attention, proposals, the synthesis and results, as commands."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from panel.options import Json, Session, asynchronous, both, command, group, print_json, session
from services.runtime.refusal import Refusal
from services.runtime.text import Text

if TYPE_CHECKING:
    from services.contracts.http.proposals import ProposalBoard
    from services.contracts.http.reading import AttentionView, ContributionView
    from services.contracts.http.results import CrossTable, QuestionResult, ResultsView

_WORD = Text(fr="SYNTHESE", en="SYNTHESIS")
_LISTED = Text(
    fr="La synthèse listera ces {n} propositions, dans ces versions ; ensuite, ni lectures ni"
    " propositions ne changent, et chacune aura une réponse motivée.",
    en="The synthesis will list these {n} proposals at these versions; afterwards neither readings"
    " nor proposals change, and each will get a reasoned answer.",
)
_TYPE = Text(fr="Tapez {word} pour la faire", en="Type {word} to make it")
_LEFT_ALONE = Text(fr="Rien n'a été fait.", en="Nothing was done.")
_MADE = Text(fr="Synthèse faite par {who}.", en="Synthesis made by {who}.")
_BLOCKED = Text(fr="Ce qui l'empêche encore :", en="What still stands in its way:")
_NOTHING_LEFT = Text(
    fr="Tout est lu : {n} contributions sur {n}.",
    en="Everything is read: {n} of {n} contributions.",
)
_TO_READ = Text(
    fr="Encore {unread} à lire sur {contributions} ; vous en avez lu {mine}.",
    en="{unread} of {contributions} still to read; you read {mine}.",
)
_RECORDED = Text(fr="Lecture enregistrée.", en="Reading recorded.")
_DRAFTED = Text(fr="Proposition rédigée : {title}\n  {id}", en="Drafted: {title}\n  {id}")
_SURVIVES = Text(
    fr="Réunies : « {title} », soutenue par {support} contributions.",
    en="Merged: “{title}”, supported by {support} contributions.",
)
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
    fr="Délai avant lecture : {median:.0f} jours au milieu, {longest} au plus",
    en="Days before reading: {median:.0f} in the middle, {longest} at most",
)
_WAITING = Text(
    fr="! {n} attendent, la plus ancienne depuis {days} jours",
    en="! {n} wait, the oldest for {days} days",
)
_THEME, _SUPPORT, _PROPOSAL, _STATE, _ID = (
    Text(fr="thème", en="theme"),
    Text(fr="soutiens", en="support"),
    Text(fr="proposition", en="proposal"),
    Text(fr="état", en="state"),
    Text(fr="identifiant, version", en="id, version"),
)
_STATES = {
    "draft": Text(fr="brouillon", en="draft"),
    "submitted": Text(fr="remise", en="submitted"),
    "merged": Text(fr="réunie", en="merged"),
}
_NEAR = Text(
    fr="  se ressemblent ({similarity:.0%}) : « {first} » et « {second} »",
    en="  look alike ({similarity:.0%}): “{first}” and “{second}”",
)
_FEW = Text(fr="moins de {n}", en="fewer than {n}")
_FIVES = Text(
    fr="Par cinq : chaque nombre est arrondi, et moins de {n} personnes ne se disent pas.",
    en="In fives: every number is rounded, and fewer than {n} people are not told.",
)
_WRITTEN = Text(fr="Écrit : {file}", en="Written: {file}")

_NEXT = both("La prochaine à lire, dans votre ordre.", "The next to read, in your order.")
_FIND = both("Chercher des mots.", "Search for words.")
_RECORD = both("Enregistrer une lecture.", "Record a reading.")
_HIDE = both("Masquer, avec un motif.", "Hide, with a reason.")
_ATTENTION = both("L'attention portée à chaque mot.", "The attention each word got.")
_LIST = both("Le tableau des propositions.", "The board of proposals.")
_DRAFT = both("Rédiger une proposition.", "Draft a proposal.")
_MERGE = both("Réunir à une autre.", "Merge into another.")
_SYNTHESIS = both("Lister les propositions, pour de bon.", "List the proposals, for good.")
_RESULTS = both("Les résultats du questionnaire.", "The questionnaire's results.")

Project = Annotated[UUID, typer.Argument(metavar="PROJECT")]
Contribution = Annotated[UUID, typer.Argument(metavar="CONTRIBUTION")]
Proposal = Annotated[UUID, typer.Argument(metavar="PROPOSAL")]


class UnknownFormat(Refusal):
    status = 422
    sentence = Text(
        fr="Le nom du fichier doit finir par .csv, .json ou .xlsx : {file}.",
        en="The file's name must end in .csv, .json or .xlsx: {file}.",
    )


def register(app: typer.Typer) -> None:
    readings = group(app, "readings", both("Lire les contributions.", "Read contributions."))
    proposals = group(app, "proposals", both("Les propositions.", "Proposals."))
    for where, name, help, body in (
        (readings, "next", _NEXT, next_),
        (readings, "find", _FIND, find),
        (readings, "record", _RECORD, record),
        (readings, "hide", _HIDE, hide),
        (app, "attention", _ATTENTION, attention),
        (proposals, "list", _LIST, board),
        (proposals, "draft", _DRAFT, draft),
        (proposals, "merge", _MERGE, merge),
        (app, "synthesis", _SYNTHESIS, synthesis),
        (app, "results", _RESULTS, results),
    ):
        command(where, name, help)(body)


def next_(ctx: typer.Context, project: Project, json: Json = False) -> None:
    here = session(ctx)

    async def ask() -> None:
        async with here.staff() as staff:
            found = await staff.next_reading(project)
        if json:
            print_json(found)
        elif found.contribution is None:
            here.tell(_NOTHING_LEFT, n=found.contributions)
        else:
            here.tell(
                _TO_READ,
                unread=found.unread,
                contributions=found.contributions,
                mine=found.read_by_me,
            )
            show_contribution(here, found.contribution)

    asynchronous(ask)


def find(
    ctx: typer.Context,
    project: Project,
    words: Annotated[str | None, typer.Argument(metavar="WORDS")] = None,
    unread: Annotated[
        bool, typer.Option("--unread", help=both("Celles à lire.", "Those still to read."))
    ] = False,
    json: Json = False,
) -> None:
    here = session(ctx)

    async def ask() -> None:
        async with here.staff() as staff:
            found = (await staff.contributions(project, words, unread=unread)).found
        if json:
            print_json(found)
        for one in [] if json else found:
            show_contribution(here, one)

    asynchronous(ask)


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

    here = session(ctx)
    marks = {Mark.NO_SUGGESTION: no_suggestion, Mark.PERSONAL_CASE: personal_case}
    mark = next((one for one, given in marks.items() if given), None)
    if mark is None and not proposal:
        raise typer.BadParameter("--proposal / --no-suggestion / --personal-case")
    said = RecordReading(seconds=seconds, mark=mark, proposals=proposal or [])

    async def send() -> None:
        async with here.staff() as staff:
            shown = await staff.record_reading(contribution, said)
        if json:
            print_json(shown)
        else:
            here.tell(_RECORDED)

    asynchronous(send)


def hide(
    ctx: typer.Context,
    contribution: Contribution,
    reason: Annotated[str, typer.Argument(metavar="REASON")],
    show: Annotated[
        bool, typer.Option("--show", help=both("La montrer de nouveau.", "Show it again."))
    ] = False,
) -> None:
    from services.contracts.http.reading import Moderate

    here = session(ctx)

    async def send() -> None:
        async with here.staff() as staff:
            asked = Moderate(hidden=not show, reason=reason)
            show_contribution(here, await staff.moderate(contribution, asked))

    asynchronous(send)


def attention(ctx: typer.Context, project: Project, json: Json = False) -> None:
    here = session(ctx)

    async def ask() -> None:
        async with here.staff() as staff:
            found = await staff.attention(project)
        if json:
            print_json(found)
        else:
            show_attention(here, found)

    asynchronous(ask)


def board(ctx: typer.Context, project: Project, json: Json = False) -> None:
    here = session(ctx)

    async def ask() -> None:
        async with here.staff() as staff:
            found = await staff.proposal_board(project)
        if json:
            print_json(found)
        else:
            show_board(here, found)

    asynchronous(ask)


def draft(
    ctx: typer.Context,
    project: Project,
    title: Annotated[str, typer.Argument(metavar="TITLE")],
    text: Annotated[str, typer.Argument(metavar="TEXT")],
    theme: Annotated[str | None, typer.Option("--theme", help=both("Thème.", "Theme."))] = None,
    json: Json = False,
) -> None:
    from services.contracts.http.proposals import WriteProposal

    here = session(ctx)

    async def send() -> None:
        async with here.staff() as staff:
            written = WriteProposal(title=title, text=text, theme=theme)
            drafted = await staff.draft_proposal(project, written)
        if json:
            print_json(drafted)
        else:
            here.tell(_DRAFTED, title=drafted.title, id=drafted.id)

    asynchronous(send)


def merge(
    ctx: typer.Context,
    proposal: Proposal,
    into: Annotated[UUID, typer.Argument(metavar="INTO")],
    version: Annotated[
        int, typer.Option("--version", help=both("Version lue.", "Version that was read."))
    ] = 1,
) -> None:
    from services.contracts.http.proposals import MergeProposal

    here = session(ctx)

    async def send() -> None:
        async with here.staff() as staff:
            survivor = await staff.merge_proposal(
                proposal, MergeProposal(into=into, version=version)
            )
        here.tell(_SURVIVES, title=survivor.title, support=survivor.support)

    asynchronous(send)


def synthesis(
    ctx: typer.Context,
    project: Project,
    yes: Annotated[
        bool, typer.Option("--yes", help=both("Ne pas demander.", "Do not ask."))
    ] = False,
) -> None:
    from services.contracts.events.responses import ListedProposal
    from services.contracts.http.proposals import ProposalPhase, Synthesise

    here = session(ctx)

    async def send() -> None:
        async with here.staff() as staff:
            found = await staff.proposal_board(project)
            drafts = [one for one in found.proposals if one.state is ProposalPhase.DRAFT]
            show_board(here, found)
            if not found.blocked_by:
                here.tell(_LISTED, n=len(drafts))
                word = here.say(_WORD)
                if not yes and typer.prompt(here.say(_TYPE, word=word)).strip() != word:
                    here.tell(_LEFT_ALONE)
                    return
            listed = [ListedProposal(id=one.id, version=one.version) for one in drafts]
            made = await staff.synthesise(project, Synthesise(proposals=listed))
            here.tell(_MADE, who=made.synthesised_by)

    asynchronous(send)


def results(
    ctx: typer.Context,
    project: Project,
    cross: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--cross", metavar="Q1 Q2", help=both("Croiser deux questions.", "Cross two questions.")
        ),
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option("--export", metavar="FILE", help=both("Écrire un fichier.", "Write a file.")),
    ] = None,
    json: Json = False,
) -> None:
    here = session(ctx)
    format = None if export is None else export.suffix.removeprefix(".").lower()
    if format not in (None, "csv", "json", "xlsx"):
        raise UnknownFormat(file=export)

    async def ask() -> None:
        async with here.staff() as staff:
            if export is not None and format is not None:
                export.write_bytes(await staff.export_results(project, format, cross))
                here.tell(_WRITTEN, file=export)
            elif cross is not None:
                crossed = await staff.cross_results(project, *cross)
                print_json(crossed) if json else show_cross(here, crossed)
            else:
                found = await staff.results(project)
                print_json(found) if json else show_results(here, found)

    asynchronous(ask)


def show_contribution(here: Session, one: "ContributionView") -> None:
    from rich.rule import Rule

    here.out.print(Rule(f"{one.id}  {one.opened_on}", align="left"))
    if one.is_hidden and not one.words:
        here.tell(_HIDDEN, reason=one.moderation[0].reason)
    else:
        here.out.print(one.words, markup=False)


def show_attention(here: Session, found: "AttentionView") -> None:
    figures = found.figures
    here.tell(
        _COVERAGE,
        share=figures.coverage,
        n=sum(found.readings_each.values()),
        wanted=figures.readings_wanted,
        readers=found.readers,
    )
    if figures.median_seconds is not None:
        here.tell(
            _TIME,
            seconds=figures.median_seconds,
            gini=figures.gini or 0,
            fair=found.gini_for_length or 0,
        )
    if figures.median_delay_days is not None:
        here.tell(_DELAY, median=figures.median_delay_days, longest=figures.longest_delay_days)
    waiting = [one for one in found.late if one.read_on is None]
    if waiting:
        here.tell(_WAITING, n=len(waiting), days=found.unread_days)


def show_board(here: Session, found: "ProposalBoard") -> None:
    from rich.table import Table

    table = Table(box=None, header_style="dim")
    for text in (_THEME, _SUPPORT, _PROPOSAL, _STATE, _ID):
        table.add_column(here.say(text), justify="right" if text is _SUPPORT else "left")
    for one in found.proposals:
        if one.merged_into is None:
            table.add_row(
                one.theme or "",
                str(one.support),
                one.title,
                here.say(_STATES[one.state]),
                f"{one.id}, {one.version}",
            )
    here.out.print(table)
    titles = {one.id: one.title for one in found.proposals}
    for pair in found.near:
        here.tell(
            _NEAR,
            similarity=pair.similarity,
            first=titles[pair.first],
            second=titles[pair.second],
        )
    if found.blocked_by:
        here.tell(_BLOCKED)
        for reason in found.blocked_by:
            here.out.print(f"  - {reason}", markup=False)


def show_results(here: Session, found: "ResultsView") -> None:
    few = here.say(_FEW, n=found.minimum_cell)
    for question in found.questions:
        here.out.print(_in(here, question), style="bold", markup=False)
        for option in question.options:
            count = few if option.count is None else option.count
            label = (option.label.en if here.language == "en" else None) or option.label.fr
            here.out.print(f"  {count:>12}  {label}", markup=False)
    here.tell(_FIVES, n=found.minimum_cell)


def show_cross(here: Session, found: "CrossTable") -> None:
    from rich.table import Table

    few = here.say(_FEW, n=found.minimum_cell)
    table = Table(box=None, header_style="dim")
    table.add_column(f"{_in(here, found.rows)} × {_in(here, found.columns)}")
    for option in found.columns.options:
        table.add_column(
            (option.label.en if here.language == "en" else None) or option.label.fr,
            justify="right",
        )
    for option, counts in zip(found.rows.options, found.counts, strict=True):
        label = (option.label.en if here.language == "en" else None) or option.label.fr
        table.add_row(label, *(few if count is None else str(count) for count in counts))
    here.out.print(table)


def _in(here: Session, question: "QuestionResult") -> str:
    return (question.text.en if here.language == "en" else None) or question.text.fr
