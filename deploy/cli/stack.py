"""`panel up`, `down` and `clock`: run a local panel and set its clock."""

from typing import TYPE_CHECKING, Annotated

import typer

from console.commands.options import Json, both, command
from console.commands.session import Session, print_json, session
from services.runtime.refusal import Refusal
from services.runtime.text import Text

if TYPE_CHECKING:
    from datetime import datetime

_READY = Text(
    fr="Le panel est prêt ; ses adresses sont dans {file}. Ctrl-C l'arrête.",
    en="The panel is ready; its addresses are in {file}. Ctrl-C stops it.",
)
_STOPPING = Text(fr="Arrêt…", en="Stopping…")
_STOPPED = Text(fr="Tout est arrêté.", en="Everything has stopped.")
_IT_IS = Text(
    fr="Pour le panel, nous sommes le {day} à {time} (heure de Paris){state}.",
    en="For the panel it is {day}, {time} (Paris time){state}.",
)
_STANDS = Text(fr=", et le temps est arrêté", en=", and time stands still")


class OneChange(Refusal):
    sentence = Text(
        fr="Un seul changement de l'horloge à la fois.", en="One change of the clock at a time."
    )


class StillStopping(Refusal):
    sentence = Text(
        fr="Le panel de {directory} ne s'est pas arrêté en {seconds} secondes.",
        en="The panel in {directory} did not stop within {seconds} seconds.",
    )


def register(app: typer.Typer) -> None:
    command(app, "up", both("Démarrer un panel local.", "Start a local panel."))(up)
    command(app, "down", both("Arrêter le panel local.", "Stop the local panel."))(down)
    command(app, "clock", both("Lire ou changer l'heure.", "Read or change the time."))(clock)


def up(
    ctx: typer.Context,
    clock_at: Annotated[
        str | None,
        typer.Option(
            metavar="DATE", help=both("Heure de départ du panel.", "What time it starts at.")
        ),
    ] = None,
    stopped_clock: Annotated[
        bool,
        typer.Option("--stopped-clock", help=both("Le temps ne passe pas.", "Time stands still.")),
    ] = False,
    new_ports: Annotated[
        bool,
        typer.Option(
            "--new-ports",
            help=both(
                "Choisir d'autres ports (les liens déjà envoyés ne répondront plus).",
                "Choose other ports (links already sent will no longer answer).",
            ),
        ),
    ] = False,
) -> None:
    from datetime import UTC, datetime

    from deploy.cli.durations import moment
    from deploy.local import clock as shared
    from deploy.local.endpoints import require_embedded_servers

    require_embedded_servers()
    from deploy.local.running import until_told_to_stop
    from deploy.local.stack import Stack

    current = session(ctx)
    setting = None
    if clock_at or stopped_clock:
        at = moment(clock_at) if clock_at else datetime.now(UTC)
        setting = shared.at(at, stopped=stopped_clock)

    async def serve() -> None:
        stack = Stack(current.data_dir, current.tell_progress, setting, new_ports=new_ports)
        async with stack.running() as endpoints:
            current.tell(_READY, file=endpoints.data_dir / "stack.json")
            try:
                await stack.ended()
            finally:
                current.tell_progress(_STOPPING)

    until_told_to_stop(serve)
    current.tell(_STOPPED)


def down(ctx: typer.Context) -> None:
    import os
    import signal
    import time

    from deploy.local import endpoints

    current, within = session(ctx), 60
    runner = endpoints.read(current.data_dir).runner_pid
    os.kill(runner, signal.SIGTERM)
    deadline = time.monotonic() + within
    while endpoints.process_exists(runner):
        if time.monotonic() > deadline:
            raise StillStopping(directory=current.data_dir, seconds=within)
        time.sleep(0.05)
    current.tell(_STOPPED)


def clock(
    ctx: typer.Context,
    advance: Annotated[
        str | None, typer.Option(metavar="31d", help=both("Avancer.", "Move forward."))
    ] = None,
    set_: Annotated[
        str | None, typer.Option("--set", metavar="DATE", help=both("Aller à.", "Go to."))
    ] = None,
    stop: Annotated[
        bool, typer.Option("--stop", help=both("Arrêter le temps.", "Stop time."))
    ] = False,
    go: Annotated[
        bool, typer.Option("--go", help=both("Le laisser passer.", "Let it pass."))
    ] = False,
    json: Json = False,
) -> None:
    from deploy.cli.durations import duration, moment
    from deploy.local import clock as shared
    from deploy.local import endpoints
    from services.runtime.clock import SharedClock

    current = session(ctx)
    shared_clock = SharedClock(endpoints.read(current.data_dir).clock_file)
    if sum((advance is not None, set_ is not None, stop, go)) > 1:
        raise OneChange
    if advance is not None:
        shared_clock.change(shared.advanced(duration(advance)))
    elif set_ is not None:
        shared_clock.change(shared.set_to(moment(set_)))
    elif stop:
        shared_clock.change(shared.stopped)
    elif go:
        shared_clock.change(shared.going)
    _show_clock(current, shared_clock.now(), shared_clock.setting().stopped_at is not None, json)


def _show_clock(current: Session, instant: "datetime", stands: bool, json: bool) -> None:
    from deploy.cli.durations import PARIS

    if json:
        print_json({"now": instant.isoformat(), "stopped": stands})
        return
    local = instant.astimezone(PARIS)
    current.tell(
        _IT_IS,
        day=local.date().isoformat(),
        time=local.strftime("%H:%M"),
        state=current.say(_STANDS) if stands else "",
    )
