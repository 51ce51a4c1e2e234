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
    en="In fives: every number is rounded, and counts below {n} are not shown.",
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
            "--cross",
            metavar="Q1 Q2",
            help=both("Croiser deux questions.", "Cross two questions."),
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


def show_results(current: Session, results: "ResultsView") -> None:
    few = current.say(_FEW, n=results.minimum_cell)
    for question in results.questions:
        current.out.print(_in_words(current, question.text), style="bold")
        for option in question.options:
            count = few if option.count is None else option.count
            label = _in_words(current, option.label)
            current.out.print(f"  {count:>12}  {label}")
    current.tell(_FIVES, n=results.minimum_cell)


def show_cross(current: Session, cross: "CrossTable") -> None:
    from rich.table import Table

    few = current.say(_FEW, n=cross.minimum_cell)
    table = Table(box=None, header_style="dim")
    table.add_column(
        f"{_in_words(current, cross.rows.text)} × {_in_words(current, cross.columns.text)}"
    )
    for option in cross.columns.options:
        table.add_column(
            _in_words(current, option.label),
            justify="right",
        )
    for option, counts in zip(cross.rows.options, cross.counts, strict=True):
        label = _in_words(current, option.label)
        table.add_row(label, *(few if count is None else str(count) for count in counts))
    current.out.print(table)


def _in_words(current: Session, texts: "Words") -> str:
    return (texts.en if current.language == "en" else None) or texts.fr
