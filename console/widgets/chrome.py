"""Frame of every screen: title and freshness at the top, areas below them, keys at the bottom."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from console.actions import actions_on, areas_for
from console.client.freshness import Freshness
from console.client.vocabulary import ROLES, label_of
from console.presenters.styled_text import Phrase, Tone
from console.shell import InShell
from console.widgets.styled_text import content, key
from console.words import elide
from services.contracts.characters import shown_line

_FRESHNESS: dict[str, Tone] = {
    "starting": "dim",
    "live": "done",
    "behind": "attention",
    "cut_off": "trouble",
    "never": "trouble",
}


class _Chrome(InShell, Widget):
    DEFAULT_CSS = "_Chrome { height: 1; width: 1fr; }"


class TopBar(_Chrome):
    """Where one is, who one is, and how fresh it all is."""

    def __init__(self) -> None:
        super().__init__()
        self.title = ""

    def render(self) -> Content:
        shell, language = self.shell, self.language
        freshness: Freshness = shell.freshness
        right = content(Phrase(freshness.say(language), _FRESHNESS[freshness.state]), " ")
        room = self.size.width - right.cell_length - 2
        person, title = "", shown_line(self.title)
        if shell.person and shell.person.name:
            name = shown_line(shell.person.name)
            roles = ", ".join(
                label_of(ROLES, role, language) for role in sorted(shell.person.roles)
            )
            # The name matters more than the roles, the title more than both.
            for text in (f"{name} · {roles}", name):
                if len(title) + len(text) + 4 <= room:
                    person = text + "  "
                    break
        title = elide(title, room - len(person))
        gap = " " * max(room - len(title) - len(person) + 1, 1)
        return content(" ", Phrase(title, "strong"), gap, Phrase(person, "dim"), right)


class AreaBar(_Chrome):
    """The areas that the person's role opens, by number."""

    def render(self) -> Content:
        shell = self.shell
        parts: list[Content] = []
        for area in areas_for(shell.roles):
            name = area.name.in_(shell.language)
            current = area.id == shell.current_mode
            parts.append(
                Content.styled(f" {area.number} {name} ", "bold $text on $primary 40%")
                if current
                else content(" ", key(str(area.number)), Phrase(f" {name} ", "dim"))
            )
        return Content("").join(parts)


class Footer(_Chrome):
    """The keys that matter here; `?` has them all."""

    def __init__(self, screen_id: str) -> None:
        super().__init__()
        self._screen_id = screen_id

    def render(self) -> Content:
        language, width = self.language, self.size.width
        current_actions = actions_on(self._screen_id, self.shell.roles)
        actions = [action for action in current_actions if action.in_footer]
        # However many keys a screen has, help and the way out are seen.
        last = [action for action in actions if action.id in ("help", "quit")]
        listed = [action for action in actions if action not in last]
        right = Content("  ").join(
            content(key(a.sign), Phrase(f" {a.label.in_(language)} ", "dim")) for a in last
        )
        line = Content(" ")
        for action in listed:
            word = content(key(action.sign), Phrase(f" {action.label.in_(language)}   ", "dim"))
            if line.cell_length + word.cell_length + right.cell_length > width:
                break
            line += word
        return line + " " * max(width - line.cell_length - right.cell_length, 0) + right


class Notice(Widget):
    """A problem in words, between the body and the keys; takes no room while there is none."""

    DEFAULT_CSS = """
    Notice { height: auto; width: 1fr; display: none; padding: 0 1; background: $error 15%; }
    Notice.-said { display: block; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._said: Content = Content("")

    def show_phrase(self, phrase: Phrase | None) -> None:
        self._said = content(Phrase("✕ ", "trouble"), phrase.text) if phrase else Content("")
        self.set_class(phrase is not None, "-said")
        self.refresh(layout=True)

    def render(self) -> Content:
        return self._said
