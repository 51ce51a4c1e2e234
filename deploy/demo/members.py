"""Simulated members, who use only their messages and the pages linked from these.

A member's act depends on the seed, the recipient and the message, not on the order of events.
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
    """Shares of invited members; all others never open their message. Raises WrongRates.

    `answer`: share of the members who accept that go on to submit a response.
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
        """Choose an act by a number in [0, 1)."""
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
    """Parser of a page's form actions and links."""

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
    """List the absolute form actions of a page; the default action is the page itself."""
    offers = _Offers()
    offers.feed(html)
    return [urljoin(page, action) for action in offers.actions]


def links_of(html: str, page: str) -> list[str]:
    """List the absolute addresses of the links on a page."""
    offers = _Offers()
    offers.feed(html)
    return [urljoin(page, target) for target in offers.targets]


class Members:
    """Simulated members with one shared HTTP client, closed by leaving the context."""

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
        """Let the recipients of these messages act, and count their acts.

        `closed` counts members whose page no longer offers their act. A response is counted again
        under its result (see `participant_device.answer`).
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
    """Submit a response through the link of the invitation's page; `no_way` if it has none."""
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
