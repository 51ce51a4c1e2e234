"""Every form at its extremes: a sentence beside the field, nothing lost, and never a traceback."""

import ast
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.widgets import Input, Static, TextArea

import console
from console.drafts.campaign import attribute_of, quotas_in, values_in
from console.screens.field_form import FieldForm
from console.screens.projects.campaign_form import CampaignForm
from services.contracts.http.common import Problem
from tests.console.conftest import At, Opens
from tests.console.recorded.panel import Panel
from tests.support.console_keys import to_decision_form
from tests.support.request_models import commands

LONG = ("Rappeler le rendez-vous. " * 1_116)[:-1] + "!"
EXTREMES = (
    "",
    " ",
    "-1",
    "0",
    "99999999",
    "9" * 5_000,
    "1e308",
    "nan",
    "٣",
    "9999-12-31",
    "0001-01-01",
    "31/12/9999",
    "1/3/99999999999999999999",
    "18-34=" + "9" * 400,
    "=;,=",
    "\x00\x1b]52;c;AAAA\x07\x1b[2J\x9b",
    "\ud800",
    "[/] [red]{title}%s",
    "👨‍👩‍👧‍👦" * 20,
    LONG,
)


async def to_launch(at: At) -> None:
    await at.press("2")
    await at.on("projects")
    await at.press("l")
    await at.on("launch")
    await at.press("n")


async def to_board(at: At) -> None:
    await at.press("5")
    await at.on("reading")
    await at.press("b")
    await at.on("board")


async def to_new_proposal(at: At) -> None:
    await to_board(at)
    await at.press("n")


async def to_edited_proposal(at: At) -> None:
    await to_board(at)
    await at.press("e")


async def to_proposal_of_a_contribution(at: At) -> None:
    await at.press("5")
    await at.on("reading")
    await at.press("enter")
    await at.on("contribution")
    await at.press("n")


async def to_moderation(at: At) -> None:
    await at.press("5")
    await at.on("reading")
    await at.press("enter")
    await at.on("contribution")
    await at.press("h")


async def to_account(at: At) -> None:
    await at.press("6")
    await at.on("decisions")
    await at.press("enter")
    await at.on("account")


async def to_report(at: At) -> None:
    await to_account(at)
    await at.press("o")
    await at.on("report")
    await at.press("e")


async def to_follow_up(at: At) -> None:
    await to_account(at)
    await at.press("u")


Leads = Callable[[At], Awaitable[None]]
FORMS: dict[str, tuple[Leads, str]] = {
    "launch": (to_launch, "claire"),
    "new proposal": (to_new_proposal, "ines"),
    "edited proposal": (to_edited_proposal, "ines"),
    "proposal of a contribution": (to_proposal_of_a_contribution, "ines"),
    "moderation": (to_moderation, "ines"),
    "decision": (to_decision_form, "ines"),
    "report": (to_report, "ines"),
    "follow-up": (to_follow_up, "claire"),
}


def fields(at: At) -> list[Input | TextArea]:
    screen = at.app.screen
    return [*screen.query(Input).results(Input), *screen.query(TextArea).results(TextArea)]


def fill(field: Input | TextArea, value: str) -> None:
    if isinstance(field, Input):
        field.value = value
    else:
        field.text = value


def wrong(at: At) -> str:
    lines = at.app.screen.query(".wrong, #wrong").results(Static)
    return " ".join(" ".join(str(line.render()) for line in lines).split())


@pytest.mark.parametrize("name", FORMS)
async def test_no_value_in_any_field_ends_the_console(
    console: Opens, panel: Panel, name: str
) -> None:
    panel.deciding.publish() if name == "follow-up" else None
    leads, person = FORMS[name]
    async with console("fr", person) as at:
        await leads(at)
        await at.until(lambda: fields(at))
        form = at.app.screen
        for value in EXTREMES:
            for field in fields(at):
                fill(field, value)
            await at.press("enter" if name in ("launch", "moderation") else "ctrl+s")
            if at.app.screen is not form:  # accepted, or refused in a dialog: that is an answer too
                while at.app.screen.is_modal:
                    await at.press("escape")
                break
        assert at.app.is_running
        assert at.app._exception is None


@pytest.mark.parametrize("name", FORMS)
async def test_what_is_too_long_is_told_beside_its_field_while_typing_and_kept(
    console: Opens, panel: Panel, name: str
) -> None:
    panel.deciding.publish() if name == "follow-up" else None
    leads, person = FORMS[name]
    async with console("en", person) as at:
        await leads(at)
        await at.until(lambda: fields(at))
        if name == "launch":
            form = at.app.screen.query_one(CampaignForm)
            form.fill({"title": "First wave", "wanted": "99999999", "first_day": "9999-12-31"})
            await at.until(lambda: "At most 10,000,000." in wrong(at))
            assert "2999-12-31 at the latest." in wrong(at)
            assert form.typed["wanted"] == "99999999"
            return
        field = fields(at)[-1]
        text = LONG * 3
        fill(field, text)
        await at.until(lambda: "characters at most; there are 83,700" in wrong(at))
        beside = at.app.screen.query_one(f"#wrong-{(field.id or '').removeprefix('field-')}")
        assert beside.display
        await at.press("ctrl+s")
        assert at.app.focused in fields(at), "the cursor is where something is to be done"
        content = field.value if isinstance(field, Input) else field.text
        assert content == text


async def test_a_pasted_proposal_of_27900_characters_says_the_limit(console: Opens) -> None:
    async with console("fr", "ines") as at:
        await to_new_proposal(at)
        form = at.app.screen
        assert isinstance(form, FieldForm)
        await at.press(*"Un titre")
        form.query_one(TextArea).text = LONG
        await at.press("ctrl+s")
        assert "20 000 caractères au plus ; il y en a 27 900." in wrong(at)
        assert form.query_one(TextArea).text == LONG


def test_no_request_is_made_around_the_one_that_says_what_is_wrong() -> None:
    """A request model that is called by its name raises what no screen catches."""
    names = {model.__name__ for model in commands()}
    folder = Path(str(console.__file__)).parent
    for file in folder.rglob("*.py"):
        nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
        imported = {
            alias.asname or alias.name
            for node in nodes
            if isinstance(node, ast.ImportFrom)
            and (node.module or "").startswith("services.contracts.http")
            for alias in node.names
            if alias.name in names
        }
        for node in nodes:
            if isinstance(node, ast.Call):
                called = getattr(node.func, "id", "")
                assert called not in imported, f"{file.name}:{node.lineno}: {called}(…)"


@pytest.mark.parametrize(
    ("attribute", "typed", "values"),
    [
        ("age_band", "18-34 35–49", ["18-34", "35–49"]),
        ("age_band", "65 ans et plus, 35-49", ["65 ans et plus", "35-49"]),
        ("region", "Île-de-France Pays de la Loire nord", None),
        ("region", "la Réunion;mars", ["la Réunion", "mars"]),
        ("digital", "never online often", ["never online", "often"]),
        ("digital", " , ;", []),
    ],
)
def test_values_are_read_as_the_screen_prints_them(
    attribute: str, typed: str, values: list[str] | None
) -> None:
    expected = ["Île-de-France", "Pays de la Loire", "nord"] if values is None else values
    assert values_in(attribute, typed) == expected


@pytest.mark.parametrize(
    ("typed", "attribute", "quotas"),
    [
        ("18-34=60 35–49=60", "age_band", [("18-34", "60"), ("35–49", "60")]),
        ("Pays de la Loire=2, nord = 3", "region", [("Pays de la Loire", "2"), ("nord", "3")]),
        ("never online=5 often=4", "digital", [("never online", "5"), ("often", "4")]),
        ("65+=", "age_band", [("65+", "")]),
        ("a=1 b", "region", [("a", "1"), ("b", "")]),
    ],
)
def test_quotas_are_read_as_the_screen_prints_them(
    typed: str, attribute: str, quotas: list[tuple[str, str]]
) -> None:
    assert quotas_in(typed) == quotas
    assert attribute_of(typed, {}) == attribute


async def test_an_unknown_value_is_refused_in_the_preview_naming_the_nearest(
    console: Opens, panel: Panel
) -> None:
    panel.preview_refusal = Problem(
        title="UnknownValues",
        status=422,
        detail="The campaign names attributes or values that do not exist.",
        errors=["“bretange” is no value of region; the nearest are: bretagne."],
    )
    async with console("en", "claire") as at:
        await to_launch(at)
        at.app.screen.query_one(CampaignForm).fill({"wanted": "20", "region": "bretange"})
        await at.until(lambda: "bretagne" in at.text)
