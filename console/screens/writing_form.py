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
from console.presenters.styled_text import Phrase
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
    """Refused or unreachable; `current` is the stored version, if it could still be fetched."""

    def __init__(self, problem: Failure, current: Any) -> None:
        super().__init__()
        self.problem = problem
        self.now = current


class WritingForm(FieldForm[T], Generic[T]):
    """`T`: the contract model being edited, with its `version`."""

    def __init__(
        self,
        typed_as: str,
        subject: T,
        reread: Callable[[StaffClient], Coroutine[Any, Any, T]],
    ) -> None:
        super().__init__(typed_as)
        self.about = subject
        self._reread = reread
        self._sending = False

    @abstractmethod
    def build_call(self, typed: Typed) -> Callable[[StaffClient], Coroutine[Any, Any, T]]:
        """The call that saves it. Raises Incomplete."""

    @abstractmethod
    def meanwhile(self) -> str:
        """Summary of the version that somebody else saved."""

    @property
    def version(self) -> int:
        return int(self.about.version)  # type: ignore[attr-defined]

    def kept_beside(self) -> Typed:
        return {_VERSION: str(self.version)}

    def resume(self, stored: Typed) -> None:
        if stored.get(_VERSION) != str(self.version):
            self.show_phrase(Phrase(self.meanwhile(), "attention"))

    def send(self, request: Callable[[StaffClient], Coroutine[Any, Any, T]]) -> None:
        if self._sending or self.shell.client is None:
            return
        self._sending = True
        self.show_phrase(Phrase(SENDING.in_(self.language), "dim"))
        start(self, partial(self._send, self.shell.client, request), "save")

    async def _send(
        self, client: StaffClient, call: Callable[[StaffClient], Coroutine[Any, Any, T]]
    ) -> None:
        try:
            self.post_message(Accepted(await call(client)))
        except Failure as problem:
            self.post_message(NotAccepted(problem, await self._fetch_current(client, problem)))

    async def _fetch_current(self, client: StaffClient, problem: Failure) -> T | None:
        if not isinstance(problem, Refused):
            return None
        try:
            return await self._reread(client)
        except Failure:
            return None  # the person is told of the first refusal

    def on_accepted(self, message: Accepted) -> None:
        self.shell.drafts.pop(self._typed_as, None)
        self.dismiss(message.answer)

    def on_not_accepted(self, message: NotAccepted) -> None:
        self._sending = False
        if isinstance(message.problem, SignedOut):
            self.show_phrase(None)
            self.shell.sign_in_again()
            return
        current: T | None = message.now
        if current is not None and getattr(current, "version", self.version) != self.version:
            self.about = current
            self.keep()
            self.show_phrase(Phrase(self.meanwhile(), "attention"))
        else:
            self.show_phrase(in_words(message.problem, self.language))
