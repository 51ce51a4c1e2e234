"""Proposals and the synthesis, as commands."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from console.commands.options import Json, Project, both, command, group
from console.commands.refusals import NotFound
from console.commands.session import Session, asynchronous, print_json, request, session, show
from console.words import Text

if TYPE_CHECKING:
    from console.client.staff_client import StaffClient
    from services.contracts.http.proposals import ProposalBoard, ProposalView

_WORD = Text(fr="SYNTHESE", en="SYNTHESIS")
_LISTED = Text(
    fr="La synthèse listera ces {n} propositions, dans ces versions ; ensuite, ni lectures ni"
    " propositions ne changent, et chacune recevra une décision motivée.",
    en="The synthesis will list these {n} proposals at these versions; afterwards neither readings"
    " nor proposals change, and each will get a reasoned decision.",
)
_TYPE = Text(fr="Tapez {word} pour la faire", en="Type {word} to make it")
_LEFT_ALONE = Text(fr="Rien n'a été fait.", en="Nothing was done.")
_MADE = Text(fr="Synthèse faite par {who}.", en="Synthesis made by {who}.")
_BLOCKED = Text(fr="Ce qui l'empêche encore :", en="What still stands in its way:")
_DRAFTED = Text(fr="Proposition rédigée : {title}\n  {id}", en="Drafted: {title}\n  {id}")
_EDITED = Text(
    fr="« {title} » est à la version {version}.", en="“{title}” is at version {version}."
)
_SURVIVES = Text(
    fr="Réunies : « {title} », soutenue par {support} contributions.\n  pour défaire, jusqu'à la"
    " synthèse : panel proposals unmerge {id}",
    en="Merged: “{title}”, supported by {support} contributions.\n  to undo it, until the"
    " synthesis: panel proposals unmerge {id}",
)
_MERGING = Text(
    fr="Réunir « {title} » (contributions : {support}) à « {into} » ({into_support}).",
    en="Merge “{title}” (contributions: {support}) into “{into}” ({into_support}).",
)
_SURE = Text(fr="Réunir ?", en="Merge?")
_SEPARATED = Text(
    fr="« {title} » est de nouveau un brouillon, soutenu par {support} contributions.",
    en="“{title}” is a draft again, supported by {support} contributions.",
)
_MERGED_INTO = Text(
    fr="  réunie : « {title} » → « {into} » ({id}, {version})",
    en="  merged: “{title}” → “{into}” ({id}, {version})",
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
_LIST = both("Le tableau des propositions.", "The board of proposals.")
_DRAFT = both("Rédiger une proposition.", "Draft a proposal.")
_EDIT = both("Changer une proposition.", "Change a proposal.")
_MERGE = both("Réunir à une autre.", "Merge into another.")
_UNMERGE = both("Défaire une réunion.", "Undo a merge.")
_SYNTHESIS = both("Lister les propositions, pour de bon.", "List the proposals, for good.")
Proposal = Annotated[UUID, typer.Argument(metavar="PROPOSAL")]


def register(app: typer.Typer) -> None:
    proposals = group(app, "proposals", both("Les propositions.", "Proposals."))
    command(proposals, "list", _LIST)(board)
    command(proposals, "draft", _DRAFT)(draft)
    command(proposals, "edit", _EDIT)(edit)
    command(proposals, "merge", _MERGE)(merge)
    command(proposals, "unmerge", _UNMERGE)(unmerge)
    command(app, "synthesis", _SYNTHESIS)(synthesis)


def board(ctx: typer.Context, project: Project, json: Json = False) -> None:
    show(ctx, lambda staff: staff.proposal_board(project), show_board, json)


def draft(
    ctx: typer.Context,
    project: Project,
    title: Annotated[str, typer.Argument(metavar="TITLE")],
    text: Annotated[str, typer.Argument(metavar="TEXT")],
    theme: Annotated[str | None, typer.Option("--theme", help=both("Thème.", "Theme."))] = None,
    json: Json = False,
) -> None:
    from services.contracts.http.proposals import WriteProposal

    current = session(ctx)

    async def send() -> None:
        async with current.staff() as staff:
            draft = request(WriteProposal, title=title, text=text, theme=theme)
            drafted = await staff.draft_proposal(project, draft)
        if json:
            print_json(drafted)
        else:
            current.tell(_DRAFTED, title=drafted.title, id=drafted.id)

    asynchronous(send)


def edit(
    ctx: typer.Context,
    proposal: Proposal,
    version: Annotated[
        int, typer.Option("--version", help=both("Version lue.", "Version that was read."))
    ],
    title: Annotated[str, typer.Argument(metavar="TITLE")],
    text: Annotated[str, typer.Argument(metavar="TEXT")],
    theme: Annotated[str | None, typer.Option("--theme", help=both("Thème.", "Theme."))] = None,
    json: Json = False,
) -> None:
    from services.contracts.http.proposals import WriteProposal

    draft = request(WriteProposal, version=version, title=title, text=text, theme=theme)
    show(
        ctx,
        lambda staff: staff.edit_proposal(proposal, draft),
        lambda current, edited: current.tell(_EDITED, title=edited.title, version=edited.version),
        json,
    )


def merge(
    ctx: typer.Context,
    proposal: Proposal,
    into: Annotated[UUID, typer.Argument(metavar="INTO")],
    version: Annotated[
        int | None,
        typer.Option("--version", help=both("Version lue.", "Version that was read.")),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help=both("Ne pas demander.", "Do not ask."))
    ] = False,
) -> None:
    from services.contracts.http.proposals import MergeProposal

    current = session(ctx)

    async def send() -> None:
        async with current.staff() as staff:
            one, survivor = await _proposals(staff, proposal, into)
            current.tell(
                _MERGING,
                title=one.title,
                support=one.support,
                into=survivor.title,
                into_support=survivor.support,
            )
            if not yes and not current.confirms(_SURE, err=True):
                current.tell(_LEFT_ALONE)
                raise typer.Exit(1)
            read_version = one.version if version is None else version
            order = request(MergeProposal, into=into, version=read_version)
            merged = await staff.merge_proposal(proposal, order)
        current.tell(_SURVIVES, title=merged.title, support=merged.support, id=proposal)

    asynchronous(send)


def unmerge(
    ctx: typer.Context,
    proposal: Proposal,
    version: Annotated[
        int | None,
        typer.Option("--version", help=both("Version lue.", "Version that was read.")),
    ] = None,
) -> None:
    from services.contracts.http.proposals import UnmergeProposal

    current = session(ctx)

    async def send() -> None:
        async with current.staff() as staff:
            (merged,) = await _proposals(staff, proposal)
            read_version = merged.version if version is None else version
            order = request(UnmergeProposal, version=read_version)
            separated = await staff.unmerge_proposal(proposal, order)
        current.tell(_SEPARATED, title=separated.title, support=separated.support)

    asynchronous(send)


async def _proposals(staff: "StaffClient", *ids: UUID) -> "list[ProposalView]":
    """In their order, wherever they are. Raises NotFound."""
    by_id: dict[UUID, ProposalView] = {}
    for collection in await staff.collections():
        by_id |= {
            proposal.id: proposal
            for proposal in (await staff.proposal_board(collection.project_id)).proposals
        }
        if by_id.keys() >= set(ids):
            return [by_id[id] for id in ids]
    raise NotFound(what=", ".join(str(id) for id in ids if id not in by_id))


def synthesis(
    ctx: typer.Context,
    project: Project,
    yes: Annotated[
        bool, typer.Option("--yes", help=both("Ne pas demander.", "Do not ask."))
    ] = False,
) -> None:
    from services.contracts.http.proposals import DraftToList, ProposalPhase, Synthesise

    current = session(ctx)

    async def send() -> None:
        async with current.staff() as staff:
            board = await staff.proposal_board(project)
            drafts = [
                proposal for proposal in board.proposals if proposal.state is ProposalPhase.DRAFT
            ]
            show_board(current, board)
            if not board.blocked_by:
                current.tell(_LISTED, n=len(drafts))
                word = current.say(_WORD)
                if not yes and current.typed(_TYPE, word=word) != word:
                    current.tell(_LEFT_ALONE)
                    raise typer.Exit(1)
            listed = [request(DraftToList, id=draft.id, version=draft.version) for draft in drafts]
            synthesised = await staff.synthesise(project, request(Synthesise, proposals=listed))
            current.tell(_MADE, who=synthesised.synthesised_by)

    asynchronous(send)


def show_board(current: Session, board: "ProposalBoard") -> None:
    from rich.table import Table

    table = Table(box=None, header_style="dim")
    for text in (_THEME, _SUPPORT, _PROPOSAL, _STATE, _ID):
        table.add_column(current.say(text), justify="right" if text is _SUPPORT else "left")
    for proposal in board.proposals:
        if proposal.merged_into is None:
            table.add_row(
                proposal.theme or "",
                str(proposal.support),
                proposal.title,
                current.say(_STATES[proposal.state]),
                f"{proposal.id}, {proposal.version}",
            )
    current.out.print(table)
    titles = {proposal.id: proposal.title for proposal in board.proposals}
    for proposal in board.proposals:
        if proposal.merged_into is not None:
            into = titles.get(proposal.merged_into, "?")
            current.tell(
                _MERGED_INTO,
                title=proposal.title,
                into=into,
                id=proposal.id,
                version=proposal.version,
            )
    for pair in board.near:
        current.tell(
            _NEAR,
            similarity=pair.similarity,
            first=titles[pair.first],
            second=titles[pair.second],
        )
    if board.blocked_by:
        current.tell(_BLOCKED)
        for reason in board.blocked_by:
            current.out.print(f"  - {reason}")
