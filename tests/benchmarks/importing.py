"""Import of 100,000 members into the real registry service over HTTP."""

import asyncio
from datetime import date

import psutil

from deploy.demo.people import export
from deploy.local.endpoints import Endpoints
from deploy.local.staff import LocalStaff
from tests.benchmarks.measure import Figure, timed

SAMPLED_EVERY = 0.05


async def importing(endpoints: Endpoints, members: int, today: date) -> list[Figure]:
    """Seconds from the first byte to the report, and the service's largest resident memory."""
    file = export(members, seed=7, today=today)
    process = psutil.Process(endpoints.services["registry"].pid)
    peak = process.memory_info().rss

    async def watch() -> None:
        nonlocal peak
        while True:
            peak = max(peak, process.memory_info().rss)
            await asyncio.sleep(SAMPLED_EVERY)

    watching = asyncio.create_task(watch())
    async with LocalStaff(endpoints, "en") as staff:
        with timed() as elapsed:
            report = await staff.import_members(file.content, accept_valid=True)
    watching.cancel()
    assert report.imported == members
    detail = f"{members:,} members, {len(file.content) / 1e6:.0f} MB of CSV"
    return [
        Figure("import of members", elapsed.seconds, 30, False, "s", detail),
        Figure("resident memory of the import", peak / 2**20, 300, False, "MiB", detail),
    ]
