"""What every command knows: the language to answer in, the data directory, and how to print.

`--data-dir` and `--lang` are added here, in one place, to every command and before it, and help is
written in both languages side by side with `both`.
"""

import inspect
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from uuid import UUID

import typer
from typer.core import TyperGroup

from services.contracts.characters import escaped, shown
from services.runtime.refusal import Refusal
from services.runtime.text import LANGUAGES, Language, Text

if TYPE_CHECKING:
    from pydantic import BaseModel

    from console.commands.terminal import Terminal
    from deploy.demo.staff import Staff
    from deploy.local.issuer import Person
    from services.contracts.http import Command
    from services.contracts.http.violations import Violation

DEFAULT_DATA_DIR = Path(".panel")
_BETWEEN = " ¦ "
_WRITTEN = Text(fr="Écrit : {file}", en="Written: {file}")

T = TypeVar("T")
M = TypeVar("M", bound="BaseModel | Sequence[BaseModel]")
Request = TypeVar("Request", bound="Command")
Body = TypeVar("Body", bound=Callable[..., None])


def both(fr: str, en: str) -> str:
    """A help text in both languages; `speak` keeps the one that is asked for."""
    return f"{fr}{_BETWEEN}{en}"


@dataclass
class Session:
    """One run of the command, reached by `session(ctx)`."""

    language: Language
    data_dir: Path = DEFAULT_DATA_DIR

    def staff(self) -> "Staff":
        """The services of the running stack. Raises StackNotRunning."""
        from deploy.demo.staff import Staff
        from deploy.local import endpoints

        return Staff(endpoints.read(self.data_dir), self.language)

    def url(self, service: str) -> str:
        """Where a service of the running stack answers. Raises StackNotRunning."""
        from deploy.local import endpoints

        return endpoints.read(self.data_dir).url(service)

    def say(self, text: Text, **data: Any) -> str:
        return text.in_(self.language, **data)

    @cached_property
    def out(self) -> "Terminal":
        from console.commands.terminal import Terminal

        return Terminal()

    @cached_property
    def err(self) -> "Terminal":
        """Progress goes here, so that what a command answers can be piped."""
        from console.commands.terminal import Terminal

        return Terminal(stderr=True)

    def tell(self, text: Text, **data: Any) -> None:
        self.out.print(self.say(text, **data))

    def confirms(self, text: Text, err: bool = False, **data: Any) -> bool:
        """Whether the person says yes."""
        return typer.confirm(shown(self.say(text, **data)), err=err)

    def typed(self, text: Text, **data: Any) -> str:
        """The word that the person types."""
        word: str = typer.prompt(shown(self.say(text, **data)))
        return word.strip()

    def tell_progress(self, text: Text, **data: Any) -> None:
        self.err.print(self.say(text, **data), style="dim")


def session(ctx: typer.Context) -> Session:
    found: Session = ctx.find_root().obj
    return found


def asked_language(arguments: Sequence[str]) -> Language:
    """--lang, else LC_ALL, LC_MESSAGES or LANG, else French; known before help is written."""
    asked = ""
    for place, argument in enumerate(arguments):
        if argument == "--lang" and place + 1 < len(arguments):
            asked = arguments[place + 1]
        elif argument.startswith("--lang="):
            asked = argument.removeprefix("--lang=")
    for wish in (asked, *(os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))):
        for language in LANGUAGES:
            if wish[:2].lower() == language:
                return language
    return "fr"


def speak(command: Any, language: Language) -> None:
    """Keep one language of every help text."""
    command.help = _one(command.help, language)
    command.short_help = _one(command.short_help, language)
    for parameter in command.params:
        if isinstance(getattr(parameter, "help", None), str):
            parameter.help = _one(parameter.help, language)
    if isinstance(command, TyperGroup):
        for inner in command.commands.values():
            speak(inner, language)


def _one(text: str | None, language: Language) -> str | None:
    if text is None or _BETWEEN not in text:
        return text
    fr, en = text.split(_BETWEEN)
    return fr if language == "fr" else en


def command(app: typer.Typer, name: str, help: str) -> Callable[[Body], Body]:
    """Register a command that also takes --data-dir and --lang."""

    def register(body: Body) -> Body:
        @wraps(body)
        def with_common_options(**given: Any) -> None:
            directory, _ = given.pop("data_dir"), given.pop("lang")
            if directory is not None:
                session(given["ctx"]).data_dir = directory
            body(**given)

        own = inspect.signature(body, eval_str=True)
        common = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
            for name, kind in (("data_dir", _DataDir), ("lang", _Lang))
        ]
        everything = own.replace(parameters=[*own.parameters.values(), *common])
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
        meant = type("_Otherwise", (_OtherwiseGroup,), {"otherwise": otherwise})
        inner = typer.Typer(cls=meant, no_args_is_help=False, help=help)
    before_commands(inner)
    app.add_typer(inner, name=name)
    return inner


class _OtherwiseGroup(TyperGroup):
    otherwise: str

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not any(one == "--help" or one in self.commands for one in args):
            args = [self.otherwise, *args]
        return super().parse_args(ctx, args)


def asynchronous(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    import asyncio

    return asyncio.run(work())


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


class NobodyOfThatName(Refusal):
    status = 422
    sentence = Text(
        fr="Personne ici ne s'appelle {id} : {known}.", en="Nobody here is called {id}: {known}."
    )


def someone(id: str | None) -> "Person | None":
    """One of the local issuer's people. Raises NobodyOfThatName."""
    from deploy.local.issuer import PEOPLE, person

    found = person(id) if id else None
    if id and found is None:
        raise NobodyOfThatName(id=id, known=", ".join(one.id for one in PEOPLE))
    return found


class ArgumentsRefused(Refusal):
    """Each line says one thing that is wrong with what was given."""

    status = 422
    sentence = Text(fr="La commande ne peut pas être envoyée :", en="The command cannot be sent:")

    def __init__(self, lines: "list[Violation]") -> None:
        super().__init__()
        self._lines = lines

    def details(self, language: Language) -> list[str]:
        colon = " :" if language == "fr" else ":"
        return [f"{one.path}{colon} {one.in_(language)}." for one in self._lines]


def request(model: "type[Request]", **values: Any) -> "Request":
    """A request model of what was given. Raises ArgumentsRefused, in sentences."""
    from pydantic import ValidationError

    from services.contracts.http.violations import violations

    try:
        return model(**values)
    except ValidationError as error:
        raise ArgumentsRefused(violations(error.errors())) from error


Project = Annotated[UUID, typer.Argument(metavar="PROJECT")]
Json = Annotated[
    bool,
    typer.Option("--json", help=both("Répondre en JSON.", "Answer in JSON.")),
]


def print_json(data: "BaseModel | Sequence[BaseModel] | dict[str, Any]") -> None:
    """For programs: no colour, no wrapping, whatever the terminal; it may be one all the same."""
    import json

    from pydantic import BaseModel

    def plain(value: Any) -> Any:
        return value.model_dump(mode="json") if isinstance(value, BaseModel) else str(value)

    print(safe_json(json.dumps(data, default=plain, ensure_ascii=False, indent=2)))


def safe_json(json: str) -> str:
    """The same JSON in characters that act on no terminal, and that standard output can take."""
    return escaped(json, only_ascii=not sys.stdout.encoding.lower().startswith("utf"))


def show(
    ctx: typer.Context,
    ask: "Callable[[Staff], Coroutine[Any, Any, M]]",
    shown: "Callable[[Session, M], None]",
    json: bool,
) -> None:
    """Ask the services one thing, and answer in words or in JSON."""
    here = session(ctx)

    async def run() -> None:
        async with here.staff() as staff:
            found = await ask(staff)
        if json:
            print_json(found)
        else:
            shown(here, found)

    asynchronous(run)


class UnknownFormat(Refusal):
    status = 422
    sentence = Text(
        fr="Le nom du fichier doit finir par .csv, .json ou .xlsx : {file}.",
        en="The file's name must end in .csv, .json or .xlsx: {file}.",
    )


def write_export(
    ctx: typer.Context,
    file: Path,
    ask: "Callable[[Staff, str], Coroutine[Any, Any, bytes]]",
) -> None:
    """Ask for a file in the format that its name says, and write it. Raises UnknownFormat."""
    format = file.suffix.removeprefix(".").lower()
    if format not in ("csv", "json", "xlsx"):
        raise UnknownFormat(file=file)
    here = session(ctx)

    async def run() -> bytes:
        async with here.staff() as staff:
            return await ask(staff, format)

    file.write_bytes(asynchronous(run))
    here.tell(_WRITTEN, file=file)
