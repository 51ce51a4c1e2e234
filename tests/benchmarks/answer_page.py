"""First visit of the response page in Chromium, from the real service."""

import asyncio
import os
import shutil
from datetime import date
from statistics import median
from typing import TYPE_CHECKING

import orjson

from deploy.demo.people import export
from deploy.local.endpoints import Endpoints
from deploy.local.errors import LocalError
from deploy.local.staff import LocalStaff
from services.runtime.crypto.blind_rsa import base64url
from services.runtime.text import Text
from tests.benchmarks.measure import Figure
from tests.benchmarks.screens import open_project

VISITS = 5
MEMBERS = 200
NAMES = ("chromium", "chromium-browser", "google-chrome")
_NO_CHROMIUM = Text(
    fr="Chromium manque : installez le paquet chromium, ou dites où il est par PANEL_CHROMIUM.",
    en="There is no Chromium: install the package chromium, or say where it is by PANEL_CHROMIUM.",
)
# Shaped as in a member's link: campaigns is asked about it when an answer is sent, not before.
_PARTS = (orjson.dumps(part) for part in ({"alg": "Ed25519"}, {"on": "invitation", "exp": 1}))
_TICKET = ".".join((*map(base64url, _PARTS), "s" * 86))
_CONTINUE = "I understand, continue"
_TRANSFERRED = """['navigation', 'resource'].flatMap((type) => performance.getEntriesByType(type))
    .reduce((sum, { transferSize }) => sum + transferSize, 0)"""

_READY = "performance.getEntriesByName('ready')[0]?.startTime ?? null"

if TYPE_CHECKING:
    from playwright.async_api import Page


async def answer_page(endpoints: Endpoints, today: date) -> list[Figure]:
    """Bytes transferred, headers included, and the time from asking for the page until its first
    step can be taken, which the page itself marks. Every visit in a new profile: nothing is cached.

    Raises LocalError without a Chromium.
    """
    from playwright.async_api import async_playwright

    chromium = os.environ.get("PANEL_CHROMIUM") or next(
        filter(None, map(shutil.which, NAMES)), None
    )
    if chromium is None:
        raise LocalError(_NO_CHROMIUM)
    async with LocalStaff(endpoints, "en") as staff:
        file = export(MEMBERS, seed=8, today=today)
        await staff.import_members(file.content, accept_valid=True)
        project = await open_project(staff, today, "Letter with answers")
    link = f"{endpoints.services['responses'].url}/answer/{project}?lang=en#{_TICKET}"
    sizes, times = [], []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for _ in range(VISITS):
            page = await browser.new_page()
            await page.goto(link)
            await page.get_by_role("button", name=_CONTINUE).wait_for()
            times.append(await _ready(page) / 1000)
            sizes.append(await page.evaluate(_TRANSFERRED) / 1000)
            await page.close()
        await browser.close()
    visits = f"{VISITS} first visits"
    return [
        Figure("answer page: all transferred", max(sizes), 60, False, "kB", f"most of {visits}"),
        Figure("answer page: interactive", median(times), 1, False, "s", f"median of {visits}"),
    ]


async def _ready(page: "Page") -> float:
    """Milliseconds until the page's own mark.

    Asked again and again from outside: a wait inside the page would evaluate text as code, which
    the page's security policy refuses.
    """
    while (mark := await page.evaluate(_READY)) is None:
        await asyncio.sleep(0.01)
    return float(mark)
