"""Staff import a file and read counts over HTTP."""

from uuid import uuid4

import httpx

from services.contracts.http.common import Role
from services.runtime.service import Service
from tests.support.registry import Registry, SignedIn, csv_file, line, order


async def test_staff_import_a_file_and_read_counts(
    service: Service, browser: httpx.AsyncClient, registry: Registry
) -> None:
    service.api.state.tokens = SignedIn(Role.REGISTRY)
    headers = {"Authorization": "Bearer x", "Accept-Language": "en"}
    content = csv_file(line("a@example.test"), line("bad")).getvalue()

    async def import_(**query: str) -> httpx.Response:
        return await browser.post(
            "/api/members/imports", params=query, content=content, headers=headers
        )

    dry = (await import_(dry_run="true")).json()
    assert (dry["kept"], dry["valid"], dry["errors"][0]["line"]) == (False, 1, 3)
    report = (await import_(accept_valid="true")).json()
    assert (report["kept"], report["imported"]) == (True, 1)
    counts = (await browser.get("/api/members/counts", headers=headers)).json()
    assert counts == {"by_status": {"active": 1}}
    await registry.receive(order(uuid4()))
    deliveries = (await browser.get("/api/deliveries/counts", headers=headers)).json()
    assert deliveries == {"by_state": {"refused": 1}, "refused_by_reason": {"not_active": 1}}

    content = csv_file(line("b@example.test", last_contact="")).getvalue()
    unconfirmed = (await import_(accept_valid="true")).json()
    assert (unconfirmed["kept"], unconfirmed["valid"]) == (False, 1)
    assert "can be solicited before" in unconfirmed["to_confirm"]
    assert (await import_(accept_month="true")).json()["imported"] == 1

    refused = await browser.post("/api/members/imports", content=b"Nom\nx\n", headers=headers)
    assert refused.status_code == 422
    assert len(refused.json()["errors"]) == 3
    service.api.state.tokens = SignedIn(Role.CAMPAIGNS)
    assert (await import_()).status_code == 403
