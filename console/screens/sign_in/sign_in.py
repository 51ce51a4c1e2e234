"""Signing in: one's name from the local issuer's list, or a code for a real issuer's page."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from console.actions import actions_on
from console.client.problems import Failure, SignedOut, Unreachable
from console.client.vocabulary import ROLES, label_of
from console.presenters.styled_text import Phrase
from console.screens.base import Dialog, bindings, in_words
from console.widgets.styled_text import content, key
from console.widgets.table import Column, Row, Table
from console.widgets.text import Static
from console.words import Text
from console.workers import start

if TYPE_CHECKING:
    from console.app import SignInFailed
    from console.client.sign_in import DeviceCode, Issuer, Person

_TRY_AGAIN_SECONDS = 2.0

TITLE = Text(fr="Panel usagers", en="Citizen panel")
LEAD = Text(
    fr="Chaque membre sollicité au plus une fois par mois,\n"
    "libre à chaque projet, entendu et informé.",
    en="Every member asked at most once a month,\n"
    "free at each project, heard and told the outcome.",
)
WHO = Text(fr="Qui êtes-vous ?", en="Who are you?")
ROLES_HELD = Text(fr="Rôles", en="Roles")
CODE = Text(fr="Ouvrez {address}\net entrez le code :", en="Open {address}\nand enter the code:")
THEN = Text(fr="La suite vient d'elle-même.", en="This goes on by itself.")
WAITING = Text(fr="Connexion…", en="Connecting…")
OVER = Text(
    fr="Le code a expiré ou a été refusé. Nouvel essai…",
    en="The code has expired or was refused. Trying again…",
)

REFUSED = Text(
    fr="Vous êtes connecté, mais les services refusent le jeton reçu.\n"
    "La personne qui gère les accès verra laquelle de ses parties avec\n"
    "« panel doctor --sign-in », ou dans les journaux (token_refused).",
    en="You are signed in, but the services refuse the token that came.\n"
    "Whoever manages access can see which part of it with\n"
    "`panel doctor --sign-in`, or in the logs (token_refused).",
)


class PeopleKnown(Message):
    """A local issuer listed its people."""

    def __init__(self, people: list[Person]) -> None:
        super().__init__()
        self.people = people


class CodeGiven(Message):
    """A real issuer gave a code to show."""

    def __init__(self, code: DeviceCode) -> None:
        super().__init__()
        self.code = code


class NotYet(Message):
    def __init__(self, problem: Failure) -> None:
        super().__init__()
        self.problem = problem


class SignInScreen(Dialog[None]):
    ID: ClassVar[str] = "sign-in"
    BINDINGS = bindings("sign-in")

    def __init__(self, is_refused: bool = False) -> None:
        """`is_refused`: the services did not accept the token of the last sign-in."""
        super().__init__()
        self._refused = is_refused
        self._people: list[Person] = []
        self._code: DeviceCode | None = None
        self._problem: Failure | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(id="lead")
            yield Table(id="people")
            yield Static(id="said")

    def opened(self) -> None:
        self.want()

    def want(self) -> None:
        issuer = self.shell.issuer
        if issuer and not self._people and not self._code and not self._refused:
            start(self, partial(self._begin, issuer), "begin")

    async def _begin(self, issuer: Issuer) -> None:
        from console.app import SignedInAs

        try:
            people = await issuer.people()
            if people:
                self.post_message(PeopleKnown(people))
                return
            code = await issuer.begin()
            self.post_message(CodeGiven(code))
            self.app.post_message(SignedInAs(await issuer.wait(code)))
        except Failure as problem:
            self.post_message(NotYet(problem))

    def action_try_again(self) -> None:
        self._refused = False
        self.redraw()
        self.want()

    def on_people_known(self, message: PeopleKnown) -> None:
        self._people, self._problem = message.people, None
        self.redraw()
        self.query_one(Table).focus()

    def on_code_given(self, message: CodeGiven) -> None:
        self._code, self._problem = message.code, None
        self.redraw()

    def on_not_yet(self, message: NotYet) -> None:
        self._problem, self._code = message.problem, None
        self.redraw()
        self.set_timer(_TRY_AGAIN_SECONDS, self.want)

    def on_sign_in_failed(self, message: SignInFailed) -> None:
        self._problem = message.problem
        self.redraw()

    def on_table_opened(self, message: Table.Opened) -> None:
        self.shell.sign_in(message.key)

    def redraw(self) -> None:
        language = self.language
        lead = content(
            Phrase(f"{TITLE.in_(language)}\n", "strong"), Phrase(LEAD.in_(language), "dim")
        )
        self.query_one("#lead", Static).update(lead)
        table = self.query_one(Table)
        table.display = bool(self._people)
        table.styles.height = len(self._people) + 1
        table.show(
            [Column(WHO.in_(language)), Column(ROLES_HELD.in_(language), 34)],
            [
                Row(
                    person.id,
                    (
                        Phrase(person.name),
                        Phrase(
                            ", ".join(label_of(ROLES, role, language) for role in person.roles),
                            "dim",
                        ),
                    ),
                )
                for person in self._people
            ],
            mark=False,
        )
        keys = content("\n\n")
        for action in actions_on(self.ID):
            if action.id == "try_again" and not self._refused:
                continue
            keys += content(key(action.sign), Phrase(f" {action.label.in_(language)}   ", "dim"))
        self.query_one("#said", Static).update(content("\n", self._instructions(), keys))

    def _instructions(self) -> Phrase:
        language = self.language
        if self._refused:
            return Phrase(REFUSED.in_(language), "trouble")
        match self._problem:
            case SignedOut():
                return Phrase(OVER.in_(language), "attention")
            case Unreachable() | Failure():
                return Phrase("✕ " + in_words(self._problem, language).text, "trouble")
        if self._code:
            sentence = CODE.in_(language, address=self._code.verification_uri)
            return Phrase(
                f"{sentence}\n\n    {self._code.user_code}\n\n{THEN.in_(language)}", "strong"
            )
        return Phrase("" if self._people else WAITING.in_(language), "dim")
