"""`python -m tests.console.recorded FILE`: a lively panel and its stack file, for looking at it."""

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.console.recorded.panel import LETTER, SCHOOL, Panel, answer, campaign
from tests.console.recorded.services import stack


async def _lively(to: Path) -> None:
    panel = Panel()
    panel.campaigns = [
        campaign("Première vague", LETTER.id, 1200, "launched"),
        campaign("Deuxième vague", LETTER.id, 240),
        campaign("Vague unique", SCHOOL.id, 90),
    ]
    async with stack(panel) as at:
        to.write_text(
            json.dumps(
                {
                    "services": {
                        name: {"url": at.of(name)}
                        for name in ("campaigns", "registry", "responses", "feedback")
                    },
                    "issuer": {"url": at.issuer},
                }
            )
        )
        number = 100
        while True:
            await asyncio.sleep(2)
            number += 1
            reply = "declined" if number % 5 == 0 else "joined"
            newest = answer(number, reply).model_copy(update={"at": datetime.now(UTC)})
            panel.answers = [newest, *panel.answers[:200]]
            counts = panel.project(LETTER.id).counts
            field_name = "accepted" if reply == "joined" else "declined"
            panel.change(
                LETTER.id,
                counts=counts.model_copy(update={field_name: getattr(counts, field_name) + 1}),
            )
            panel.hint()


if __name__ == "__main__":
    asyncio.run(_lively(Path(sys.argv[1])))
