"""The application as screens, dialogs and widgets see it.

They hold no reference to the application's class: what they may use of it stands here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from uuid import UUID

    from console.client.freshness import Freshness
    from console.client.sign_in import Issuer, SignedIn
    from console.client.staff_client import StaffClient
    from console.drafts.reading import Begun
    from console.drafts.store import Drafts
    from console.routes import Route
    from console.words import Language


class Shell(Protocol):
    """Person, language, services and navigation, shared by all screens."""

    language: Language
    freshness: Freshness
    # The panel's own day, as the services last reported it: a local stack may have another clock.
    today: date
    clock: Callable[[], datetime]
    # None until the modules that talk to the services are loaded.
    client: StaffClient | None
    issuer: Issuer | None
    # None until somebody signs in.
    person: SignedIn | None
    drafts: Drafts
    unfinished_readings: dict[UUID, Begun]

    @property
    def roles(self) -> frozenset[str]:
        """Of the person signed in."""

    @property
    def current_mode(self) -> str:
        """Id of the area on screen."""

    def open(self, route: Route) -> None:
        """Open a screen above the current one."""

    def sign_in(self, person_id: str) -> None:
        """Local issuer only: sign in as one of its people."""

    def sign_in_again(self) -> None:
        """The session is over: ask for a new sign-in above the current screen."""

    def copy_id(self, id: str) -> None: ...


class InShell:
    """Mixin for screens, dialogs and widgets of the application."""

    @property
    def shell(self) -> Shell:
        return cast("Shell", cast("Any", self).app)

    @property
    def language(self) -> Language:
        return self.shell.language
