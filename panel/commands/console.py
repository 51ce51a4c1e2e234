"""The console, and tokens for other programs."""

from typing import Annotated

import typer

from panel.options import Session, both, command, print_json, session
from services.runtime.refusal import Refusal
from services.runtime.text import Text


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

    here = session(ctx)
    found = endpoints.read(here.data_dir)
    os.execv(sys.executable, console_command(here, found.data_dir / endpoints.FILE))  # noqa: S606


def console_command(here: Session, stack_file: object) -> list[str]:
    import sys

    return [
        sys.executable,
        "-m",
        "console",
        "--stack",
        str(stack_file),
        "--lang",
        here.language,
    ]


def token(
    ctx: typer.Context,
    person: Annotated[str, typer.Argument(metavar="PERSON")] = "claire",
    json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    from deploy.local import endpoints, issuer
    from deploy.local.keys import keys_in

    here = session(ctx)
    found = endpoints.read(here.data_dir)
    who = issuer.person(person)
    if who is None:
        raise NobodyCalled(id=person, people=", ".join(one.id for one in issuer.PEOPLE))
    minted = issuer.mint(keys_in(found.data_dir).issuer, found.issuer.url, who)
    if json:
        print_json({"access_token": minted, "expires_in": issuer.TOKEN_SECONDS})
    else:
        print(minted)
