"""Commands for decisions and their follow-up."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from console.client.vocabulary import DECISION, OUTCOME, PROGRESS
from console.commands.options import As, Json, both, command, group
from console.commands.refusals import Refusal
from console.commands.session import Session, asynchronous, print_json, request, session, show
from console.words import Text

if TYPE_CHECKING:
    from console.client.staff_client import StaffClient
    from services.contracts.http.feedback import DecisionView, ProjectAccount, ProjectStanding

_NOBODY_WAITS = Text(
    fr="Aucun projet publié encore : aucun retour n'est dû.",
    en="No project has been published yet: no report is owed.",
)
_SIGNED = Text(fr="signées : {signed} sur {n}", en="signed: {signed} of {n}")
_OVERDUE = Text(fr="en retard : {n}", en="overdue: {n}")
_DECIDES = Text(fr="décide : {who}", en="decides: {who}")
_BY = Text(fr="avant le {day}", en="by {day}")
_REPORT = Text(
    fr="\nRetour, version {version}, publié le {day} : {url}",
    en="\nReport, version {version}, published on {day}: {url}",
)
_LATE_BY = Text(fr="{n} j de retard", en="{n} day(s) late")
_DRAFTED = Text(
    fr="« {title} » : {outcome}, version {version}, à signer par le décideur.",
    en="“{title}”: {outcome}, version {version}, to be signed by the decision maker.",
)
_ASK_TO_SIGN = Text(
    fr="« {title} » : {outcome}.\nMotif : {reason}",
    en="“{title}”: {outcome}.\nReason: {reason}",
)
_NEXT = Text(
    fr="Suite : {step}, pour le {day}, par {owner}.",
    en="Next: {step}, by {day}, seen to by {owner}.",
)
_SIGN = Text(
    fr="Signer, comme {who} ? Rien n'est public avant le retour",
    en="Sign, as {who}? Nothing is public before the report",
)
_WAS_SIGNED = Text(
    fr="« {title} » est signée par {who}, le {day}.", en="“{title}” is signed by {who} on {day}."
)
_LEFT_ALONE = Text(fr="Rien n'a été fait.", en="Nothing was done.")
_RECORDED = Text(
    fr="« {title} » : {progress}, le {day}. Chacun peut le lire.",
    en="“{title}”: {progress}, on {day}. Everybody can read it.",
)
_GROUP = both(
    "Décisions : où en est chaque projet, ou un projet.",
    "Decisions: where each project stands, or one project.",
)
_LIST = both("Où en est chaque projet, ou un projet.", "Where each project stands, or one project.")
_DRAFT = both("Rédiger une décision.", "Draft a decision.")
_SIGN_IT = both("Signer ce qui est rédigé.", "Sign what is drafted.")
_FOLLOW = both(
    "Dire où en est ce qui a été retenu : planned, under_way, done, given_up.",
    "Record the progress of what was retained: planned, under_way, done, given_up.",
)
Proposal = Annotated[UUID, typer.Argument(metavar="PROPOSAL")]
Version = Annotated[
    int | None,
    typer.Option("--version", help=both("Version lue (la dernière).", "Version read (the last).")),
]


class NoSuchProposal(Refusal):
    status = 404
    sentence = Text(
        fr="Aucune synthèse ne liste cette proposition : elle n'attend pas de décision.",
        en="No synthesis lists this proposal: it does not wait for a decision.",
    )
    way_out = Text(
        fr="« panel decisions PROJECT » montre celles qui en attendent, avec leur identifiant.",
        en="`panel decisions PROJECT` shows those that wait for one, with their ids.",
    )


def register(app: typer.Typer) -> None:
    decisions = group(app, "decisions", _GROUP, otherwise="list")
    command(decisions, "list", _LIST)(list_)
    command(decisions, "draft", _DRAFT)(draft)
    command(decisions, "sign", _SIGN_IT)(sign)
    command(app, "follow-up", _FOLLOW)(follow_up)


def list_(
    ctx: typer.Context,
    project: Annotated[UUID | None, typer.Argument(metavar="[PROJECT]")] = None,
    json: Json = False,
) -> None:
    if project is None:
        show(ctx, lambda staff: staff.project_statuses(), show_statuses, json)
    else:
        show(ctx, lambda staff: staff.project_account(project), show_account, json)


def draft(
    ctx: typer.Context,
    proposal: Proposal,
    outcome: Annotated[
        str,
        typer.Option("--outcome", metavar="retained|partly|not", help=both("Issue.", "Kept?")),
    ],
    reason: Annotated[str, typer.Option("--reason", help=both("Motif.", "Reason."))],
    next_step: Annotated[
        str | None,
        typer.Option("--next", help=both("Ce qui vient ensuite.", "What comes next.")),
    ] = None,
    due_on: Annotated[
        datetime | None,
        typer.Option(
            "--by", formats=["%Y-%m-%d", "%d/%m/%Y"], help=both("Pour quand.", "By which day.")
        ),
    ] = None,
    owner: Annotated[
        str | None, typer.Option("--owner", help=both("Qui s'en charge.", "Who sees to it."))
    ] = None,
    version: Version = None,
    person: As = None,
    json: Json = False,
) -> None:
    from services.contracts.events.feedback import Outcome
    from services.contracts.http.feedback import WriteDecision

    if outcome not in OUTCOME:
        raise typer.BadParameter(" / ".join(OUTCOME), param_hint="--outcome")

    async def send(staff: "StaffClient") -> "DecisionView":
        read_version = (await find(staff, proposal)).version if version is None else version
        draft = request(
            WriteDecision,
            version=read_version,
            outcome=Outcome(outcome),
            reason=reason,
            next_step=next_step,
            due_on=due_on.date() if due_on else None,
            owner=owner,
        )
        return await staff.write_decision(proposal, draft)

    def print_draft(current: Session, drafted: "DecisionView") -> None:
        current.tell(
            _DRAFTED,
            title=drafted.title,
            outcome=current.say(OUTCOME[outcome]),
            version=drafted.version,
        )

    show(ctx, send, print_draft, json, person)


def sign(
    ctx: typer.Context,
    proposal: Proposal,
    version: Version = None,
    person: As = None,
    yes: Annotated[
        bool, typer.Option("--yes", help=both("Ne pas demander.", "Do not ask."))
    ] = False,
    json: Json = False,
) -> None:
    from services.contracts.http.common import Role
    from services.contracts.http.feedback import SignDecision

    current = session(ctx)

    async def send() -> None:
        async with current.staff(person) as staff:
            decision = await find(staff, proposal)
            if not yes and decision.state == "drafted":
                signer = await staff.me(Role.DECISION)
                if not _agrees(current, decision, signer.name):
                    current.tell(_LEFT_ALONE)
                    return
            order = request(SignDecision, version=decision.version if version is None else version)
            signed = await staff.sign_decision(proposal, order)
        if json:
            print_json(signed)
        elif signed.signed_by:
            current.tell(
                _WAS_SIGNED, title=signed.title, who=signed.signed_by.name, day=signed.signed_on
            )

    asynchronous(send)


def _agrees(current: Session, decision: "DecisionView", signer: str) -> bool:
    """Shows the text that would be signed, where there is one; the service refuses the rest."""
    if decision.outcome is None:
        return True
    current.tell(
        _ASK_TO_SIGN,
        title=decision.title,
        outcome=current.say(OUTCOME[decision.outcome]),
        reason=decision.reason,
    )
    if decision.next_step:
        current.tell(_NEXT, step=decision.next_step, day=decision.due_on, owner=decision.owner)
    return current.confirms(_SIGN, who=signer)


def follow_up(
    ctx: typer.Context,
    proposal: Proposal,
    progress: Annotated[str, typer.Argument(metavar="PROGRESS")],
    note: Annotated[
        str | None,
        typer.Option(
            "--note", help=both("Note ; motif d'un abandon.", "Note; why it is given up.")
        ),
    ] = None,
    version: Version = None,
    person: As = None,
    json: Json = False,
) -> None:
    from services.contracts.events.feedback import Progress
    from services.contracts.http.feedback import RecordFollowUp

    if progress not in PROGRESS:
        raise typer.BadParameter(" / ".join(PROGRESS), param_hint="PROGRESS")

    async def send(staff: "StaffClient") -> "DecisionView":
        read_version = (await find(staff, proposal)).version if version is None else version
        step = request(RecordFollowUp, version=read_version, progress=Progress(progress), note=note)
        return await staff.record_follow_up(proposal, step)

    def print_step(current: Session, followed: "DecisionView") -> None:
        current.tell(
            _RECORDED,
            title=followed.title,
            progress=current.say(PROGRESS[progress]),
            day=followed.follow_up[-1].on,
        )

    show(ctx, send, print_step, json, person)


async def find(staff: "StaffClient", proposal: UUID) -> "DecisionView":
    """The answer to a proposal, whichever project lists it. Raises NoSuchProposal."""
    for status in await staff.project_statuses():
        if not status.proposals:
            continue
        for decision in (await staff.project_account(status.project_id)).decisions:
            if decision.proposal_id == proposal:
                return decision
    raise NoSuchProposal


def show_statuses(current: Session, statuses: "list[ProjectStanding]") -> None:
    """A few lines each: a terminal of 80 columns has no room for a table with whole ids."""
    if not statuses:
        current.tell(_NOBODY_WAITS)
    for status in statuses:
        _show_status(current, status)
        current.out.print(f"  {status.project_id}", style="dim")


def _show_status(current: Session, status: "ProjectStanding") -> None:
    current.out.print(status.title, style="bold")
    facts = []
    if status.proposals is not None:
        facts.append(current.say(_SIGNED, signed=status.signed, n=status.proposals))
    if status.overdue:
        facts.append(f"! {current.say(_OVERDUE, n=status.overdue)}")
    facts.append(current.say(_DECIDES, who=status.decision_maker))
    if status.decide_by:
        facts.append(current.say(_BY, day=status.decide_by))
    current.out.print("  " + " · ".join(facts))
    for reason in status.blocked_by:
        current.out.print(f"  - {reason}")


def show_account(current: Session, account: "ProjectAccount") -> None:
    _show_status(current, account.standing)
    for decision in account.decisions:
        facts = [current.say(DECISION[decision.state])]
        if decision.outcome:
            facts.append(current.say(OUTCOME[decision.outcome]))
        if due := _due(current, decision):
            facts.append(due)
        current.out.print(f"\n{decision.title}", style="bold")
        current.out.print("  " + " · ".join(facts))
        current.out.print(f"  {decision.proposal_id}, version {decision.version}", style="dim")
    report = account.report
    if report.url:
        current.tell(
            _REPORT, version=report.published_version, day=report.published_on, url=report.url
        )


def _due(current: Session, decision: "DecisionView") -> str:
    if decision.overdue_days:
        return f"! {current.say(_LATE_BY, n=decision.overdue_days)}"
    if decision.follow_up:
        return current.say(PROGRESS[decision.follow_up[-1].progress])
    return str(decision.due_on or "")
