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


def whoami(ctx: typer.Context, chosen: As = None, json: Json = False) -> None:
    current = session(ctx)

    async def fetch_people() -> "list[Me]":
        people = []
        for person in [chosen] if chosen else current.panel.people():
            async with current.staff(person) as staff:
                people.append(await staff.me())
        return people

    people = asynchronous(fetch_people)
    if json:
        print_json(people)
    else:
        _table(current, people)


def _table(current: Session, people: "list[Me]") -> None:
    from rich.table import Table

    from services.contracts.characters import shown

    table = Table(box=None, header_style="dim")
    for heading in (_NAME, _ROLES, _ACCOUNT):
        table.add_column(current.say(heading), no_wrap=heading is _ACCOUNT)
    for person in people:
        table.add_row(shown(person.name), ", ".join(person.roles), person.account)
    current.out.print(table)
