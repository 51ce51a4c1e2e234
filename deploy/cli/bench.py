"""`panel bench`: measured figures and their promised bounds, in a source checkout."""

from enum import StrEnum
from importlib.util import find_spec
from typing import Annotated

import typer

from console.commands.options import Json, both, command
from console.commands.session import asynchronous, safe_json, session
from services.runtime.refusal import Refusal
from services.runtime.text import Text

# Apart from 1, the status of an error: a slow machine misses figures, a broken benchmark has none.
MISSED = 3


class Part(StrEnum):
    """Part of the figures. Defined here because the image has no benchmarks to import it from."""

    FOUNDATION = "foundation"
    RESPONSES = "responses"
    FEEDBACK = "feedback"


class NoBenchmarks(Refusal):
    status = 422
    sentence = Text(
        fr="Les mesures font partie des sources, et ne sont pas installées ici.",
        en="The benchmarks are part of the source code, and are not installed here.",
    )
    way_out = Text(
        fr="Lancez « make bench » dans une copie des sources.",
        en="Run `make bench` in a checkout of the sources.",
    )


_MEASURING = Text(
    fr="Mesure en cours, sur des serveurs à part (quelques minutes)…",
    en="Measuring, on servers of its own (a few minutes)…",
)
_FIGURE = Text(fr="Mesure", en="Figure")
_VALUE = Text(fr="Valeur", en="Value")
_PROMISED = Text(fr="Promis", en="Promised")


def register(app: typer.Typer) -> None:
    command(
        app,
        "bench",
        both(
            "Mesurer les rapports de vitesse promis ; code de retour 3 si l'un n'est pas tenu.",
            "Measure the promised ratios; exit status 3 when one does not hold.",
        ),
    )(bench)


def bench(
    ctx: typer.Context,
    part: Annotated[
        Part | None,
        typer.Argument(help=both("Une seule partie des mesures.", "One part of the figures.")),
    ] = None,
    smoke: Annotated[
        bool,
        typer.Option("--smoke", help=both("La version courte.", "The short version.")),
    ] = False,
    json: Json = False,
) -> None:
    import dataclasses
    import json as encoder

    from rich.table import Table

    if find_spec("tests") is None:
        raise NoBenchmarks
    from tests.benchmarks.measure import Figure
    from tests.benchmarks.run import FULL, SMOKE, figures

    current = session(ctx)
    current.tell_progress(_MEASURING)

    async def measure() -> list[Figure]:
        results = []
        async for figure in figures(SMOKE if smoke else FULL, [part] if part else list(Part)):
            results.append(figure)
            current.err.print(f"{figure.name}: {figure.value:.2f} {figure.unit} ({figure.detail})")
        return results

    measured = asynchronous(measure)
    if json:
        rows = [dataclasses.asdict(figure) | {"holds": figure.holds} for figure in measured]
        print(safe_json(encoder.dumps(rows, indent=2)))
    else:
        table = Table(
            current.say(_FIGURE), current.say(_VALUE), current.say(_PROMISED), "", box=None
        )
        for figure in measured:
            sign = "≥" if figure.at_least else "≤"
            table.add_row(
                figure.name,
                f"{figure.value:.2f} {figure.unit}",
                f"{sign} {figure.bound:g}",
                f"{'✓' if figure.holds else '✗'} {figure.detail}",
            )
        current.out.print(table)
    if not all(figure.holds for figure in measured):
        raise typer.Exit(MISSED)
