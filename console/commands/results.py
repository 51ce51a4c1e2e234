"""Results of a questionnaire, on screen and as files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.commands.options import Json, Project, both, command
from console.commands.session import Session, show, write_export
from console.words import Text

if TYPE_CHECKING:
    from services.contracts.http.questionnaires import Words
    from services.contracts.http.results import CrossTable, ResultsView

_FEW = Text(fr="moins de {n}", en="fewer than {n}")
_FIVES = Text(
    fr="Par cinq : chaque nombre est arrondi, et moins de {n} personnes ne se disent pas.",
    en="In fives: every number is rounded, and fewer than {n} people are not told.",
)

_RESULTS = both("Les résultats du questionnaire.", "The questionnaire's results.")


def register(app: typer.Typer) -> None:
    command(app, "results", _RESULTS)(results)


def results(
    ctx: typer.Context,
    project: Project,
    cross: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--cross", metavar="Q1 Q2", help=both("Croiser deux questions.", "Cross two questions.")
        ),
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option("--export", metavar="FILE", help=both("Écrire un fichier.", "Write a file.")),
    ] = None,
    json: Json = False,
) -> None:
    if export is not None:
        write_export(
            ctx, export, lambda staff, format: staff.export_results(project, format, cross)
        )
    elif cross is not None:
        show(ctx, lambda staff: staff.cross_results(project, *cross), show_cross, json)
    else:
        show(ctx, lambda staff: staff.results(project), show_results, json)


def show_results(here: Session, found: "ResultsView") -> None:
    few = here.say(_FEW, n=found.minimum_cell)
    for question in found.questions:
        here.out.print(_said(here, question.text), style="bold")
        for option in question.options:
            count = few if option.count is None else option.count
            label = _said(here, option.label)
            here.out.print(f"  {count:>12}  {label}")
    here.tell(_FIVES, n=found.minimum_cell)


def show_cross(here: Session, found: "CrossTable") -> None:
    from rich.table import Table

    few = here.say(_FEW, n=found.minimum_cell)
    table = Table(box=None, header_style="dim")
    table.add_column(f"{_said(here, found.rows.text)} × {_said(here, found.columns.text)}")
    for option in found.columns.options:
        table.add_column(
            _said(here, option.label),
            justify="right",
        )
    for option, counts in zip(found.rows.options, found.counts, strict=True):
        label = _said(here, option.label)
        table.add_row(label, *(few if count is None else str(count) for count in counts))
    here.out.print(table)


def _said(here: Session, words: "Words") -> str:
    return (words.en if here.language == "en" else None) or words.fr
