"""How long something was really looked at: on screen, in front, with somebody there."""

from collections.abc import Callable

# Nobody looks at one screenful for longer without touching a key.
_IDLE_AFTER_SECONDS = 120.0


class Stopwatch:
    """Counts between `show` and `hide`; of a time without any `touch`, two minutes at most."""

    def __init__(self, elapsed: Callable[[], float]) -> None:
        self._elapsed = elapsed
        self._counted = 0.0
        self._since: float | None = None

    @property
    def seconds(self) -> float:
        return self._counted + self._running()

    def show(self) -> None:
        if self._since is None:
            self._since = self._elapsed()

    def touch(self) -> None:
        if self._since is not None:
            self._counted += self._running()
            self._since = self._elapsed()

    def hide(self) -> None:
        self._counted += self._running()
        self._since = None

    def restart(self) -> None:
        """For another contribution; goes on counting if it was."""
        self._counted = 0.0
        if self._since is not None:
            self._since = self._elapsed()

    def _running(self) -> float:
        if self._since is None:
            return 0.0
        return min(self._elapsed() - self._since, _IDLE_AFTER_SECONDS)
