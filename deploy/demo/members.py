"""Simulated members: they know nothing but their messages and the pages that these link to.

What each one does depends on the seed, on who they are and on what they are asked, not on the order
of events.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from html.parser import HTMLParser
from types import TracebackType
from typing import Self
from urllib.parse import urljoin, urlsplit

import httpx

from deploy.charter_check.mail_journal import Message
from deploy.demo import participant_device as answering
from deploy.local.errors import TRUSTED
from deploy.local.staff import PatientTransport
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
    """Shares of invited members; the others never open their message. Raises WrongRates.

    `answer`: of those who accept, how many go on to answer the questionnaire.
    """

    accept: float = 0.36
    decline: float = 0.14
    look: float = 0.12
    leave_panel: float = 0.01
    answer: float = 0.0

    def __post_init__(self) -> None:
        shares = (self.accept, self.decline, self.look, self.leave_panel)
        if min(shares) < 0 or sum(shares) > 1 + 1e-9 or not 0 <= self.answer <= 1:
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


class _Offers(HTMLParser):
    """The addresses that a page's forms post to, and those of its links."""

    def __init__(self) -> None:
        super().__init__()
        self.actions: list[str] = []
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "form" and (attributes.get("method") or "").lower() == "post":
            self.actions.append(attributes.get("action") or "")
        elif tag == "a":
            self.targets.append(attributes.get("href") or "")


def forms_of(html: str, page: str) -> list[str]:
    """Absolute addresses of the forms on a page; a form without one posts to the page itself."""
    offers = _Offers()
    offers.feed(html)
    return [urljoin(page, action) for action in offers.actions]


def links_of(html: str, page: str) -> list[str]:
    """Absolute addresses of the links on a page."""
    offers = _Offers()
    offers.feed(html)
    return [urljoin(page, target) for target in offers.targets]


class Members:
    """Lets members act; holds their browser, so close it by leaving the context."""

    def __init__(self, seed: int, rates: Rates) -> None:
        self._seed = seed
        self._rates = rates
        self._browser = httpx.AsyncClient(
            timeout=SECONDS,
            trust_env=False,
            transport=PatientTransport(verify=TRUSTED, trust_env=False),
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

        `closed` counts those who wanted to act and found a page without the way to do it. Who
        answers is counted again under what became of it (see `answering.answer`).
        """
        acts: Counter[str] = Counter()
        waiting = iter([message for message in messages if message.kind == "invitation"])

        async def one_after_another() -> None:
            for message in waiting:
                seed = f"{self._seed}:{message.recipient}:{message.subject}"
                act = self._rates.choose(_chance(seed))
                acts[await _act(self._browser, message, act)] += 1
                if act == "accept" and _chance(f"{seed}:answer") < self._rates.answer:
                    acts[await _answer(self._browser, message, seed)] += 1

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(one_after_another())
        return acts


async def _act(browser: httpx.AsyncClient, message: Message, act: str) -> str:
    if act == "ignore":
        return act
    link = _link(message, "leave" if act == "leave_panel" else "invitations")
    if link is None:
        return "no_link"
    page = await browser.get(link)
    if act == "look":
        return act if page.is_success else "closed"
    ending = {"accept": "/accept", "decline": "/decline"}.get(act, "")
    form = _ending(forms_of(page.text, str(page.url)), ending)
    asks_first = _ending(links_of(page.text, str(page.url)), ending)
    if form is None and ending and asks_first:
        page = await browser.get(asks_first)
        form = _ending(forms_of(page.text, str(page.url)), ending)
    if not page.is_success or form is None:
        return "closed"
    answer = await browser.post(form)
    return act if answer.is_success or answer.is_redirect else "closed"


def _ending(addresses: list[str], ending: str) -> str | None:
    return next((address for address in addresses if urlsplit(address).path.endswith(ending)), None)


async def _answer(browser: httpx.AsyncClient, message: Message, seed: str) -> str:
    """By the way that the invitation's page shows to who takes part; `no_way` shows none."""
    invitation = _link(message, "invitations")
    link = invitation and answering.private_link((await browser.get(invitation)).text)
    if not link:
        return "no_way"
    source = random.Random(f"{seed}:words")  # noqa: S311 (simulation)
    return await answering.answer(browser, link, sha256(f"{seed}:seed".encode()).digest(), source)


def _chance(seed: str) -> float:
    return random.Random(seed).random()  # noqa: S311 (simulation)


def _link(message: Message, first: str) -> str | None:
    return next(
        (link for link in message.links if urlsplit(link).path.startswith(f"/{first}/")), None
    )
