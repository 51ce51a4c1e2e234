"""One run of a command: the language, the panel it reaches, and how it prints."""

import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import typer

from console.commands.refusals import Refusal
from console.words import Language, Text
from services.contracts.characters import escaped, shown

if TYPE_CHECKING:
    from pydantic import BaseModel

    from console.client.staff_client import StaffClient
    from console.commands.terminal import Terminal
    from services.contracts.http import Command
    from services.contracts.http.violations import Violation

DEFAULT_DATA_DIR = Path(".panel")
_WRITTEN = Text(fr="Écrit : {file}", en="Written: {file}")

T = TypeVar("T")
M = TypeVar("M", bound="BaseModel | Sequence[BaseModel]")
Request = TypeVar("Request", bound="Command")


class Sentence(Protocol):
    """A text in both languages, whichever part of the repository declares it."""

    def in_(self, language: Language, **data: Any) -> str: ...


class Panel(Protocol):
    """The panel that commands reach. The program that starts them opens it: a local panel with
    tokens of its own issuer, or a deployment that asks the person to sign in."""

    def staff(
        self, language: Language, person: str | None = None
    ) -> "AbstractAsyncContextManager[StaffClient]":
        """A client that acts as `person`, or as somebody with the role that each call needs."""

    def url(self, service: str) -> str:
        """The base address of a service."""

    def account_of(self, name: str) -> str:
        """The account code of a person of this panel; empty if nobody has that name."""

    def people(self) -> Sequence[str | None]:
        """Everybody in whose name commands can act; None: whoever signs in."""


@dataclass
class Session:
    """Reached by `session(ctx)`."""

    language: Language
    open_panel: Callable[[Path], Panel]
    data_dir: Path = DEFAULT_DATA_DIR

    @cached_property
    def panel(self) -> Panel:
        """Raises the refusal of `open_panel` when no panel runs."""
        return self.open_panel(self.data_dir)

    def staff(self, person: str | None = None) -> "AbstractAsyncContextManager[StaffClient]":
        return self.panel.staff(self.language, person)

    def url(self, service: str) -> str:
        return self.panel.url(service)

    def say(self, text: Sentence, **data: Any) -> str:
        return text.in_(self.language, **data)

    @cached_property
    def out(self) -> "Terminal":
        from console.commands.terminal import Terminal

        return Terminal()

    @cached_property
    def err(self) -> "Terminal":
        """For progress, so that the output of a command can be piped."""
        from console.commands.terminal import Terminal

        return Terminal(stderr=True)

    def tell(self, text: Sentence, **data: Any) -> None:
        self.out.print(self.say(text, **data))

    def confirms(self, text: Sentence, err: bool = False, **data: Any) -> bool:
        """Whether the person says yes."""
        return typer.confirm(shown(self.say(text, **data)), err=err)

    def typed(self, text: Sentence, **data: Any) -> str:
        """The word that the person types."""
        word: str = typer.prompt(shown(self.say(text, **data)))
        return word.strip()

    def tell_progress(self, text: Sentence, **data: Any) -> None:
        self.err.print(self.say(text, **data), style="dim")


def session(ctx: typer.Context) -> Session:
    current: Session = ctx.find_root().obj
    return current


def asynchronous(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    import asyncio

    return asyncio.run(work())


class ArgumentsRefused(Refusal):
    """Each line says one thing that is wrong with an argument."""

    sentence = Text(fr="La commande ne peut pas être envoyée :", en="The command cannot be sent:")

    def __init__(self, lines: "list[Violation]") -> None:
        super().__init__()
        self._lines = lines

    def details(self, language: Language) -> list[str]:
        colon = " :" if language == "fr" else ":"
        return [f"{line.path}{colon} {line.in_(language)}." for line in self._lines]


def request(model: "type[Request]", **values: Any) -> "Request":
    """Build a request model from arguments. Raises ArgumentsRefused, in sentences."""
    from pydantic import ValidationError

    from services.contracts.http.violations import violations

    try:
        return model(**values)
    except ValidationError as error:
        raise ArgumentsRefused(violations(error.errors())) from error


def print_json(data: "BaseModel | Sequence[BaseModel] | dict[str, Any]") -> None:
    """For programs: no colour and no wrapping, even where standard output is a terminal."""
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
    call: "Callable[[StaffClient], Coroutine[Any, Any, M]]",
    print_words: "Callable[[Session, M], None]",
    json: bool,
    person: str | None = None,
) -> None:
    """Call the services, and print the result in words or in JSON."""
    current = session(ctx)

    async def run() -> None:
        async with current.staff(person) as staff:
            result = await call(staff)
        if json:
            print_json(result)
        else:
            print_words(current, result)

    asynchronous(run)


class UnknownFormat(Refusal):
    sentence = Text(
        fr="Le nom du fichier doit finir par .csv, .json ou .xlsx : {file}.",
        en="The file's name must end in .csv, .json or .xlsx: {file}.",
    )


def write_export(
    ctx: typer.Context,
    file: Path,
    download: "Callable[[StaffClient, str], Coroutine[Any, Any, bytes]]",
) -> None:
    """Download a file in the format that its name says, and write it. Raises UnknownFormat."""
    format = file.suffix.removeprefix(".").lower()
    if format not in ("csv", "json", "xlsx"):
        raise UnknownFormat(file=file)
    current = session(ctx)

    async def run() -> bytes:
        async with current.staff() as staff:
            return await download(staff, format)

    file.write_bytes(asynchronous(run))
    current.tell(_WRITTEN, file=file)
