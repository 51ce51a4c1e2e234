"""A server of the public account with one of each kind of page, on a port of its own."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from threading import Event, Thread
from uuid import UUID, uuid4

from services.contracts.events.campaigns import (
    Compensation,
    DecisionMaker,
    DecisionMakerChange,
    Mandate,
    ReportDuties,
)
from tests.support.feedback import (
    COLLECTION_ENDED,
    NOT_RETAINED,
    RETAINED,
    TODAY,
    World,
    facing,
    project_state,
)
from tests.support.running import listening
from tests.support.servers import PostgresServer

LETTER = Mandate(
    title="La lettre de la caisse d'allocations familiales",
    nature="Avis sur une lettre envoyée à 400 000 familles chaque année.",
    why="Quatre appels sur dix au standard viennent de cette lettre.",
    stakes="Des familles perdent un mois d'aide faute d'avoir compris ce qui leur est demandé.",
    objectives="Savoir ce qui n'est pas compris, et par qui.",
    purpose="Réécrire la lettre avant l'envoi de septembre.",
    decision_maker=DecisionMaker(name="M. Bernard", role="directeur"),
    who="Les membres du panel qui ont au moins un enfant à charge.",
    how="Un questionnaire de dix minutes, puis un atelier d'une heure en visioconférence.",
)


@dataclass(frozen=True)
class AccountSite:
    url: str
    reported: UUID
    open: UUID
    revised: UUID
    late: UUID

    def pages(self) -> dict[str, str]:
        """A name for each kind of page, and its path."""
        return {
            "home": "/",
            "projects": "/projects",
            "open project": f"/projects/{self.open}",
            "reported project": f"/projects/{self.reported}",
            "report": f"/projects/{self.reported}/report",
            "replaced report": f"/projects/{self.reported}/report/1",
            "decisions": "/decisions",
            "nothing found": "/decisions?outcome=not&progress=done",
            "revised decision": f"/decisions/{self.revised}",
            "late decision": f"/decisions/{self.late}",
            "follow-up": "/follow-up",
            "figures": "/figures",
            "open data": "/open-data",
            "journal": "/journal",
            "missing": "/nowhere",
        }


@contextmanager
def published(server: PostgresServer, folder: Path) -> Iterator[AccountSite]:
    """Serve it in a thread, as the browser's driver needs this one."""
    ready, over = Event(), Event()
    sites: list[AccountSite] = []
    failed: list[BaseException] = []

    async def serve() -> None:
        async with facing(server, folder) as world:
            url = f"http://127.0.0.1:{world.service.settings.http_port}"
            async with listening(world.service.api, url):
                sites.append(await _live(world, url))
                ready.set()
                await asyncio.to_thread(over.wait)

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            failed.append(error)
            ready.set()

    thread = Thread(target=run, daemon=True)
    thread.start()
    ready.wait()
    try:
        if failed:
            raise failed[0]
        yield sites[0]
    finally:
        over.set()
        thread.join()


async def _live(world: World, url: str) -> AccountSite:
    """Publish an open project, and one that is reported, revised, followed up and overdue."""
    open_project = uuid4()
    await world.receive(
        project_state(open_project, "open").model_copy(
            update={
                "mandate": LETTER.model_copy(
                    update={
                        "title": "Renouveler sa carte d'identité",
                        "purpose": "Refaire la page qui dit quelles pièces apporter.",
                        "decision_maker": DecisionMaker(name="Mme Rossi", role="préfète déléguée"),
                        "compensation": Compensation(
                            terms="15 euros en carte cadeau", reference="arrêté du 3 mars 2026"
                        ),
                    }
                ),
                "recruitment_ends_on": TODAY + timedelta(days=12),
                "collection_ends_on": TODAY + timedelta(days=40),
                "asked": 3,
                "joined": None,
                "credentials_issued": None,
                "draw_commitments": ["9f" * 32],
                "decision_maker_changes": [
                    DecisionMakerChange(
                        version=3,
                        name="Mme Rossi",
                        role="préfète déléguée",
                        name_before="M. Petit",
                        role_before="préfet",
                        reason="M. Petit a quitté ses fonctions.",
                        changed_on=TODAY - timedelta(days=3),
                    )
                ],
            }
        )
    )
    followed, revised, late = await world.synthesised(
        "Dire la date en premier", "Donner le numéro d'un agent", "Écrire plus gros"
    )
    seeds = ["12" * 32, "34" * 32]
    mandate_and_draws = {
        "mandate": LETTER,
        "draw_commitments": [sha256(bytes.fromhex(seed)).hexdigest() for seed in seeds],
        "draw_seeds": seeds,
    }
    await world.receive(
        project_state(world.project_id, version=6).model_copy(update=mandate_and_draws)
    )
    await world.decide(followed.proposal_id, **RETAINED)
    await world.decide(revised.proposal_id, **NOT_RETAINED)
    await world.decide(late.proposal_id, **RETAINED | {"outcome": "partly", "due_on": "2027-01-31"})
    await world.summarise(
        "Nous avons lu chacune de vos 61 contributions.\n\nLa date viendra en premier ;"
        " le numéro d'un agent ne peut pas être donné."
    )
    assert (await world.publish()).is_success
    world.on(TODAY + timedelta(days=20))
    assert (await world.follow(followed.proposal_id, "planned")).is_success
    assert (
        await world.follow(
            followed.proposal_id, "under_way", note="La lettre est chez l'imprimeur."
        )
    ).is_success
    await world.decide(revised.proposal_id, version=3, **RETAINED | {"outcome": "partly"})
    await world.summarise(
        "Nous avons lu chacune de vos 61 contributions. Un numéro sera donné.",
        version=1,
    )
    assert (await world.publish(version=2)).is_success
    await world.receive(
        project_state(world.project_id, "closed", version=9).model_copy(
            update=mandate_and_draws | {"report_duties": ReportDuties(report_version=2, sent=80)}
        )
    )
    world.on(COLLECTION_ENDED + timedelta(days=60))
    return AccountSite(url, world.project_id, open_project, revised.proposal_id, late.proposal_id)
