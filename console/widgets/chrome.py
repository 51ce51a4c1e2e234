"""What frames every screen: title and freshness above, areas below them, keys at the bottom."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.content import Content
from textual.widget import Widget

from console.actions import areas_for, held_on
from console.client.freshness import Freshness
from console.client.vocabulary import ROLES, say
from console.presenters.styled_text import Said, Tone
from console.widgets.styled_text import content, key
from console.words import elide
from services.contracts.characters import shown_line

if TYPE_CHECKING:
    from console.app import PanelConsole

_FRESHNESS: dict[str, Tone] = {
    "starting": "dim",
    "live": "done",
    "behind": "attention",
    "cut_off": "trouble",
    "never": "trouble",
}


class _Chrome(Widget):
    DEFAULT_CSS = "_Chrome { height: 1; width: 1fr; }"

    @property
    def panel(self) -> PanelConsole:
        return cast("PanelConsole", self.app)


class TopBar(_Chrome):
    """Where one is, who one is, and how fresh it all is."""

    def __init__(self) -> None:
        super().__init__()
        self.title = ""

    def render(self) -> Content:
        panel, language = self.panel, self.panel.language
        freshness: Freshness = panel.freshness
        right = content(Said(freshness.say(language), _FRESHNESS[freshness.state]), " ")
        room = self.size.width - right.cell_length - 2
        who, title = "", shown_line(self.title)
        if panel.person and panel.person.name:
            name = shown_line(panel.person.name)
            roles = ", ".join(say(ROLES, role, language) for role in sorted(panel.person.roles))
            # The name matters more than the roles, the title more than both.
            for words in (f"{name} · {roles}", name):
                if len(title) + len(words) + 4 <= room:
                    who = words + "  "
                    break
        title = elide(title, room - len(who))
        gap = " " * max(room - len(title) - len(who) + 1, 1)
        return content(" ", Said(title, "strong"), gap, Said(who, "dim"), right)


class AreaBar(_Chrome):
    """The areas that the person's role opens, by number."""

    def render(self) -> Content:
        panel = self.panel
        parts: list[Content] = []
        for area in areas_for(panel.roles):
            name = area.name.in_(panel.language)
            here = area.id == panel.current_mode
            parts.append(
                Content.styled(f" {area.number} {name} ", "bold $text on $primary 40%")
                if here
                else content(" ", key(str(area.number)), Said(f" {name} ", "dim"))
            )
        return Content("").join(parts)


class Footer(_Chrome):
    """The keys that matter here; `?` has them all."""

    def __init__(self, screen_id: str) -> None:
        super().__init__()
        self._screen_id = screen_id

    def render(self) -> Content:
        language, width = self.panel.language, self.size.width
        held = held_on(self._screen_id, self.panel.roles)
        actions = [action for action in held if action.in_footer]
        # However many keys a screen has, help and the way out are seen.
        last = [action for action in actions if action.id in ("help", "quit")]
        shown = [action for action in actions if action not in last]
        right = Content("  ").join(
            content(key(a.sign), Said(f" {a.label.in_(language)} ", "dim")) for a in last
        )
        left = Content(" ")
        for action in shown:
            word = content(key(action.sign), Said(f" {action.label.in_(language)}   ", "dim"))
            if left.cell_length + word.cell_length + right.cell_length > width:
                break
            left += word
        return left + " " * max(width - left.cell_length - right.cell_length, 0) + right


class Notice(Widget):
    """A problem in words, between the body and the keys; takes no room while there is none."""

    DEFAULT_CSS = """
    Notice { height: auto; width: 1fr; display: none; padding: 0 1; background: $error 15%; }
    Notice.-said { display: block; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._said: Content = Content("")

    def say(self, said: Said | None) -> None:
        self._said = content(Said("✕ ", "trouble"), said.text) if said else Content("")
        self.set_class(said is not None, "-said")
        self.refresh(layout=True)

    def render(self) -> Content:
        return self._said
