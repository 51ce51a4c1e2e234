"""Starting background work: the one place that knows what Textual asks of it."""

from collections.abc import Callable, Coroutine
from typing import Any, cast

from textual.dom import DOMNode


def start(
    owner: DOMNode,
    work: Callable[[], Coroutine[Any, Any, None]],
    group: str,
    exclusive: bool = True,
) -> None:
    """Run `work` for `owner`; if exclusive, in place of other work of the same group.

    A function, not a coroutine: one that is replaced before its first step was then never made.
    """
    owner.run_worker(cast("Any", work), group=group, exclusive=exclusive)
