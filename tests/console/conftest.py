"""The console on recorded services, with a fixed clock, settled before a test looks at it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from textual.pilot import Pilot

from console.app import PanelConsole
from console.screens.base import PanelScreen
from console.words import Language
from tests.console.recorded.panel import NOW, Panel
from tests.console.recorded.services import stack

_PATIENCE_SECONDS = 30


class Svg(SingleFileSnapshotExtension):
    file_extension = "svg"
    _write_mode = WriteMode.TEXT


@pytest.fixture
def svg(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(Svg)


@pytest.fixture
def panel() -> Panel:
    return Panel()


class At:
    """A running console: keys lead somewhere, then a condition is waited for."""

    def __init__(self, app: PanelConsole, pilot: Pilot[Any]) -> None:
        self.app = app
        self.pilot = pilot

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self._painted()

    async def until(self, condition: Callable[[], Any]) -> None:
        """Wait for a condition and for the screen to be painted; fails after thirty seconds."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not condition():
                await self.pilot.pause(0.02)
        await self._painted()

    async def _painted(self) -> None:
        """Until nothing waits to be laid out or drawn: a picture must not be taken half-way."""
        await self.pilot.pause()
        screen = self.app.screen
        while screen._layout_required or screen._repaint_required or screen._dirty_widgets:
            await self.pilot.pause(0.02)
            screen = self.app.screen

    async def on(self, screen_id: str) -> None:
        """Wait until a screen is current and has its snapshot."""

        def there() -> bool:
            screen = self.app.screen
            has_snapshot = not isinstance(screen, PanelScreen) or screen.snapshot is not None
            return getattr(screen, "ID", "") == screen_id and has_snapshot

        await self.until(there)

    @property
    def text(self) -> str:
        """Text on screen, line by line."""
        width, height = self.app.size
        lines = self.app.screen._compositor.render_strips()
        return "\n".join(line.text[:width].rstrip() for line in lines[:height])

    def picture(self) -> str:
        return self.app.export_screenshot(title="panel")


class Opens(Protocol):
    def __call__(
        self,
        language: Language = "fr",
        person: str | None = "claire",
        size: tuple[int, int] = (80, 24),
    ) -> AbstractAsyncContextManager[At]: ...


@pytest.fixture
def console(panel: Panel) -> Opens:
    @asynccontextmanager
    async def opened(
        language: Language = "fr",
        person: str | None = "claire",
        size: tuple[int, int] = (80, 24),
    ) -> AsyncIterator[At]:
        async with stack(panel) as endpoints:
            app = PanelConsole(endpoints, language, sign_in_as=person, clock=lambda: NOW)
            app.animation_level = "none"
            async with app.run_test(size=size) as pilot:
                at = At(app, pilot)
                if person:
                    await at.on("home")
                    await at.until(lambda: app.freshness.is_live)
                yield at

    return opened
