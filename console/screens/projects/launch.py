"""Launch of a stored or new campaign, with a preview while typing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

from textual.containers import Container, Horizontal, VerticalScroll
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget

from console.client.problems import Failure, FieldError, Incomplete, SignedOut
from console.presenters.projects import MANY_PEOPLE, launch_sentence, will_be_asked
from console.presenters.styled_text import Phrase, with_sign
from console.screens.acts import refusal
from console.screens.base import PanelScreen, bindings, in_words
from console.screens.dialogs import ConfirmScreen, NewsScreen
from console.screens.projects.campaign_form import CampaignForm
from console.screens.projects.preview_pane import PreviewPane
from console.widgets.table import Column, Row, Table
from console.words import Text, number
from console.workers import start

if TYPE_CHECKING:
    from console.client.staff_client import StaffClient
    from services.contracts.http.campaigns import (
        CampaignSheet,
        CampaignView,
        Preview,
        ProjectView,
    )

    # A campaign as it is typed, or the id of a campaign that is stored.
    About: TypeAlias = CampaignSheet | UUID

_DEBOUNCE_SECONDS = 0.3
_NEW = "new"
# The preview does not depend on the title, which may come last.
_UNTITLED = "…"

TITLE = Text(fr="Lancer · {title}", en="Launch · {title}")
WORD = Text(fr="LANCER", en="LAUNCH")
CHOOSE = Text(fr="Campagnes à lancer", en="Campaigns to launch")
WANTED = Text(fr="Voulus", en="Wanted")
WRITE = Text(fr="+ écrire une nouvelle campagne", en="+ write a new campaign")
SENTENCE = Text(fr="Lancer « {title} »", en="Launch “{title}”")
SEND = Text(fr="lancer", en="launch")
LAUNCHED = Text(
    fr="« {title} » est lancée : {n} personnes voulues. Le tirage commence.",
    en="“{title}” is launched: {n} people wanted. The draw begins.",
)
ELSEWHERE = Text(
    fr="Les envois suivent leur cours ; les réponses arrivent dans le projet.",
    en="Messages now leave by themselves; answers come in on the project's screen.",
)


@dataclass(frozen=True)
class LaunchSnapshot:
    project: ProjectView
    drafts: list[CampaignView]


class Previewed(Message):
    def __init__(self, subject: About, preview: Preview) -> None:
        super().__init__()
        self.about = subject
        self.preview = preview


class NotPreviewed(Message):
    def __init__(self, subject: About, problem: Failure) -> None:
        super().__init__()
        self.about = subject
        self.problem = problem


class Launched(Message):
    def __init__(self, campaign: CampaignView) -> None:
        super().__init__()
        self.campaign = campaign


class NotLaunched(Message):
    def __init__(self, problem: Failure) -> None:
        super().__init__()
        self.problem = problem


class LaunchScreen(PanelScreen[LaunchSnapshot]):
    ID = "launch"
    BINDINGS = bindings("launch")

    def __init__(self, project_id: UUID) -> None:
        super().__init__()
        self._project_id = project_id
        self._typed_as = f"campaign {project_id}"
        # Subject of the preview under way, and subject of the preview on screen.
        self._about: About | None = None
        self._preview: Preview | None = None
        self._preview_of: About | None = None
        self._launch_once_known = False
        self._trouble: Phrase | None = None
        self._preview_timer: Timer | None = None
        # A campaign already stored as a draft, so that trying again does not store it twice.
        self._stored: dict[str, UUID] = {}

    def compose_body(self) -> Iterable[Widget]:
        with Horizontal(id="launch"):
            with Container(id="left"):
                yield Table(id="drafts")
                yield CampaignForm(id="form")
            with VerticalScroll(id="right", can_focus=False):
                yield PreviewPane(id="preview")

    def on_mount(self) -> None:
        self._form.fill(self.shell.drafts.get(self._typed_as, {}))
        self._drafts.focus()

    @property
    def _form(self) -> CampaignForm:
        return self.query_one(CampaignForm)

    @property
    def _drafts(self) -> Table:
        return self.query_one("#drafts", Table)

    def title_in_words(self) -> str:
        title = self.snapshot.project.title if self.snapshot else "…"
        return TITLE.in_(self.language, title=title)

    @property
    def writing(self) -> bool:
        return self.has_class("-writing")

    async def fetch(self, client: StaffClient) -> LaunchSnapshot:
        project = await client.project(self._project_id)
        campaigns = await client.campaigns_of(self._project_id)
        return LaunchSnapshot(
            project, [campaign for campaign in campaigns if campaign.launched_at is None]
        )

    def draw(self) -> None:
        self.freshen_title()
        self._form.speak(self.language)
        self._draw_drafts()
        self._draw_preview()

    def _draw_drafts(self) -> None:
        language = self.language
        if self.snapshot is None:
            return
        rows = [
            Row(str(draft.id), (Phrase(draft.title), Phrase(number(draft.wanted, language))))
            for draft in self.snapshot.drafts
        ]
        rows.append(Row(_NEW, (Phrase(WRITE.in_(language), "dim"), Phrase(""))))
        self._drafts.show(
            [Column(CHOOSE.in_(language)), Column(WANTED.in_(language), 7, "right")], rows, False
        )
        if not self.snapshot.drafts and not self.writing and not self._stored:
            self._write()

    def _write(self) -> None:
        self.add_class("-writing")
        self._form.focus_field("title")
        self._preview_soon()

    def _chosen(self) -> CampaignView | None:
        """The stored campaign under the cursor."""
        drafts = self.snapshot.drafts if self.snapshot else []
        return next((draft for draft in drafts if str(draft.id) == self._drafts.selected), None)

    def _quotas_by(self) -> str:
        if self.writing:
            return self._form.draft.quotas_by
        chosen = self._chosen()
        return chosen.quotas.attribute if chosen and chosen.quotas else ""

    # Fetch the preview a moment after the last key.

    def on_table_selected(self, message: Table.Selected) -> None:
        self._preview_soon()

    def on_input_changed(self) -> None:
        self._keep()
        self._preview_soon()

    def _keep(self) -> None:
        typed = self._form.typed
        if any(typed.values()):
            self.shell.drafts[self._typed_as] = typed
        else:
            self.shell.drafts.pop(self._typed_as, None)

    def _preview_soon(self) -> None:
        self._launch_once_known = False
        if self._preview_timer:
            self._preview_timer.stop()
        self._preview_timer = self.set_timer(_DEBOUNCE_SECONDS, self._ask_preview)

    def _ask_preview(self) -> None:
        client = self.shell.client
        if client is None:
            return
        self._trouble = None
        wrong: tuple[FieldError, ...] = ()
        try:
            subject = self._at_hand()
        except Incomplete as error:
            subject = None
            # An untouched form is no mistake.
            wrong = error.errors if any(self._form.typed.values()) else ()
        self._form.show_wrong(wrong)
        if subject is None:
            self._about = self._preview = self._preview_of = None
            self._draw_preview()
            return
        self._about = subject
        start(self, partial(self._read_preview, client, subject), "preview")

    def _at_hand(self) -> About | None:
        """Subject of the preview, with or without a title. Raises Incomplete."""
        if self.writing:
            return replace(self._form.draft, title=_UNTITLED).request(
                self._project_id, self.language
            )
        chosen = self._chosen()
        return chosen.id if chosen else None

    async def _read_preview(self, client: StaffClient, subject: About) -> None:
        try:
            if isinstance(subject, UUID):
                preview = await client.preview(subject)
            else:
                preview = await client.preview_unsaved(subject)
            self.post_message(Previewed(subject, preview))
        except Failure as problem:
            self.post_message(NotPreviewed(subject, problem))

    def on_previewed(self, message: Previewed) -> None:
        if message.about == self._about:
            self._preview, self._preview_of = message.preview, message.about
            self._trouble = None
            self._draw_preview()
            if self._launch_once_known:
                self.action_launch()

    def on_not_previewed(self, message: NotPreviewed) -> None:
        if isinstance(message.problem, SignedOut):
            self.shell.sign_in_again()
        elif message.about == self._about:
            self._preview, self._launch_once_known = None, False
            self._trouble = in_words(message.problem, self.language)
            self._draw_preview()

    def _draw_preview(self) -> None:
        pane = self.query_one(PreviewPane)
        if self._preview and not self._trouble:
            pane.show(self._preview, self._quotas_by(), self.language, self.shell.today)
        else:
            pane.show_waiting(self.language, self._trouble)

    # From the sentence to the act.

    def on_table_opened(self, message: Table.Opened) -> None:
        if message.key == _NEW:
            self._write()
        else:
            self.action_launch()

    def on_input_submitted(self) -> None:
        self.action_launch()

    def action_new(self) -> None:
        self._write()

    def action_launch(self) -> None:
        """Show the effect of the launch; nothing happens before it is confirmed.

        The numbers are those of the very thing to be launched: until they have come, it waits.
        """
        client = self.shell.client
        if client is None:
            return
        try:
            subject, title = self._to_launch()
            at_hand = self._at_hand()
        except Incomplete as error:
            self._form.show_wrong(error.errors)
            self._form.focus_field(error.errors[0].field)
            return
        if subject is None:
            return
        if self._preview is None or at_hand != self._preview_of:
            self._launch_once_known = True
            self._ask_preview()
            return
        self._launch_once_known = False
        people = will_be_asked(self._preview)

        def go(confirmed: bool | None) -> None:
            if confirmed:
                start(self, partial(self._launch, client, subject), "act", exclusive=False)

        self.app.push_screen(
            ConfirmScreen(
                Text(SENTENCE.fr.format(title=title), SENTENCE.en.format(title=title)),
                launch_sentence(self._preview, self.language, self.shell.today),
                SEND,
                WORD if people > MANY_PEOPLE else None,
            ),
            go,
        )

    def _to_launch(self) -> tuple[About | None, str]:
        """With its title. Raises Incomplete."""
        if self.writing:
            sheet = self._form.draft.request(self._project_id, self.language)
            return sheet, sheet.title
        chosen = self._chosen()
        return (chosen.id, chosen.title) if chosen else (None, "")

    async def _launch(self, client: StaffClient, subject: About) -> None:
        from console.client.requests import build_request
        from services.contracts.http.campaigns import Launch

        try:
            if isinstance(subject, UUID):
                campaign_id = subject
            else:
                key = subject.model_dump_json()
                if key not in self._stored:
                    self._stored[key] = (await client.create_campaign(subject)).id
                campaign_id = self._stored[key]
            order = build_request(Launch, self.language, campaign_ids=[campaign_id])
            launched = await client.launch(order)
            self.post_message(Launched(launched[0]))
        except Failure as problem:
            self.post_message(NotLaunched(problem))

    def on_launched(self, message: Launched) -> None:
        campaign, language = message.campaign, self.language
        sentence = LAUNCHED.in_(language, title=campaign.title, n=number(campaign.wanted, language))
        self.shell.drafts.pop(self._typed_as, None)
        self.app.pop_screen()
        self.app.push_screen(
            NewsScreen(
                with_sign(Phrase(sentence, "done")), Phrase(""), Phrase(ELSEWHERE.in_(language))
            )
        )

    def on_not_launched(self, message: NotLaunched) -> None:
        if isinstance(message.problem, SignedOut):
            self.shell.sign_in_again()
        else:
            self.app.push_screen(refusal(message.problem, self.language))

    def action_back(self) -> None:
        """Go back from the form to the list, with the draft stored, or from the list to the
        project."""
        if self.writing and self.snapshot and self.snapshot.drafts:
            self.remove_class("-writing")
            self._drafts.focus()
            self._preview_soon()
        else:
            self.app.pop_screen()
