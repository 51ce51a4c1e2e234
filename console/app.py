"""The console: who is signed in, in which language, where, and how fresh what they see is.

Imports Textual and little else: what talks to the services is loaded after the first paint.
"""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from functools import partial
from importlib import import_module
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.app import App, SystemCommand
from textual.filter import LineFilter
from textual.message import Message
from textual.notifications import SeverityLevel
from textual.screen import ModalScreen, Screen
from textual.theme import Theme

from console.actions import EVERYWHERE, actions_on, areas_for
from console.client.endpoints import SERVICES, Endpoints
from console.client.freshness import Freshness
from console.client.problems import Failure, SignedOut
from console.drafts.store import Drafts
from console.routes import AREA_SCREENS, HelpRoute, Route, SignInRoute
from console.screens.base import PanelScreen
from console.segments import GuardedConsole
from console.widgets.text import Guard
from console.words import ZONE, Language, Text
from console.workers import start
from services.contracts.characters import shown

if TYPE_CHECKING:
    from uuid import UUID

    from console.client.hints import Live
    from console.client.sign_in import Issuer, SignedIn
    from console.client.staff_client import StaffClient
    from console.drafts.reading import Begun
    from console.shell import Shell
    from services.contracts.http.common import Role

_LOOK_AT_CLOCK_EVERY_SECONDS = 1.0
_FOLLOWED = ("campaigns", "responses", "feedback")

DARK = Theme(
    name="panel-dark",
    primary="#5b7cfa",
    secondary="#3b4a7a",
    accent="#8fb4ff",
    warning="#f2b84b",
    error="#ff6b6b",
    success="#5fd3a0",
    foreground="#e4e8f1",
    background="#10131c",
    surface="#151926",
    panel="#1c2233",
    dark=True,
    variables={"input-cursor-background": "#8fb4ff", "block-cursor-text-style": "none"},
)
LIGHT = Theme(
    name="panel-light",
    primary="#2a4bd7",
    secondary="#9fb0ea",
    accent="#1d4fbf",
    warning="#8f5a00",
    error="#b3261e",
    success="#17734a",
    foreground="#1b1f2a",
    background="#fbfbfd",
    surface="#f2f4f9",
    panel="#e7eaf3",
    dark=False,
)
SEARCH = Text(fr="Chercher une action…", en="Search for an action…")
COPIED = Text(fr="Identifiant copié : {id}", en="Id copied: {id}")
QUIT = Text(fr="Quitter la console", en="Leave the console")
DO_QUIT = Text(fr="quitter", en="quit")
UNSAVED = Text(
    fr="Un texte est en cours d'écriture : ce qui est tapé serait perdu.",
    en="Something is being written: what was typed would be lost.",
)
UNSENT = Text(
    fr="Un texte n'est pas encore envoyé. Il est gardé sur cette machine, pour vous seul, et"
    " reviendra quand vous ouvrirez de nouveau son formulaire.",
    en="Something is not sent yet. It is kept on this machine, for you alone, and comes back when"
    " you open its form again.",
)
NOT_KEPT = Text(
    fr="Ce que vous tapez ne peut pas être gardé sur cette machine ({why}) : une panne le"
    " perdrait.",
    en="What you type cannot be kept on this machine ({why}): a crash would lose it.",
)


class Loaded(Message):
    """The parts that talk to the services are there."""

    def __init__(self, client: StaffClient, issuer: Issuer) -> None:
        super().__init__()
        self.client = client
        self.issuer = issuer


class SignedInAs(Message):
    def __init__(self, person: SignedIn) -> None:
        super().__init__()
        self.person = person


class Renewed(Message):
    """The issuer gave a new token for the same person."""

    def __init__(self, person: SignedIn) -> None:
        super().__init__()
        self.person = person


class SignInFailed(Message):
    def __init__(self, problem: Failure) -> None:
        super().__init__()
        self.problem = problem


class Hinted(Message):
    """Something changed in a service."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self.service = service


class FreshnessChanged(Message):
    """The connection for hints came or went."""


class TokenOver(Message):
    """The hints were refused: the session is over."""


class PanelConsole(App[None]):
    TITLE = "panel"
    # All of them at the start: a file that came later would restyle what is on screen.
    CSS_PATH: ClassVar[list[str | PurePath]] = [
        "console.tcss",
        "screens/sign_in/sign_in.tcss",
        "screens/searching.tcss",
        "screens/projects/projects.tcss",
        "screens/projects/project.tcss",
        "screens/contacts/contacts.tcss",
        "screens/projects/launch.tcss",
        "screens/reading/attention.tcss",
        "screens/reading/contribution.tcss",
        "screens/reading/search_results.tcss",
        "screens/reading/proposal_dialogs.tcss",
        "screens/decisions/report.tcss",
        "screens/field_form.tcss",
    ]
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[Any]] = []
    MODES: ClassVar[dict[str, Any]] = dict(AREA_SCREENS)

    def __init__(
        self,
        endpoints: Endpoints,
        language: Language = "fr",
        sign_in_as: str | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        drafts: Drafts | None = None,
    ) -> None:
        self.language: Language = language
        self.freshness = Freshness("starting")
        self.person: SignedIn | None = None
        # Whether a service has accepted this person's token.
        self._accepted = False
        self.client: StaffClient | None = None
        self.issuer: Issuer | None = None
        self.endpoints = endpoints
        self.clock = clock
        # The panel's own day, as the services last said it: a local stack may have another clock.
        self.today: date = clock().astimezone(ZONE).date()
        # Drafts (campaigns by project, proposals) and unfinished readings: leaving a
        # screen never loses what was typed or chosen, nor does the end of the console.
        self.drafts = Drafts() if drafts is None else drafts
        self._told_not_kept = False
        self._subject: str | None = None
        self.unfinished_readings: dict[UUID, Begun] = {}
        self._live: dict[str, Live] = {}
        self._sign_in_as = sign_in_as
        self._guard = Guard()
        super().__init__()
        # Prints what ended the console: messages of errors quote what people wrote.
        self.error_console = GuardedConsole(markup=False, highlight=False, stderr=True)
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = DARK.name

    @property
    def roles(self) -> frozenset[str]:
        """Of who is signed in."""
        return frozenset(self.person.roles) if self.person else frozenset()

    def token(self, role: Role) -> str | None:
        """Of whoever is signed in, whatever the operation needs: services check roles."""
        return self.person.token if self.person else None

    def on_mount(self) -> None:
        self.switch_mode("home" if self._sign_in_as else "sign-in")
        self.set_interval(_LOOK_AT_CLOCK_EVERY_SECONDS, self._look_at_freshness)
        self.call_after_refresh(start, self, self._load, "load")

    async def on_unmount(self) -> None:
        if self.client:
            await self.client.close()
        if self.issuer:
            await self.issuer.close()

    async def _load(self) -> None:
        staff_client = await to_thread(import_module, "console.client.staff_client")
        transport = await to_thread(import_module, "console.client.transport")
        session = await to_thread(import_module, "console.client.sign_in")
        addresses = [self.endpoints.of(name) for name in SERVICES]
        self.post_message(
            Loaded(
                staff_client.StaffClient(
                    self.endpoints,
                    transport.open_client(*addresses, authority=self.endpoints.authority),
                    self,
                    lambda: self.language,
                ),
                session.Issuer(
                    self.endpoints.issuer,
                    self.endpoints.resource,
                    authority=self.endpoints.authority,
                ),
            )
        )

    def on_loaded(self, message: Loaded) -> None:
        self.client, self.issuer = message.client, message.issuer
        if self._sign_in_as:
            self.sign_in(self._sign_in_as)
        else:
            self._wake(self.screen)

    def sign_in(self, person_id: str) -> None:
        """Local issuer only: sign in as one of its people."""
        if self.issuer:
            begin = partial(self._sign_in, self.issuer, person_id)
            start(self, begin, "sign-in")

    async def _sign_in(self, issuer: Issuer, person_id: str) -> None:
        try:
            self.post_message(SignedInAs(await issuer.sign_in_as(person_id)))
        except Failure as problem:
            self.post_message(SignInFailed(problem))

    @property
    def ended_by(self) -> BaseException | None:
        """The error that ended the console, if one did."""
        return self._exception

    def _handle_exception(self, error: Exception) -> None:
        """End with status 1; the caller of the console names the report to read. Textual
        would print the values that were at hand, with whatever people wrote in them."""
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self._close_messages_no_wait()

    def on_signed_in_as(self, message: SignedInAs) -> None:
        self.person = message.person
        self._turn_to(message.person)
        self._accepted = False
        start(self, partial(self._renew, message.person), "renew")
        for service in _FOLLOWED:
            start(self, partial(self._follow, service), f"live {service}")
        if self.current_mode == "sign-in":
            self.switch_mode("home")
        elif getattr(self.screen, "ID", "") == "sign-in":
            self.pop_screen()
        self._redraw()
        self._wake(self.screen)

    def _turn_to(self, person: SignedIn) -> None:
        """Clear the drafts and readings of the person who was signed in before."""
        if self._subject is not None and person.subject != self._subject:
            self.unfinished_readings.clear()
            while isinstance(self.screen, ModalScreen) or len(self.screen_stack) > 1:
                self.pop_screen()
        self._subject = person.subject
        self.drafts.belong_to(self.endpoints.issuer, person.subject)

    def on_sign_in_failed(self, message: SignInFailed) -> None:
        if getattr(self.screen, "ID", "") != "sign-in":
            self.sign_in_again()
        self.screen.post_message(message)

    async def _renew(self, person: SignedIn) -> None:
        """Keep the token fresh for as long as the issuer renews it without asking the person."""
        renewal = await to_thread(import_module, "console.client.renewal")
        await renewal.keep_fresh(
            cast("Issuer", self.issuer), person, lambda fresh: self.post_message(Renewed(fresh))
        )

    def on_renewed(self, message: Renewed) -> None:
        if self.person is not None:
            self.person = message.person

    def sign_in_again(self) -> None:
        """The session is over: sign in above the screen, which stays as it is.

        A token that no service ever accepted is not asked for again without the person, who is told
        why: the console would ask, be refused and ask for ever.
        """
        refused = self.person is not None and not self._accepted
        self.person = None
        if getattr(self.screen, "ID", "") != "sign-in":
            self.open(SignInRoute(refused))

    async def _follow(self, service: str) -> None:
        live = (await to_thread(import_module, "console.client.hints")).Live(
            cast("StaffClient", self.client),
            hinted=lambda: self.post_message(Hinted(service)),
            changed=lambda: self.post_message(FreshnessChanged()),
            clock=self.clock,
            service=service,
        )
        self._live[service] = live
        try:
            await live.run()
        except SignedOut:
            self.post_message(TokenOver())

    def on_token_over(self) -> None:
        self.sign_in_again()

    def on_hinted(self, message: Hinted) -> None:
        if message.service in (_service_of(self.screen), *getattr(self.screen, "ALSO", ())):
            self._wake(self.screen)

    def on_freshness_changed(self) -> None:
        self._accepted = self._accepted or any(
            live.freshness().state == "live" for live in self._live.values()
        )
        self._look_at_freshness()

    def _look_at_freshness(self) -> None:
        if not self.screen_stack:
            return  # leaving: the last word of a connection has no screen to go to
        if (trouble := self.drafts.trouble) and not self._told_not_kept:
            self._told_not_kept = True
            why = trouble.strerror or type(trouble).__name__
            self.notify(NOT_KEPT.in_(self.language, why=why), severity="warning")
        live = self._live.get(_service_of(self.screen))
        freshness = live.freshness() if live else self.freshness
        if freshness == self.freshness:
            return
        turned = freshness.state != self.freshness.state
        self.freshness = freshness
        for screen in self.screen_stack:
            if isinstance(screen, PanelScreen) and screen.is_mounted:
                if turned:
                    screen.redraw()
                else:
                    screen.freshen()
        if turned:
            # Cut off: the read that fails says so in words. Back: what was missed is read.
            self._wake(self.screen)

    def _wake(self, screen: Screen[Any]) -> None:
        want = getattr(screen, "want", None)
        if want:
            want()

    def _redraw(self) -> None:
        for screen in self.screen_stack:
            redraw = getattr(screen, "redraw", None)
            if redraw:
                redraw()

    def open(self, route: Route) -> None:
        self.push_screen(route.screen())

    def action_area(self, area: str) -> None:
        if area not in {permitted.id for permitted in areas_for(self.roles)}:
            return
        if self.current_mode == area:
            while len(self.screen_stack) > 1:
                self.pop_screen()
        else:
            self.switch_mode(area)

    def action_language(self) -> None:
        self.language = "en" if self.language == "fr" else "fr"
        self._redraw()
        self._wake(self.screen)

    def action_appearance(self) -> None:
        self.theme = LIGHT.name if self.theme == DARK.name else DARK.name
        self._redraw()

    async def action_quit(self) -> None:
        """Leave; ask first only if a campaign is being written."""
        unsent = [self.drafts[name] for name in self.drafts.touched]
        if not any(value for fields in unsent for value in fields.values()):
            self.exit()
            return
        from console.screens.dialogs import ConfirmScreen

        sentence = UNSENT if self.drafts.outlive_the_programme else UNSAVED
        self.push_screen(
            ConfirmScreen(QUIT, sentence.in_(self.language), DO_QUIT),
            lambda confirmed: self.exit() if confirmed else None,
        )

    def action_reread(self) -> None:
        self._wake(self.screen)

    def action_help(self) -> None:
        self.open(HelpRoute(getattr(self.screen, "ID", "home")))

    def action_command_palette(self) -> None:
        from textual.command import CommandPalette

        if self.use_command_palette and not CommandPalette.is_open(cast("App[object]", self)):
            self.push_screen(
                CommandPalette(placeholder=SEARCH.in_(self.language), id="--command-palette")
            )

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Exactly the actions that hold here; no Screenshot, personal data can be on screen."""
        for action in actions_on(getattr(screen, "ID", ""), self.roles):
            target: Any = self if EVERYWHERE in action.screens else screen
            yield SystemCommand(
                f"{action.label.in_(self.language)}  ({action.sign})",
                action.means.in_(self.language),
                lambda target=target, id=action.id: target.run_action(id),
            )

    def get_line_filters(self) -> Sequence[LineFilter]:
        """`Guard` sees every line of every widget, Textual's own among them."""
        return [*super().get_line_filters(), self._guard]

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Show a message that passes by: words, never markup, whatever a widget asks for."""
        super().notify(
            shown(message), title=shown(title), severity=severity, timeout=timeout, markup=False
        )

    def copy_id(self, id: str) -> None:
        self.copy_to_clipboard(id)
        self.notify(COPIED.in_(self.language, id=id), timeout=3)


def _service_of(screen: Screen[Any]) -> str:
    return getattr(screen, "SERVICE", "campaigns")


if TYPE_CHECKING:

    def _as_shell(console: PanelConsole) -> Shell:
        """Proof for mypy that the console satisfies the protocol of its screens."""
        return console
