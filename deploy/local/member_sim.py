"""Simulated members: they know nothing but their messages and the pages that these link to.

What each one does depends on the seed, on who they are and on what they are asked, not on the order
of events.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from html.parser import HTMLParser
from types import TracebackType
from typing import Self
from urllib.parse import urljoin, urlsplit

import httpx

from deploy.local.errors import NO_TLS
from deploy.local.journal import Message
from services.runtime.refusal import Refusal
from services.runtime.text import Text

AT_ONCE = 8
SECONDS = 30.0


class WrongRates(Refusal):
    status = 422
    sentence = Text(
        fr="Les proportions doivent être entre 0 et 1, et leur somme au plus 1.",
        en="The rates must be between 0 and 1, and their sum at most 1.",
    )


@dataclass(frozen=True)
class Rates:
    """Shares of invited members; the others never open their message. Raises WrongRates."""

    accept: float = 0.36
    decline: float = 0.14
    look: float = 0.12
    leave_panel: float = 0.01

    def __post_init__(self) -> None:
        shares = (self.accept, self.decline, self.look, self.leave_panel)
        if min(shares) < 0 or sum(shares) > 1 + 1e-9:
            raise WrongRates

    def choose(self, chance: float) -> str:
        """What the member does whose number in [0, 1) this is."""
        for act, share in (
            ("accept", self.accept),
            ("decline", self.decline),
            ("look", self.look),
            ("leave_panel", self.leave_panel),
        ):
            if chance < share:
                return act
            chance -= share
        return "ignore"


class _Forms(HTMLParser):
    """The addresses that a page's forms post to."""

    def __init__(self) -> None:
        super().__init__()
        self.actions: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form" and (given.get("method") or "").lower() == "post":
            self.actions.append(given.get("action") or "")


def forms_of(html: str, page: str) -> list[str]:
    """Absolute addresses of the forms on a page; a form without one posts to the page itself."""
    found = _Forms()
    found.feed(html)
    return [urljoin(page, action) for action in found.actions]


class Members:
    """Lets members act; holds their browser, so close it by leaving the context."""

    def __init__(self, seed: int, rates: Rates) -> None:
        self._seed = seed
        self._rates = rates
        self._browser = httpx.AsyncClient(
            timeout=SECONDS,
            trust_env=False,
            verify=NO_TLS,
            headers={"Accept": "text/html", "Accept-Language": "fr"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._browser.aclose()

    async def live(self, messages: Iterable[Message]) -> Counter[str]:
        """Let whom these messages invite do something; how many did what.

        `closed` counts those who wanted to answer and found a page without the way to do it.
        """
        done: Counter[str] = Counter()
        waiting = iter([message for message in messages if message.kind == "invitation"])

        async def one_after_another() -> None:
            for message in waiting:
                who = f"{self._seed}:{message.recipient}:{message.subject}"
                chance = random.Random(who).random()  # noqa: S311 (simulation)
                done[await _act(self._browser, message, self._rates.choose(chance))] += 1

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(one_after_another())
        return done


async def _act(browser: httpx.AsyncClient, message: Message, act: str) -> str:
    if act == "ignore":
        return act
    wanted = "leave" if act == "leave_panel" else "invitations"
    link = next((one for one in message.links if _leads_to(one, wanted)), None)
    if link is None:
        return "no_link"
    page = await browser.get(link)
    if act == "look":
        return act if page.is_success else "closed"
    ending = {"accept": "/accept", "decline": "/decline"}.get(act, "")
    form = next(
        (one for one in forms_of(page.text, str(page.url)) if urlsplit(one).path.endswith(ending)),
        None,
    )
    if not page.is_success or form is None:
        return "closed"
    answer = await browser.post(form)
    return act if answer.is_success or answer.is_redirect else "closed"


def _leads_to(link: str, first: str) -> bool:
    return urlsplit(link).path.startswith(f"/{first}/")
