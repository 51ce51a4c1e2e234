"""Acts: what changes something asks first where it must, and says how it ended."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from textual.message import Message

from console.client.problems import Failure, Refused, SignedOut
from console.presenters.styled_text import Phrase, with_sign
from console.routes import LaunchRoute, ProjectDecisionsRoute
from console.screens.base import PanelScreen, S, in_words
from console.screens.dialogs import ConfirmScreen, NewsScreen
from console.words import Language, Text
from console.workers import start

if TYPE_CHECKING:
    from console.client.staff_client import StaffClient
    from services.contracts.http.campaigns import ProjectView

T = TypeVar("T")

PUBLISH = Text(fr="Publier le mandat", en="Publish the mandate")
PUBLISHING = Text(
    fr="Le mandat de « {title} » sera lisible par tous, et ne pourra plus être changé. "
    "Personne n'est encore invité.",
    en="The mandate of “{title}” will be readable by everybody, and can no longer be changed. "
    "Nobody is invited yet.",
)
DO_PUBLISH = Text(fr="publier", en="publish")
PUBLISHED = Text(fr="« {title} » est publié.", en="“{title}” is published.")
FROM_A_SHEET = Text(
    fr="Un projet vient d'un fichier, relu à plusieurs avant d'être créé ici :",
    en="A project comes from a file, reviewed by several people before it is created here:",
)
COMMAND = Text(fr="panel projects create PROJET.yaml", en="panel projects create PROJECT.yaml")


class Acted(Message):
    """It is done; `then` says so on screen."""

    def __init__(self, then: Callable[[], None]) -> None:
        super().__init__()
        self.then = then


class ActFailed(Message):
    def __init__(self, problem: Failure) -> None:
        super().__init__()
        self.problem = problem


def refusal(problem: Failure, language: Language) -> NewsScreen:
    if not isinstance(problem, Refused):
        return NewsScreen(with_sign(in_words(problem, language)))
    lines = [with_sign(Phrase(problem.detail, "trouble"))]
    lines += [Phrase(f"  · {error}") for error in problem.errors]
    if problem.way_out:
        lines += [Phrase(""), Phrase(problem.way_out)]
    return NewsScreen(*lines)


class ActingScreen(PanelScreen[S]):
    """A screen from which something can be done."""

    def act(
        self, work: Callable[[StaffClient], Coroutine[Any, Any, T]], then: Callable[[T], None]
    ) -> None:
        """Ask the service, then read again; a refusal is shown, and nothing typed is lost."""
        if client := self.shell.client:
            start(self, partial(self._act, client, work, then), "act", exclusive=False)

    async def _act(
        self,
        client: StaffClient,
        work: Callable[[StaffClient], Coroutine[Any, Any, T]],
        then: Callable[[T], None],
    ) -> None:
        try:
            self.post_message(Acted(partial(then, await work(client))))
        except Failure as problem:
            self.post_message(ActFailed(problem))

    def on_acted(self, message: Acted) -> None:
        message.then()
        self.want()

    def on_act_failed(self, message: ActFailed) -> None:
        if isinstance(message.problem, SignedOut):
            self.shell.sign_in_again()
            return
        self.app.push_screen(refusal(message.problem, self.language))


class ProjectActs(ActingScreen[S]):
    """A screen from which a project can be published or launched."""

    @abstractmethod
    def chosen(self) -> ProjectView | None:
        """The project that is meant, if any."""

    def action_publish(self) -> None:
        project = self.chosen()
        if project is None:
            return

        def go(confirmed: bool | None) -> None:
            if confirmed:
                self.act(lambda client: client.publish_project(project.id), self._published)

        sentence = PUBLISHING.in_(self.language, title=project.title)
        self.app.push_screen(ConfirmScreen(PUBLISH, sentence, DO_PUBLISH), go)

    def _published(self, project: ProjectView) -> None:
        self.notify(f"✓ {PUBLISHED.in_(self.language, title=project.title)}")

    def action_launch(self) -> None:
        project = self.chosen()
        if project:
            self.shell.open(LaunchRoute(project.id))

    def action_decisions(self) -> None:
        if project := self.chosen():
            self.shell.open(ProjectDecisionsRoute(project.id))

    def action_copy_id(self) -> None:
        project = self.chosen()
        if project:
            self.shell.copy_id(str(project.id))

    def action_new(self) -> None:
        self.app.push_screen(
            NewsScreen(
                Phrase(FROM_A_SHEET.in_(self.language)),
                Phrase(""),
                Phrase(f"  {COMMAND.in_(self.language)}", "strong"),
            )
        )
