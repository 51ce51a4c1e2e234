"""Simulated members of a local panel, who respond to the messages that they get."""

from typing import Annotated

import typer

from console.commands.options import Json, both, command
from console.commands.session import Session, asynchronous, print_json, session
from services.runtime.text import Text

_ACTS = {
    "accept": Text(fr="acceptent", en="accept"),
    "decline": Text(fr="déclinent", en="decline"),
    "look": Text(fr="regardent sans répondre", en="look without answering"),
    "ignore": Text(fr="n'ouvrent pas leur message", en="do not open their message"),
    "leave_panel": Text(fr="quittent le panel", en="leave the panel"),
    "closed": Text(fr="arrivent trop tard", en="come too late"),
    "no_link": Text(fr="n'ont pas trouvé de lien", en="found no link"),
    "answer": Text(fr="répondent au questionnaire", en="answer the questionnaire"),
    "answered_before": Text(fr="avaient déjà répondu", en="had answered before"),
    "answer_refused": Text(fr="n'ont pas pu répondre", en="were not allowed to answer"),
    "no_way": Text(fr="n'avaient pas de quoi répondre", en="had no way to answer"),
}
_NOBODY = Text(fr="Aucune nouvelle invitation.", en="No new invitation.")


def register(app: typer.Typer) -> None:
    command(
        app,
        "member-sim",
        both(
            "Faire répondre des membres simulés à leurs messages.",
            "Let simulated members answer their messages.",
        ),
    )(member_sim)


def member_sim(
    ctx: typer.Context,
    accept: Annotated[float, typer.Option(metavar="0..1")] = 0.36,
    decline: Annotated[float, typer.Option(metavar="0..1")] = 0.14,
    look: Annotated[float, typer.Option(metavar="0..1")] = 0.12,
    leave_panel: Annotated[float, typer.Option(metavar="0..1")] = 0.01,
    answer: Annotated[
        float,
        typer.Option(
            metavar="0..1",
            help=both("Parmi ceux qui acceptent, qui répond.", "Of those who accept, who answers."),
        ),
    ] = 0.0,
    seed: Annotated[int, typer.Option()] = 1,
    follow: Annotated[
        bool,
        typer.Option("--follow", help=both("Continuer jusqu'à Ctrl-C.", "Go on until Ctrl-C.")),
    ] = False,
    again: Annotated[
        bool,
        typer.Option(
            "--again",
            help=both("Relire aussi les anciens messages.", "Read old messages too."),
        ),
    ] = False,
    json: Json = False,
) -> None:
    import asyncio

    from deploy.charter_check.mail_journal import Journal
    from deploy.demo import members as member_sim
    from deploy.local import endpoints

    current = session(ctx)
    stack = endpoints.read(current.data_dir)
    rates = member_sim.Rates(accept, decline, look, leave_panel, answer)
    # Where the last run stopped reading, so that nobody answers twice.
    offset_file = stack.data_dir / "member-sim.offset"
    start = int(offset_file.read_text()) if offset_file.exists() and not again else 0
    journal = Journal(stack.mail_journal, start)

    async def live() -> None:
        async with member_sim.Members(seed, rates) as members:
            while True:
                acts = await members.live(journal.new())
                offset_file.write_text(str(journal.offset))
                if json and (acts or not follow):
                    print_json(dict(acts))
                elif not json:
                    show_acts(current, acts, quiet=follow)
                if not follow:
                    return
                await asyncio.sleep(0.5)

    asynchronous(live)


def show_acts(current: Session, acts: dict[str, int], *, quiet: bool = False) -> None:
    for act, text in _ACTS.items():
        if acts.get(act):
            current.out.print(f"{acts[act]:>6} {current.say(text)}")
    if not acts and not quiet:
        current.tell(_NOBODY)
