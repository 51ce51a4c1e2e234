"""From invitation to receipt in a real browser, through campaigns and responses.

There is no broker: the test passes the project's events to responses as its consumer would.
"""

import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import OKPKey
from playwright.async_api import Page, expect

from services.campaigns import app as campaigns_app
from services.campaigns.settings import CampaignsSettings
from services.contracts.http.questionnaires import Questionnaire
from services.responses import app as responses_app
from services.responses.collections import use_cases as collections
from services.responses.documents import cleaning as documents
from services.responses.documents import use_cases as documents_use_cases
from services.responses.questionnaires import use_cases as questionnaires
from services.responses.settings import ResponsesSettings
from services.runtime.clock import ClockSetting, SharedClock
from services.runtime.service import Service
from tests.browser.answer_site import DOCUMENT, LETTER, questionnaire
from tests.support import databases
from tests.support.campaigns import CREDENTIAL_KEYS, NOON, World
from tests.support.campaigns_site import Site, invited
from tests.support.responses import ANSWER_KEYS
from tests.support.running import free_port, listening
from tests.support.servers import PostgresServer

WORDS = "Dire d'abord ce qui manque."


@dataclass
class Panel:
    invitation: str
    preview: str
    responses: Service
    campaigns: Service


@asynccontextmanager
async def facing(service: Service, url: str) -> AsyncIterator[None]:
    await service.database.start()
    try:
        async with listening(service.api, url):
            yield
    finally:
        await service.database.stop()


@pytest.fixture
async def panel(postgres_server: PostgresServer, tmp_path: Path) -> AsyncIterator[Panel]:
    """One member is invited to a project whose questionnaire tests a letter."""
    key = OKPKey.generate_key("Ed25519")
    clock = SharedClock(tmp_path / "clock.json")
    clock.change(lambda _: ClockSetting(stopped_at=NOON))
    campaigns_url, responses_url = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    async with AsyncExitStack() as stack:
        common: dict[str, Any] = {
            "mode": "local",
            "clock_file": tmp_path / "clock.json",
            "kafka_bootstrap": "127.0.0.1:9",
            "http_port": 1,
            "issuer": "http://127.0.0.1:9",
        }
        dsns = [
            (await stack.enter_async_context(databases.clone(postgres_server, name)))[0]
            for name in ("campaigns", "responses")
        ]
        campaigns = campaigns_app.build(
            CampaignsSettings(
                **common,
                database_dsn=dsns[0],
                link_public_keys=json.dumps([key.as_dict(private=False)]),
                credential_keys=CREDENTIAL_KEYS,
                responses_url=responses_url,
            )
        )
        responses = responses_app.build(
            ResponsesSettings(
                **common,
                database_dsn=dsns[1],
                campaigns_url=campaigns_url,
                answer_keys=ANSWER_KEYS,
            )
        )
        await stack.enter_async_context(facing(campaigns, campaigns_url))
        await stack.enter_async_context(facing(responses, responses_url))
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=campaigns_url))
        world = World(campaigns.database, campaigns.clock)
        site = Site(world, key, client, campaigns.api)
        (row,) = await invited(site)
        preview = await collect(responses, world)
        invitation = f"{campaigns_url}/invitations/{site.link(row)}"
        yield Panel(invitation, f"{responses_url}/answer/{preview}", responses, campaigns)


async def collect(responses: Service, world: World) -> str:
    """Responses receives the project, its letter and its questionnaire."""
    published = await world.published_projects()
    letter = "".join(f"<p>{line}</p>" for line in LETTER.splitlines())
    cleaned = await documents.clean(letter.encode(), "text/html")
    questionnaire_json = questionnaire().model_dump_json()
    async with responses.database.transaction() as conn:
        project_id = published[0].project_id
        await collections.apply_project_states(conn, responses.clock, published[:1])
        added = await documents_use_cases.add_document(
            conn, responses.clock, project_id, "Lettre", cleaned
        )
        body = Questionnaire.model_validate_json(
            questionnaire_json.replace(str(DOCUMENT), str(added.id))
        )
        await questionnaires.write_questionnaire(
            conn, responses.clock, project_id, body.model_dump(mode="json")
        )
        await questionnaires.make_ready(conn, responses.clock, project_id)
        await collections.apply_project_states(conn, responses.clock, published[1:])
    return str(await responses.database.pool.fetchval("SELECT preview_id FROM collection"))


async def write(page: Page) -> None:
    page.set_default_timeout(10_000)
    await page.get_by_role("button", name="J'ai compris, continuer").click()
    await page.get_by_role("button", name="Répondre maintenant").click()
    await page.get_by_role("radio", name="Oui").check()
    await page.get_by_role("checkbox", name="De la colère").check()
    await page.get_by_role("button", name="La date limite").click()
    await page.locator(".sentence", has_text="Il manque l'attestation").click()
    await page.get_by_role("radio", name="Ce n'est pas clair").check()
    await page.get_by_role("textbox", name="Que changeriez-vous").fill(WORDS)
    await page.get_by_role("button", name="Relire avant d'envoyer").click()


async def test_from_the_invitation_to_the_receipt(page: Page, panel: Panel) -> None:
    await page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    await page.goto(f"{panel.invitation}?lang=fr")
    await page.get_by_role("button", name="Je participe").first.click()
    # The browser follows to the answer page, which requests the credential first.
    await expect(page).to_have_url(re.compile("/answer/"))
    await expect(page.locator("#joined-status")).to_contain_text("prêt et enregistré")
    await expect(page.locator("#private-link")).to_be_visible()
    assert await panel.campaigns.database.pool.fetchval("SELECT count(*) FROM credential") == 1
    await page.get_by_role("link", name="Français").click()
    await write(page)
    await page.get_by_role("radio", name="Oui, elle peut être lue").check()
    await page.get_by_role("button", name="Envoyer ma réponse").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(
        "Votre réponse a bien été reçue"
    )
    await page.get_by_role("button", name="Vérifier").click()
    await expect(page.locator("#checked")).to_have_text("Votre réponse est bien comptée.")
    pool = panel.responses.database.pool
    assert await pool.fetchval("SELECT count(*) FROM sealed") == 1
    assert await pool.fetchval("SELECT count(*) FROM spent_credential") == 1
    # The link of the message shows the receipt.
    receipt = await page.locator("#receipt").inner_text()
    await page.goto(f"{panel.invitation}?lang=fr")
    await expect(page.get_by_text("déjà été remis à un appareil")).to_be_visible()
    await page.get_by_role("link", name="Ouvrir la page de réponse").click()
    await expect(page.locator("#receipt")).to_have_text(receipt)


async def test_staff_preview_what_members_will_see(page: Page, panel: Panel) -> None:
    await page.goto(f"{panel.preview}?lang=fr")
    await expect(page.locator("#preview")).to_be_visible()
    await write(page)
    await expect(page.get_by_role("button", name="Envoyer ma réponse")).to_be_disabled()
    assert await panel.responses.database.pool.fetchval("SELECT count(*) FROM sealed") == 0
