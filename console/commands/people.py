"""The people of a local panel, with the code by which a mandate names its decision maker."""

from typing import TYPE_CHECKING

import typer

from console.commands.options import As, Json, both, command
from console.commands.session import Session, asynchronous, print_json, session
from console.words import Text

if TYPE_CHECKING:
    from services.contracts.http.common import Me

_NAME = Text(fr="nom", en="name")
_ROLES = Text(fr="rôles", en="roles")
_ACCOUNT = Text(fr="compte", en="account")
_WHOAMI = both(
    "Les personnes de ce panel local et le code de leur compte, qu'un mandat cite.",
    "The people of this local panel and their account codes, which a mandate cites.",
)


def register(app: typer.Typer) -> None:
    command(app, "whoami", _WHOAMI)(whoami)


def whoami(ctx: typer.Context, who: As = None, json: Json = False) -> None:
    here = session(ctx)

    async def ask() -> "list[Me]":
        people = []
        for person in [who] if who else here.panel.people():
            async with here.staff(person) as staff:
                people.append(await staff.me())
        return people

    people = asynchronous(ask)
    if json:
        print_json(people)
    else:
        _table(here, people)


def _table(here: Session, people: "list[Me]") -> None:
    from rich.table import Table

    from services.contracts.characters import shown

    table = Table(box=None, header_style="dim")
    for heading in (_NAME, _ROLES, _ACCOUNT):
        table.add_column(here.say(heading), no_wrap=heading is _ACCOUNT)
    for one in people:
        table.add_row(shown(one.name), ", ".join(one.roles), one.account)
    here.out.print(table)
