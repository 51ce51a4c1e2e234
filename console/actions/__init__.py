"""One table of actions for keys, footer, command palette and help, in both languages."""

from console.actions.action import EVERYWHERE, Action, Area
from console.actions.table import ACTIONS, AREAS

__all__ = ["EVERYWHERE", "Action", "Area", "actions_on", "allows", "areas_for"]


def actions_on(screen: str, roles: frozenset[str] | None = None) -> list[Action]:
    """The actions of a screen: all of them, or those that a person's roles allow."""
    return [
        action
        for action in ACTIONS
        if action.holds(screen) and (roles is None or action.is_for(roles))
    ]


def allows(action: str, roles: frozenset[str]) -> bool:
    """Whether an action is open to somebody with these roles."""
    return all(candidate.is_for(roles) for candidate in ACTIONS if candidate.id == action)


def areas_for(roles: frozenset[str]) -> list[Area]:
    return [area for area in AREAS if area.roles & roles]
