"""A window in which something is written and sent: a refusal is said beside what was typed.

It closes once the service has accepted. Until then what is typed is kept, also when the window is
closed, the session ends or somebody else changes the same thing meanwhile.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from textual.message import Message

from console.client.problems import Failure, Refused, SignedOut
from console.presenters.styled_text import Said
from console.screens.base import in_words
from console.screens.field_form import FieldForm, Typed
from console.words import Text
from console.workers import start

if TYPE_CHECKING:
    from console.client.staff_client import StaffClient

T = TypeVar("T")

SENDING = Text(fr="Envoi…", en="Sending…")
# Beside the fields: the version that was read when they were typed.
_VERSION = "version"


class Accepted(Message):
    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.answer = answer


class NotAccepted(Message):
    """Refused or out of reach; `now` is what the service holds, if it could still be asked."""

    def __init__(self, problem: Failure, now: Any) -> None:
        super().__init__()
        self.problem = problem
        self.now = now


class WritingForm(FieldForm[T], Generic[T]):
    """`T` is what is written about, as the service answers it, with its `version`."""

    def __init__(
        self,
        typed_as: str,
        about: T,
        reread: Callable[[StaffClient], Coroutine[Any, Any, T]],
    ) -> None:
        super().__init__(typed_as)
        self.about = about
        self._reread = reread
        self._sending = False

    @abstractmethod
    def ask(self, typed: Typed) -> Callable[[StaffClient], Coroutine[Any, Any, T]]:
        """The call that saves it. Raises Incomplete."""

    @abstractmethod
    def meanwhile(self) -> str:
        """What `about` says since somebody else changed it."""

    @property
    def version(self) -> int:
        return int(self.about.version)  # type: ignore[attr-defined]

    def kept_beside(self) -> Typed:
        return {_VERSION: str(self.version)}

    def resume(self, kept: Typed) -> None:
        if kept.get(_VERSION) != str(self.version):
            self.say(Said(self.meanwhile(), "attention"))

    def send(self, asked: Callable[[StaffClient], Coroutine[Any, Any, T]]) -> None:
        if self._sending or self.panel.client is None:
            return
        self._sending = True
        self.say(Said(SENDING.in_(self.language), "dim"))
        start(self, partial(self._send, self.panel.client, asked), "save")

    async def _send(
        self, client: StaffClient, call: Callable[[StaffClient], Coroutine[Any, Any, T]]
    ) -> None:
        try:
            self.post_message(Accepted(await call(client)))
        except Failure as problem:
            self.post_message(NotAccepted(problem, await self._now(client, problem)))

    async def _now(self, client: StaffClient, problem: Failure) -> T | None:
        if not isinstance(problem, Refused):
            return None
        try:
            return await self._reread(client)
        except Failure:
            return None  # what was refused is what the person is told

    def on_accepted(self, message: Accepted) -> None:
        self.panel.typed.pop(self._typed_as, None)
        self.dismiss(message.answer)

    def on_not_accepted(self, message: NotAccepted) -> None:
        self._sending = False
        if isinstance(message.problem, SignedOut):
            self.say(None)
            self.panel.sign_in_again()
            return
        now: T | None = message.now
        if now is not None and getattr(now, "version", self.version) != self.version:
            self.about = now
            self.keep()
            self.say(Said(self.meanwhile(), "attention"))
        else:
            self.say(in_words(message.problem, self.language))
