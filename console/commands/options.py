"""How commands are declared: help in both languages, and the options that all of them take.

`--data-dir` and `--lang` are added here, in one module, to every command and before it; help is
written in both languages side by side with `both`.
"""

import inspect
import os
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, TypeVar
from uuid import UUID

import typer
from typer.core import TyperGroup

from console.commands.session import session
from console.words import LANGUAGES, Language

_BETWEEN = " ¦ "

Body = TypeVar("Body", bound=Callable[..., None])


def both(fr: str, en: str) -> str:
    """A help text in both languages; `speak` keeps the one that is asked for."""
    return f"{fr}{_BETWEEN}{en}"


def asked_language(arguments: Sequence[str]) -> Language:
    """--lang, else LC_ALL, LC_MESSAGES or LANG, else French; known before help is written."""
    requested = ""
    for position, argument in enumerate(arguments):
        if argument == "--lang" and position + 1 < len(arguments):
            requested = arguments[position + 1]
        elif argument.startswith("--lang="):
            requested = argument.removeprefix("--lang=")
    for wish in (
        requested,
        *(os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG")),
    ):
        for language in LANGUAGES:
            if wish[:2].lower() == language:
                return language
    return "fr"


def speak(command: Any, language: Language) -> None:
    """Keep one language of every help text."""
    command.help = _in_language(command.help, language)
    command.short_help = _in_language(command.short_help, language)
    for parameter in command.params:
        if isinstance(getattr(parameter, "help", None), str):
            parameter.help = _in_language(parameter.help, language)
    if isinstance(command, TyperGroup):
        for inner in command.commands.values():
            speak(inner, language)


def _in_language(text: str | None, language: Language) -> str | None:
    if text is None or _BETWEEN not in text:
        return text
    fr, en = text.split(_BETWEEN)
    return fr if language == "fr" else en


def command(app: typer.Typer, name: str, help: str) -> Callable[[Body], Body]:
    """Register a command that also takes --data-dir and --lang."""

    def register(body: Body) -> Body:
        @wraps(body)
        def with_common_options(**arguments: Any) -> None:
            directory, _ = arguments.pop("data_dir"), arguments.pop("lang")
            if directory is not None:
                session(arguments["ctx"]).data_dir = directory
            body(**arguments)

        signature = inspect.signature(body, eval_str=True)
        common = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
            for name, kind in (("data_dir", _DataDir), ("lang", _Lang))
        ]
        everything = signature.replace(parameters=[*signature.parameters.values(), *common])
        with_common_options.__dict__["__signature__"] = everything
        with_common_options.__annotations__ = {
            name: parameter.annotation for name, parameter in everything.parameters.items()
        }
        app.command(name, help=help)(with_common_options)
        return body

    return register


def before_commands(app: typer.Typer) -> None:
    """Take --data-dir and --lang also ahead of the names of the app's commands."""

    @app.callback()
    def common(ctx: typer.Context, data_dir: "_DataDir" = None, lang: "_Lang" = None) -> None:
        if data_dir is not None:
            session(ctx).data_dir = data_dir


def group(app: typer.Typer, name: str, help: str, otherwise: str | None = None) -> typer.Typer:
    """A command that has commands of its own; `otherwise` is the one meant where none is named."""
    if otherwise is None:
        inner = typer.Typer(no_args_is_help=True, help=help)
    else:
        group_class = type("_Otherwise", (_OtherwiseGroup,), {"otherwise": otherwise})
        inner = typer.Typer(cls=group_class, no_args_is_help=False, help=help)
    before_commands(inner)
    app.add_typer(inner, name=name)
    return inner


class _OtherwiseGroup(TyperGroup):
    otherwise: str

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not any(argument == "--help" or argument in self.commands for argument in args):
            args = [self.otherwise, *args]
        return super().parse_args(ctx, args)


def _known_language(value: str | None) -> str | None:
    if value is not None and value not in LANGUAGES:
        raise typer.BadParameter(" / ".join(LANGUAGES))
    return value


_DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        help=both("Répertoire du panel local [.panel].", "Directory of the local panel [.panel]."),
    ),
]
_Lang = Annotated[
    str | None,
    typer.Option(
        "--lang",
        metavar="fr|en",
        callback=_known_language,
        help=both("Langue des messages : fr ou en.", "Language of the messages: fr or en."),
    ),
]

As = Annotated[
    str | None,
    typer.Option(
        "--as",
        metavar="PERSON",
        help=both("Qui agit (panel local).", "Who acts (local panel only)."),
    ),
]


Project = Annotated[UUID, typer.Argument(metavar="PROJECT")]
Json = Annotated[
    bool,
    typer.Option("--json", help=both("Répondre en JSON.", "Answer in JSON.")),
]
