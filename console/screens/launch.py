"""Launching: a campaign of the project, or a new one, and what it would do, as one types."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from textual.containers import Container, Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static

from console.data.drafting import Draft, NotASheet
from console.data.problems import Problematic, SignedOut
from console.data.reading import MANY_PEOPLE, launch_sentence, will_be_asked
from console.data.said import Said, signed
from console.data.vocabulary import ATTRIBUTES, NOT_NOW, code_in_words, say
from console.screens.acts import refusal
from console.screens.base import PanelScreen, bindings, in_words
from console.screens.dialogs import ConfirmScreen, NewsScreen
from console.widgets.said import content, sparkline
from console.widgets.table import Column, Row, Table
from console.words import Text, bar, between, number
from console.workers import start

if TYPE_CHECKING:
    from console.data.client import Client
    from services.contracts.http.campaigns import (
        CampaignSheet,
        CampaignView,
        Preview,
        ProjectView,
    )

_DEBOUNCE_SECONDS = 0.3
_NEW = "new"

TITLE = Text(fr="Lancer · {title}", en="Launch · {title}")
WORD = Text(fr="LANCER", en="LAUNCH")
CHOOSE = Text(fr="Campagnes à lancer", en="Campaigns to launch")
WANTED = Text(fr="Voulus", en="Wanted")
WRITE = Text(fr="+ écrire une nouvelle campagne", en="+ write a new campaign")
LABELS = {
    "title": Text(fr="Titre", en="Title"),
    "wanted": Text(fr="À solliciter", en="People to ask"),
    "age_band": ATTRIBUTES["age_band"],
    "region": ATTRIBUTES["region"],
    "digital": ATTRIBUTES["digital"],
    "quotas": Text(fr="Quotas", en="Quotas"),
    "first_day": Text(fr="Premier jour", en="First day"),
}
EXAMPLES = {
    "title": Text(fr="Première vague", en="First wave"),
    "wanted": Text(fr="240", en="240"),
    "age_band": Text(fr="tous, ou 18-34 35-49", en="all, or 18-34 35-49"),
    "region": Text(fr="partout, ou nord", en="all, or nord"),
    "digital": Text(fr="tous, ou never often", en="all, or never often"),
    "quotas": Text(fr="aucun, ou 65+=60 …", en="none, or 65+=60 …"),
    "first_day": Text(fr="le jour du lancement", en="the day of the launch"),
}
FORM_HINT = Text(
    fr="↑ ↓ change de champ, entrée montre la phrase qui dit ce qui va se passer.",
    en="↑ ↓ other field, enter shows the sentence that says what will happen.",
)
WHAT_IT_DOES = Text(fr="CE QUE CELA FERAIT", en="WHAT IT WOULD DO")
FITTING = Text(fr="correspondent", en="fit")
NOW = Text(fr="sollicitables", en="can be asked")
OF_WANTED = Text(fr="voulus", en="wanted")
NOT_POSSIBLE = Text(fr="Pas maintenant :", en="Not now:")
FEASIBLE = Text(fr="le nombre voulu est possible", en="the number wanted is possible")
TOO_MANY = Text(fr="pour l'instant, {n} au plus", en="{n} at most for now")
NOBODY = Text(fr="personne ne correspond", en="nobody fits")
AT_MOST = Text(fr="{code} : au plus {n}", en="{code}: {n} at most")
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
    def __init__(self, about: object, preview: Preview) -> None:
        super().__init__()
        self.about = about
        self.preview = preview


class NotPreviewed(Message):
    def __init__(self, about: object, problem: Problematic) -> None:
        super().__init__()
        self.about = about
        self.problem = problem


class Launched(Message):
    def __init__(self, campaign: CampaignView) -> None:
        super().__init__()
        self.campaign = campaign


class NotLaunched(Message):
    def __init__(self, problem: Problematic) -> None:
        super().__init__()
        self.problem = problem


class LaunchScreen(PanelScreen[LaunchSnapshot]):
    ID = "launch"
    BINDINGS = bindings("launch")

    def __init__(self, project_id: UUID) -> None:
        super().__init__()
        self._project_id = project_id
        self._about: object = None
        self._preview: Preview | None = None
        self._trouble: Said | None = None
        self._preview_timer: Timer | None = None
        # A sheet already stored as a draft, so that trying again does not store it twice.
        self._stored: dict[str, UUID] = {}

    def compose_body(self) -> Iterable[Widget]:
        with Horizontal(id="launch"):
            with Container(id="left"):
                yield Table(id="drafts")
                with Vertical(id="form"):
                    for name in LABELS:
                        with Horizontal(classes="field"):
                            yield Static(id=f"label-{name}")
                            yield Input(id=f"field-{name}")
                    yield Static(id="hint")
            with VerticalScroll(id="right", can_focus=False):
                yield Static(id="preview")

    def on_mount(self) -> None:
        for name, value in self.panel.typed.get(self._project_id, {}).items():
            self.query_one(f"#field-{name}", Input).value = value
        self.query_one("#drafts").focus()

    def title_in_words(self) -> str:
        title = self.snapshot.project.title if self.snapshot else "…"
        return TITLE.in_(self.language, title=title)

    @property
    def writing(self) -> bool:
        return self.has_class("-writing")

    async def read(self, client: Client) -> LaunchSnapshot:
        project = await client.project(self._project_id)
        campaigns = await client.campaigns(self._project_id)
        return LaunchSnapshot(project, [one for one in campaigns if one.launched_at is None])

    def draw(self) -> None:
        language = self.language
        self.freshen_title()
        for name, label in LABELS.items():
            self.query_one(f"#label-{name}", Static).update(label.in_(language))
            self.query_one(f"#field-{name}", Input).placeholder = EXAMPLES[name].in_(language)
        self.query_one("#hint", Static).update(FORM_HINT.in_(language))
        self._draw_drafts()
        self._draw_preview()

    def _draw_drafts(self) -> None:
        language = self.language
        if self.snapshot is None:
            return
        rows = [
            Row(str(one.id), (Said(one.title), Said(number(one.wanted, language))))
            for one in self.snapshot.drafts
        ]
        rows.append(Row(_NEW, (Said(WRITE.in_(language), "dim"), Said(""))))
        table = self.query_one("#drafts", Table)
        table.show(
            [Column(CHOOSE.in_(language)), Column(WANTED.in_(language), 7, "right")], rows, False
        )
        if not self.snapshot.drafts and not self.writing and not self._stored:
            self._write()

    def _write(self) -> None:
        self.add_class("-writing")
        self.query_one("#field-title").focus()
        self._preview_soon()

    def _typed(self) -> dict[str, str]:
        return {name: self.query_one(f"#field-{name}", Input).value for name in LABELS}

    def _draft(self) -> Draft:
        typed = self._typed()
        audience = {name: typed[name] for name in ATTRIBUTES}
        first_code = typed["quotas"].partition("=")[0].strip()
        return Draft(
            typed["title"],
            typed["wanted"],
            audience,
            _attribute_of(first_code, audience),
            typed["quotas"],
            typed["first_day"],
        )

    # What it would do, asked for a moment after the last key.

    def on_table_selected(self, message: Table.Selected) -> None:
        self._preview_soon()

    def on_input_changed(self) -> None:
        self.panel.typed[self._project_id] = self._typed()
        self._preview_soon()

    def _preview_soon(self) -> None:
        if self._preview_timer:
            self._preview_timer.stop()
        self._preview_timer = self.set_timer(_DEBOUNCE_SECONDS, self._ask_preview)

    def _ask_preview(self) -> None:
        client = self.panel.client
        if client is None:
            return
        self._trouble = None
        if self.writing:
            draft = self._draft()
            try:
                # What it would do does not depend on the title, which may come last.
                about: object = replace(draft, title=draft.title.strip() or "…").sheet(
                    self._project_id, self.language
                )
            except NotASheet as wrong:
                self._about = self._preview = None
                empty = not any(self._typed().values())
                self._trouble = None if empty else Said(str(wrong), "attention")
                self._draw_preview()
                return
        else:
            key = self.query_one("#drafts", Table).selected
            if key in (None, _NEW):
                self._about = self._preview = None
                self._draw_preview()
                return
            about = UUID(key)
        self._about = about
        read = partial(self._read_preview, client, about)
        start(self, read, "preview")

    async def _read_preview(self, client: Client, about: object) -> None:
        try:
            if isinstance(about, UUID):
                preview = await client.preview_of(about)
            else:
                preview = await client.preview(about)  # type: ignore[arg-type]
            self.post_message(Previewed(about, preview))
        except Problematic as problem:
            self.post_message(NotPreviewed(about, problem))

    def on_previewed(self, message: Previewed) -> None:
        if message.about == self._about:
            self._preview, self._trouble = message.preview, None
            self._draw_preview()

    def on_not_previewed(self, message: NotPreviewed) -> None:
        if isinstance(message.problem, SignedOut):
            self.panel.sign_in_again()
        elif message.about == self._about:
            self._preview = None
            self._trouble = in_words(message.problem, self.language)
            self._draw_preview()

    def _draw_preview(self) -> None:
        language, preview = self.language, self._preview
        parts: list[Content | Said | str] = [Said(f"{WHAT_IT_DOES.in_(language)}\n", "dim")]
        if self._trouble:
            parts += ["\n", signed(self._trouble)]
        elif preview:
            top = max(preview.fitting, preview.wanted)
            for count, words in (
                (preview.fitting, FITTING),
                (preview.can_be_asked, NOW),
                (preview.wanted, OF_WANTED),
            ):
                parts += [
                    "\n",
                    Said(f"{number(count, language):>6} ", "strong"),
                    Said(f"{words.in_(language):<14}", "dim"),
                    sparkline(bar(count, top, 8)),
                ]
            parts += [
                "\n\n",
                between(preview.first_day, preview.last_day, self.panel.today, language),
            ]
            not_now = {code: n for code, n in preview.not_now.items() if n}
            if not_now:
                parts.append(Said(f"\n\n{NOT_POSSIBLE.in_(language)}", "dim"))
                for code, n in not_now.items():
                    words_ = say(NOT_NOW, code, language)
                    parts += ["\n", f"{number(n, language):>6} ", Said(words_, "dim")]
            for stratum in preview.strata:
                short = stratum.can_be_asked < stratum.wanted
                code = code_in_words(self._quota_attribute(), stratum.stratum, language)
                line = f"\n{code:<10} {number(stratum.wanted, language):>5}"
                parts.append(Said(line, "attention" if short else ""))
                parts.append(Said(f" / {number(stratum.can_be_asked, language)}", "dim"))
            parts.append("\n\n")
            parts.append(signed(self._verdict(preview)))
        self.query_one("#preview", Static).update(content(*parts))

    def _quota_attribute(self) -> str:
        if self.writing:
            return self._draft().quotas_by
        key = self.query_one("#drafts", Table).selected
        drafts = self.snapshot.drafts if self.snapshot else []
        quotas = next((one.quotas for one in drafts if str(one.id) == key), None)
        return quotas.attribute if quotas else ""

    def _verdict(self, preview: Preview) -> Said:
        language = self.language
        if not preview.fitting:
            return Said(NOBODY.in_(language), "attention")
        people = will_be_asked(preview)
        if preview.feasible and people >= preview.wanted:
            return Said(FEASIBLE.in_(language), "done")
        if preview.relaxation:
            attribute = self._quota_attribute()
            lines = [
                AT_MOST.in_(
                    language,
                    code=code_in_words(attribute, code, language),
                    n=number(n, language),
                )
                for code, n in preview.relaxation.items()
                if code
            ]
            if lines:
                return Said("\n  ".join(lines), "attention")
        return Said(TOO_MANY.in_(language, n=number(people, language)), "attention")

    # From the sentence to the act.

    def on_table_opened(self, message: Table.Opened) -> None:
        if message.key == _NEW:
            self._write()
        else:
            self.action_launch()

    def on_input_submitted(self) -> None:
        self.action_launch()

    def key_down(self) -> None:
        if self.writing:
            self.focus_next(Input)

    def key_up(self) -> None:
        if self.writing:
            self.focus_previous(Input)

    def action_new(self) -> None:
        self._write()

    def action_launch(self) -> None:
        """Show the sentence of what will happen; nothing happens before it is confirmed."""
        client = self.panel.client
        if client is None:
            return
        about: CampaignSheet | UUID | None = self._about  # type: ignore[assignment]
        title = ""
        if self.writing:
            try:
                sheet = self._draft().sheet(self._project_id, self.language)
            except NotASheet as wrong:
                self._trouble = Said(str(wrong), "attention")
                self._draw_preview()
                self.query_one(f"#field-{wrong.field}").focus()
                return
            about, title = sheet, sheet.title
        elif isinstance(about, UUID) and self.snapshot:
            title = next(one.title for one in self.snapshot.drafts if one.id == about)
        if about is None or self._preview is None:
            self._ask_preview()
            return
        people = will_be_asked(self._preview)

        def go(confirmed: bool | None) -> None:
            if confirmed:
                start(self, partial(self._launch, client, about), "act", exclusive=False)

        self.app.push_screen(
            ConfirmScreen(
                Text(SENTENCE.fr.format(title=title), SENTENCE.en.format(title=title)),
                launch_sentence(self._preview, self.language, self.panel.today),
                SEND,
                WORD if people > MANY_PEOPLE else None,
            ),
            go,
        )

    async def _launch(self, client: Client, about: CampaignSheet | UUID) -> None:
        try:
            if isinstance(about, UUID):
                campaign_id = about
            else:
                key = about.model_dump_json()
                if key not in self._stored:
                    self._stored[key] = (await client.write_campaign(about)).id
                campaign_id = self._stored[key]
            launched = await client.launch([campaign_id])
            self.post_message(Launched(launched[0]))
        except Problematic as problem:
            self.post_message(NotLaunched(problem))

    def on_launched(self, message: Launched) -> None:
        campaign, language = message.campaign, self.language
        said = LAUNCHED.in_(language, title=campaign.title, n=number(campaign.wanted, language))
        self.panel.typed.pop(self._project_id, None)
        self.app.pop_screen()
        self.app.push_screen(
            NewsScreen(signed(Said(said, "done")), Said(""), Said(ELSEWHERE.in_(language)))
        )

    def on_not_launched(self, message: NotLaunched) -> None:
        if isinstance(message.problem, SignedOut):
            self.panel.sign_in_again()
        else:
            self.app.push_screen(refusal(message.problem, self.language))

    def action_back(self) -> None:
        """From the form to the list with what was typed kept, from the list to the project."""
        if self.writing and self.snapshot and self.snapshot.drafts:
            self.remove_class("-writing")
            self.query_one("#drafts").focus()
            self._preview_soon()
        else:
            self.app.pop_screen()


def _attribute_of(code: str, audience: dict[str, str]) -> str:
    """Which criterion a quota's code belongs to: the one whose audience names it, else by form."""
    for name, codes in audience.items():
        if code in codes.replace(",", " ").split():
            return name
    if code in ("never", "sometimes", "often"):
        return "digital"
    return "age_band" if code[:1].isdigit() else "region"
