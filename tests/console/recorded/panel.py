"""State of the recorded services: built with the contracts' own models, changed by tests."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from services.contracts.http.campaigns import (
    CampaignSheet,
    CampaignView,
    Contacts,
    FreeFrom,
    MandateSheet,
    OptIn,
    Preview,
    ProjectCounts,
    ProjectView,
    StratumPreview,
    Today,
)
from services.contracts.http.common import Hint, Problem
from tests.console.recorded.deciding import Deciding
from tests.console.recorded.reading import ReadingRoom

NOW = datetime(2026, 11, 24, 13, 2, 11, tzinfo=UTC)
TODAY = date(2026, 11, 24)
_SPACE = UUID("5a5a5a5a-0000-4000-8000-000000000000")

COMPLETE = MandateSheet.model_validate(
    {
        "nature": "Test d'un courrier par les personnes qui le reçoivent.",
        "why": "Une lettre sur trois amène un appel, souvent pour une phrase mal comprise.",
        "stakes": "Que chacun sache, en lisant une fois, ce qu'il doit faire et pour quand.",
        "objectives": "Trouver les phrases qui perdent, et celles qui aident.",
        "purpose": "Le nouveau modèle de lettre, envoyé à partir de mars 2027.",
        "decision_maker": {"name": "Mme Roussel", "role": "directrice des allocations"},
        "who": "Toute personne qui a reçu une lettre de la caisse depuis un an.",
        "how": "Une lettre à lire en ligne et cinq questions, quinze minutes.",
    }
)


def identifier(name: str) -> UUID:
    return uuid5(_SPACE, name)


def project(title: str, state: str, **more: Any) -> ProjectView:
    return ProjectView.model_validate(
        {
            "id": identifier(title),
            "version": 1,
            "state": state,
            "title": title,
            "mandate": COMPLETE,
            "missing": [],
            "recruitment_ends_on": date(2026, 12, 12),
            "collection_ends_on": date(2027, 1, 15),
            "places": None,
            "anonymity_floor": 5,
            "collection": "ready",
            "counts": ProjectCounts(),
            "blocked_by": [],
        }
        | more
    )


LETTER = project(
    "Lettre de la caisse d'allocations",
    "open",
    places=300,
    counts=ProjectCounts(
        wanted=1200,
        ordered=1200,
        sent=1140,
        accepted=187,
        declined=31,
        left=2,
        refused_by_reason={"too_soon": 9, "no_address": 3},
    ),
)
CARD = project(
    "Renouveler sa carte d'identité",
    "reporting",
    counts=ProjectCounts(wanted=400, ordered=400, sent=400, accepted=212, declined=58),
)
HOUSING = project(
    "Formulaire d'aide au logement",
    "collected",
    counts=ProjectCounts(wanted=150, ordered=150, sent=150, accepted=61, declined=12),
)
TAX = project(
    "Relance d'impôt",
    "draft",
    mandate=MandateSheet(nature="Un courrier", why="Il inquiète"),
    missing=["stakes", "decision_maker.name", "how"],
    collection=None,
)
SCHOOL = project("Inscription à l'école", "published")


def answer(number: int, answer: str = "joined", at: datetime = NOW) -> OptIn:
    ages = ("18-34", "35-49", "50-64", "65+")
    regions = ("nord", "reunion", "bretagne")
    online = ("never", "sometimes", "often")
    return OptIn(
        id=identifier(f"answer {number}"),
        pseudonym=f"{(number * 2654435761) % 65536:04x}",
        answer=answer,
        on=(at - timedelta(hours=number)).astimezone(ZoneInfo("Europe/Paris")).date(),
        attributes={
            "age_band": ages[number % 4],
            "region": regions[number % 3],
            "digital": online[number * 7 % 3],
        },
    )


PER_DAY = [0, 0, 0, 0, 1, 2, 4, 9, 14, 19, 22, 19, 14, 11, 9, 8, 6, 5, 5, 6, 9, 12, 8, 3]


@dataclass
class Panel:
    """Current state of the services; a test changes it and calls `hint()`."""

    projects: list[ProjectView] = field(
        default_factory=lambda: [LETTER, CARD, HOUSING, SCHOOL, TAX]
    )
    campaigns: list[CampaignView] = field(default_factory=list)
    answers: list[OptIn] = field(
        default_factory=lambda: [
            answer(n, "declined" if n % 6 == 4 else "joined") for n in range(40)
        ]
    )
    per_day: list[int] = field(default_factory=lambda: list(PER_DAY))
    today: Today = field(
        default_factory=lambda: Today(
            today=TODAY,
            asked=240,
            opted_in=87,
            declined=31,
            left_panel=4,
            opted_in_per_day=list(PER_DAY),
            can_be_asked_today=1204,
            solicited_twice=0,
            members=5000,
            orders_unanswered=0,
        )
    )
    contacts: Contacts = field(
        default_factory=lambda: Contacts(
            today=TODAY,
            members=5000,
            can_be_asked_today=1204,
            freed=[
                FreeFrom(day=TODAY + timedelta(days=n), members=(n * 37) % 211 if n % 6 else 0)
                for n in range(56)
            ],
            ledger={"reserved": 61, "consumed": 3482, "released": 40},
        )
    )
    can_be_asked: int = 4213
    room: ReadingRoom = field(default_factory=lambda: ReadingRoom(HOUSING.id, HOUSING.title))
    deciding: Deciding = field(default_factory=lambda: Deciding(CARD.id, CARD.title))
    refusal: Problem | None = None
    preview_refusal: Problem | None = None
    # Made of every text that a service answers with.
    hostile: Callable[[str], str] | None = None
    cut_off: bool = False
    silent: frozenset[str] = frozenset()
    signed_out: bool = False
    real_issuer: bool = False
    launches: list[list[str]] = field(default_factory=list)
    previews: int = 0
    _readers: set[asyncio.Queue[list[Hint]]] = field(default_factory=set)

    def hint(self) -> None:
        for reader in self._readers:
            reader.put_nowait([Hint(kind="project.state")])

    def project(self, id: UUID) -> ProjectView:
        return next(project for project in self.projects if project.id == id)

    def change(self, id: UUID, **fields: Any) -> None:
        self.projects = [
            project.model_copy(update=fields) if project.id == id else project
            for project in self.projects
        ]

    async def hints(self) -> AsyncIterator[str]:
        reader: asyncio.Queue[list[Hint]] = asyncio.Queue()
        self._readers.add(reader)
        try:
            yield 'data: [{"kind": "everything"}]\n\n'
            while not self.cut_off:
                try:
                    async with asyncio.timeout(0.5):
                        hints = await reader.get()
                    payload = json.dumps([hint.model_dump(exclude_none=True) for hint in hints])
                    yield f"data: {payload}\n\n"
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            self._readers.discard(reader)

    def preview(self, sheet: CampaignSheet) -> Preview:
        self.previews += 1
        fitting = self.can_be_asked + 761
        strata = [
            StratumPreview(stratum=code, wanted=places, can_be_asked=self.can_be_asked // 5)
            for code, places in (sheet.quotas.wanted if sheet.quotas else {}).items()
        ]
        short = {s.stratum: s.can_be_asked for s in strata if s.can_be_asked < s.wanted}
        first = sheet.first_day or TODAY
        return Preview(
            first_day=first,
            last_day=first + timedelta(days=sheet.window_days - 1),
            wanted=sheet.wanted,
            fitting=fitting,
            can_be_asked=self.can_be_asked,
            not_now={"asked_recently": 758, "paused": 3, "already_invited": 0},
            strata=strata,
            feasible=not short and sheet.wanted <= self.can_be_asked,
            relaxation=short,
        )


def campaign(title: str, project_id: UUID, places: int, state: str = "draft") -> CampaignView:
    return CampaignView.model_validate(
        {
            "id": identifier(title),
            "project_id": project_id,
            "title": title,
            "state": state,
            "wanted": places,
            "audience": {"age_band": ["18-34", "35-49"]},
            "quotas": None,
            "first_day": None,
            "window_days": 2,
            "draw_commitment": None,
            "launched_at": NOW if state == "launched" else None,
        }
    )
