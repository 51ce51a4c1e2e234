"""Keys that lead to the screens of the console, as a person presses them."""

from textual.widgets import Input, TextArea

from console.words import Language
from tests.console.conftest import At

LANGUAGES: list[Language] = ["fr", "en"]


async def to_list(at: At) -> None:
    await at.press("6")
    await at.on("decisions")


async def to_account(at: At) -> None:
    await to_list(at)
    await at.press("enter")
    await at.on("account")


async def to_report(at: At) -> None:
    await to_list(at)
    await at.press("o")
    await at.on("report")


async def to_form(at: At, rows_down: int = 0) -> None:
    """The form of the first decision, or of one below it."""
    await to_account(at)
    await at.press(*["down"] * rows_down, "e")
    await at.on("writing-form")
    still(at)


def still(at: At) -> None:
    for field in (*at.app.screen.query(Input), *at.app.screen.query(TextArea)):
        field.cursor_blink = False


def text_of(at: At) -> str:
    """Text on screen as one line, without the frames of windows."""
    return " ".join(at.text.replace("│", " ").split())


async def to_room(at: At) -> None:
    await at.press("5")
    await at.on("reading")


async def to_decision_form(at: At) -> None:
    await to_account(at)
    await at.press("e")
