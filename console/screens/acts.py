"""Acts on a project that several screens offer: each asks first, then says how it ended."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.message import Message

from console.data.problems import Problematic, Refused, SignedOut
from console.data.said import Said, signed
from console.screens.base import PanelScreen, in_words
from console.screens.dialogs import ConfirmScreen, NewsScreen
from console.words import Language, Text
from console.workers import start

if TYPE_CHECKING:
    from console.data.client import Client
    from services.contracts.http.campaigns import ProjectView

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
    fr="Un projet naît de sa fiche, relue à plusieurs avant d'entrer ici :",
    en="A project comes from its sheet, read by several people before it comes in:",
)
COMMAND = Text(fr="panel projects create FICHE.yaml", en="panel projects create SHEET.yaml")


class Published(Message):
    def __init__(self, project: ProjectView) -> None:
        super().__init__()
        self.project = project


class ActFailed(Message):
    def __init__(self, problem: Problematic) -> None:
        super().__init__()
        self.problem = problem


def refusal(problem: Problematic, language: Language) -> NewsScreen:
    if not isinstance(problem, Refused):
        return NewsScreen(signed(in_words(problem, language)))
    lines = [signed(Said(problem.detail, "trouble"))]
    lines += [Said(f"  · {error}") for error in problem.errors]
    if problem.way_out:
        lines += [Said(""), Said(problem.way_out)]
    return NewsScreen(*lines)


class ActingScreen(PanelScreen):  # type: ignore[type-arg]
    """A screen from which a project can be published or launched."""

    def chosen(self) -> ProjectView | None:
        raise NotImplementedError

    def action_publish(self) -> None:
        project, client = self.chosen(), self.panel.client
        if project is None or client is None:
            return

        def go(confirmed: bool | None) -> None:
            if confirmed:
                start(self, partial(self._publish, client, project), "act", exclusive=False)

        sentence = PUBLISHING.in_(self.language, title=project.title)
        self.app.push_screen(ConfirmScreen(PUBLISH, sentence, DO_PUBLISH), go)

    async def _publish(self, client: Client, project: ProjectView) -> None:
        try:
            self.post_message(Published(await client.publish(project.id)))
        except Problematic as problem:
            self.post_message(ActFailed(problem))

    def on_published(self, message: Published) -> None:
        words = PUBLISHED.in_(self.language, title=message.project.title)
        self.notify(f"✓ {words}")
        self.want()

    def on_act_failed(self, message: ActFailed) -> None:
        if isinstance(message.problem, SignedOut):
            self.panel.sign_in_again()
            return
        self.app.push_screen(refusal(message.problem, self.language))

    def action_launch(self) -> None:
        project = self.chosen()
        if project:
            self.panel.launch_for(project.id)

    def action_copy_id(self) -> None:
        project = self.chosen()
        if project:
            self.panel.copy_id(str(project.id))

    def action_new(self) -> None:
        self.app.push_screen(
            NewsScreen(
                Said(FROM_A_SHEET.in_(self.language)),
                Said(""),
                Said(f"  {COMMAND.in_(self.language)}", "strong"),
            )
        )
