"""What can still change of a published project: who decides, and its last day."""

from typing import Annotated
from uuid import UUID

import typer

from panel.options import Json, both, command, request, show
from services.runtime.text import Text

_DECIDES = Text(
    fr="« {title} » : {name}, {role}, décide désormais. Tout le monde en est informé.",
    en="“{title}”: {name}, {role}, decides from now on. Everybody is told.",
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


def register(projects: typer.Typer) -> None:
    command(projects, "decision-maker", _DECISION_MAKER)(decision_maker)
    command(projects, "end", _END)(end)


def decision_maker(
    ctx: typer.Context,
    id: Id,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    role: Annotated[str, typer.Argument(metavar="ROLE")],
    reason: Reason,
    json: Json = False,
) -> None:
    from services.contracts.http.campaigns import ChangeDecisionMaker

    asked = request(ChangeDecisionMaker, name=name, role=role, reason=reason)
    show(
        ctx,
        lambda staff: staff.change_decision_maker(id, asked),
        lambda here, found: here.tell(_DECIDES, title=found.title, name=name, role=role),
        json,
    )


def end(ctx: typer.Context, id: Id, reason: Reason, json: Json = False) -> None:
    from services.contracts.http.campaigns import EndEarly

    asked = request(EndEarly, reason=reason)
    show(
        ctx,
        lambda staff: staff.end_early(id, asked),
        lambda here, found: here.tell(_ENDED, title=found.title, day=found.collection_ends_on),
        json,
    )
