"""Actions and areas, as types."""

from dataclasses import dataclass

from console.words import Text

EVERYWHERE = "everywhere"


@dataclass(frozen=True)
class Action:
    """`id` names the screen's or the application's `action_<id>`; `key` in Textual's notation."""

    id: str
    key: str
    label: Text
    means: Text
    screens: frozenset[str]
    shown_key: str = ""
    in_footer: bool = True
    # Keys that work inside a text field, where letters are letters.
    while_typing: bool = False
    # Roles that may do it, as services check; empty: every role that may see the screen.
    roles: frozenset[str] = frozenset()

    @property
    def sign(self) -> str:
        return self.shown_key or self.key.split(",")[0]

    def holds(self, screen: str) -> bool:
        return screen in self.screens or (EVERYWHERE in self.screens and screen not in _DIALOGS)

    def is_for(self, roles: frozenset[str]) -> bool:
        return not self.roles or bool(self.roles & roles)


_DIALOGS = {"confirm", "help", "sign-in", "writing-form"}


@dataclass(frozen=True)
class Area:
    """A place with its number; only those that the person's role opens are shown."""

    id: str
    number: int
    name: Text
    roles: frozenset[str]
