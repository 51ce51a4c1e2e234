"""Changes of a published project: its decision maker and its last day."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from console.commands.options import Json, both, command
from console.commands.refusals import Refusal
from console.commands.session import request, session, show
from console.words import Text

if TYPE_CHECKING:
    from console.client.staff_client import StaffClient

_DECIDES = Text(
    fr="« {title} » : {name}, {role}, décide désormais. Tout le monde en est informé.",
    en="“{title}”: {name}, {role}, decides from now on. Everybody is informed.",
)
_ENDED = Text(
    fr="« {title} » : le dernier jour est le {day}. Un retour reste dû.",
    en="“{title}”: the last day is {day}. A report is still owed.",
)
_DECISION_MAKER = both(
    "Changer qui décide, après publication.", "Change who decides, once published."
)
_END = both("Finir aujourd'hui, avec un motif.", "End today, with a reason.")
Id = Annotated[UUID, typer.Argument(metavar="ID")]
Reason = Annotated[str, typer.Option("--reason", help=both("Pourquoi.", "Why."))]


class NoAccount(Refusal):
    status = 422
    sentence = Text(
        fr="Personne ne s'appelle {name} sur ce panel : le mandat ne dirait pas quel compte signe.",
        en="Nobody on this panel is called {name}: the mandate would not say which account signs.",
    )
    way_out = Text(
        fr="Ajoutez --account avec le code de son compte ; « panel whoami » donne les codes.",
        en="Add --account with the code of the account; `panel whoami` lists the codes.",
    )


def register(projects: typer.Typer) -> None:
    command(projects, "decision-maker", _DECISION_MAKER)(decision_maker)
    command(projects, "end", _END)(end)


def decision_maker(
    ctx: typer.Context,
    id: Id,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    role: Annotated[str, typer.Argument(metavar="ROLE")],
    reason: Reason,
    account: Annotated[
        str | None,
        typer.Option(
            "--account",
            metavar="CODE",
            help=both(
                "Code de son compte : « panel whoami » le donne. Inutile pour les personnes de"
                " ce panel local.",
                "Code of the account, as `panel whoami` shows it. Not needed for the people of"
                " this local panel.",
            ),
        ),
    ] = None,
    json: Json = False,
) -> None:
    from services.contracts.http.campaigns import ChangeDecisionMaker, ProjectView

    async def change(staff: "StaffClient") -> ProjectView:
        code = account or session(ctx).panel.account_of(name)
        if not code:
            raise NoAccount(name=name)
        order = request(ChangeDecisionMaker, name=name, role=role, account=code, reason=reason)
        return await staff.change_decision_maker(id, order)

    show(
        ctx,
        change,
        lambda current, project: current.tell(_DECIDES, title=project.title, name=name, role=role),
        json,
    )


def end(ctx: typer.Context, id: Id, reason: Reason, json: Json = False) -> None:
    from services.contracts.http.campaigns import EndEarly

    order = request(EndEarly, reason=reason)
    show(
        ctx,
        lambda staff: staff.end_early(id, order),
        lambda current, project: current.tell(
            _ENDED, title=project.title, day=project.collection_ends_on
        ),
        json,
    )
