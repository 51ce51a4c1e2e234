"""The console, and tokens for other programs."""

from typing import TYPE_CHECKING, Annotated

import typer

from console.commands.options import Json, both, command
from console.commands.session import Session, print_json, session
from services.runtime.refusal import Refusal
from services.runtime.text import Text

if TYPE_CHECKING:
    from deploy.local.endpoints import Endpoints


class NobodyCalled(Refusal):
    status = 404
    sentence = Text(
        fr="Personne ne s'appelle « {id} » ici ; il y a {people}.",
        en="Nobody is called “{id}” here; there are {people}.",
    )


def register(app: typer.Typer) -> None:
    command(app, "console", both("Ouvrir la console.", "Open the console."))(console)
    command(
        app,
        "token",
        both(
            "Un jeton d'accès pour une personne du panel local.",
            "An access token for a person of the local panel.",
        ),
    )(token)


def console(ctx: typer.Context) -> None:
    import os
    import sys

    from deploy.local import endpoints

    current = session(ctx)
    stack = endpoints.read(current.data_dir)
    os.execv(sys.executable, console_command(current, stack))  # noqa: S606


def console_command(current: Session, stack: "Endpoints") -> list[str]:
    import sys

    from deploy.local.endpoints import FILE

    return [
        sys.executable,
        "-m",
        "console",
        "--stack",
        str(stack.data_dir / FILE),
        "--lang",
        current.language,
    ]


def token(
    ctx: typer.Context,
    person: Annotated[str, typer.Argument(metavar="PERSON")] = "claire",
    json: Json = False,
) -> None:
    from deploy.local import endpoints, issuer
    from deploy.local.keys import keys_in

    current = session(ctx)
    stack = endpoints.read(current.data_dir)
    officer = issuer.person(person)
    if officer is None:
        raise NobodyCalled(id=person, people=", ".join(officer.id for officer in issuer.PEOPLE))
    minted = issuer.mint(keys_in(stack.data_dir).issuer, stack.issuer.url, officer)
    if json:
        print_json({"access_token": minted, "expires_in": issuer.TOKEN_SECONDS})
    else:
        print(minted)
