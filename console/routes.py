"""Routes: each names a screen with its arguments.

A screen's module is imported when its route is first followed, so that the console starts fast and
screens can lead to each other without importing each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

if TYPE_CHECKING:
    from textual.screen import Screen


@dataclass(frozen=True)
class Route:
    """Fields are the arguments of the screen, in its order."""

    module: ClassVar[str]
    name: ClassVar[str]

    def screen(self) -> Screen[Any]:
        arguments = (getattr(self, field.name) for field in fields(self))
        return _load(self.module, self.name)(*arguments)


def _load(module: str, name: str) -> Callable[..., Screen[Any]]:
    screen: Callable[..., Screen[Any]] = getattr(import_module(f"console.screens.{module}"), name)
    return screen


def _area(module: str, name: str) -> Callable[[], Screen[Any]]:
    return partial(lambda: _load(module, name)())


# First screen of each area; home needs no import at run time, as it is on screen first.
AREA_SCREENS: dict[str, Callable[[], Screen[Any]]] = {
    "home": _area("home.home", "HomeScreen"),
    "projects": _area("projects.projects", "ProjectsScreen"),
    "contacts": _area("contacts.contacts", "ContactsScreen"),
    "reading": _area("reading.reading_room", "ReadingRoomScreen"),
    "decisions": _area("decisions.decisions", "DecisionsScreen"),
    "sign-in": _area("sign_in.sign_in", "SignInScreen"),
}


@dataclass(frozen=True)
class SignInRoute(Route):
    module, name = "sign_in.sign_in", "SignInScreen"
    # The services did not accept the token of the last sign-in.
    is_refused: bool


@dataclass(frozen=True)
class HelpRoute(Route):
    module, name = "dialogs", "HelpScreen"
    screen_id: str


@dataclass(frozen=True)
class ProjectRoute(Route):
    module, name = "projects.project", "ProjectScreen"
    project_id: UUID


@dataclass(frozen=True)
class LaunchRoute(Route):
    module, name = "projects.launch", "LaunchScreen"
    project_id: UUID


@dataclass(frozen=True)
class ContributionRoute(Route):
    """A given contribution, or the next one in the reader's own order."""

    module, name = "reading.contribution", "ContributionScreen"
    project_id: UUID
    contribution_id: UUID | None = None


@dataclass(frozen=True)
class SearchRoute(Route):
    """Search in a project's contributions, or in those that support one proposal."""

    module, name = "reading.search_results", "SearchResultsScreen"
    project_id: UUID
    proposal_id: UUID | None = None


@dataclass(frozen=True)
class BoardRoute(Route):
    module, name = "reading.board", "BoardScreen"
    project_id: UUID


@dataclass(frozen=True)
class AttentionRoute(Route):
    module, name = "reading.attention", "AttentionScreen"
    project_id: UUID


@dataclass(frozen=True)
class ProjectDecisionsRoute(Route):
    module, name = "decisions.project_decisions", "ProjectDecisionsScreen"
    project_id: UUID


@dataclass(frozen=True)
class DecisionRoute(Route):
    module, name = "decisions.decision", "DecisionScreen"
    project_id: UUID
    proposal_id: UUID


@dataclass(frozen=True)
class ReportRoute(Route):
    module, name = "decisions.report", "ReportScreen"
    project_id: UUID
