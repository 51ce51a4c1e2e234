"""Pages show all that is public, in both languages, and nothing else."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from services.contracts.http.common import Role
from tests.support.feedback import (
    BERNARD,
    COLLECTION_ENDED,
    INES,
    NOT_RETAINED,
    RETAINED,
    TODAY,
    World,
    project_state,
    proposal_state,
)
from tests.support.public_account import LISTS, all_public_text, get_page, page_text, visible_text

pytestmark = pytest.mark.servers


async def test_a_project_is_public_from_its_mandate_on_and_a_draft_never_is(world: World) -> None:
    draft = uuid4()
    await world.receive(
        project_state(draft, "draft", title="Pas encore"),
        project_state(world.project_id, "published", title="La lettre"),
    )
    assert (await get_page(world, f"/projects/{draft}")).status_code == 404
    home = await page_text(world, "/")
    assert "La lettre" in home
    assert "Pas encore" not in await all_public_text(world)
    page = await page_text(world, f"/projects/{world.project_id}")
    for phrase in (
        "Why",
        "What is at stake",
        "Objectives",
        "What it will be used for",
        "Who decides",
    ):
        assert phrase in page
    assert f"{BERNARD}, directeur" in page
    assert "taking part is unpaid" in page


async def test_unpublished_texts_are_on_no_page(world: World) -> None:
    retained, other = await world.synthesised("Un résumé", "Un numéro")
    secret = "Motif encore secret"
    await world.draft(retained.proposal_id, **RETAINED | {"reason": secret})
    await world.sign(retained.proposal_id)
    await world.draft(other.proposal_id, **NOT_RETAINED | {"reason": secret})
    await world.summarise(secret)
    public = await all_public_text(world)
    assert secret not in public
    assert str(retained.proposal_id) not in public
    assert (await get_page(world, f"/decisions/{retained.proposal_id}")).status_code == 404
    assert (await get_page(world, f"/projects/{world.project_id}/report")).status_code == 404


async def test_no_page_names_a_drafter_or_another_member_of_staff(world: World) -> None:
    retained, _ = await world.reported("Un résumé", "Un numéro")
    await world.follow(retained.proposal_id, "planned", note="Chez l'imprimeur")
    # A revision is drafted, and not public.
    await world.draft(retained.proposal_id, version=4, **NOT_RETAINED | {"reason": "Plus tard"})
    public = await all_public_text(world)
    assert "Chez l&#39;imprimeur" in public
    for hidden in (
        INES,
        "Inès",
        "Claire D.",
        "Plus tard",
        "drafter",
        "recorded_by",
        "published_by",
    ):
        assert hidden not in public
    subject = BERNARD.split()[0].lower()
    columns = await world.fetch("SELECT signer, drafter FROM decision")
    assert subject in {row["signer"] for row in columns} | {row["drafter"] for row in columns}
    assert f">{subject}<" not in public


async def test_each_version_of_a_report_stays_as_it_was_published(world: World) -> None:
    _, other = await world.reported("Un résumé", "Un numéro")
    project_path = f"/projects/{world.project_id}/report"
    first = await page_text(world, f"{project_path}/1")
    assert "La loi impose cette phrase." in first
    world.on(TODAY + timedelta(days=9))
    await world.decide(other.proposal_id, version=3, **RETAINED | {"reason": "La loi a changé."})
    await world.summarise("Nous avons révisé une réponse.", version=1)
    assert (await world.publish(version=2)).is_success
    # The proposal is worded anew, and no published decision is about that wording.
    newer = proposal_state(world.project_id, "Un numéro vert", 2, other.proposal_id)
    await world.receive(newer)
    replaced = await get_page(world, f"{project_path}/1")
    assert "La loi impose cette phrase." in replaced.text
    assert "La loi a changé." not in replaced.text
    assert "This version was revised" in replaced.text
    assert replaced.headers["cache-control"] == "public, max-age=86400"
    newest = await page_text(world, project_path)
    assert visible_text(newest) == visible_text(await page_text(world, f"{project_path}/2"))
    assert "La loi a changé." in newest
    for phrase in ("What this revision changes", "before: Not retained", "now: Retained"):
        assert phrase in newest
    assert "Un numéro vert" not in newest
    assert (await get_page(world, f"{project_path}/3")).status_code == 404
    decision = await page_text(world, f"/decisions/{other.proposal_id}")
    assert "Revised on" in decision
    assert f"{project_path}/1" in decision


async def test_the_preview_shows_the_text_of_the_published_page(world: World) -> None:
    retained, other = await world.synthesised("Un résumé", "Un numéro")
    await world.decide(retained.proposal_id)
    await world.decide(other.proposal_id, **NOT_RETAINED)
    await world.summarise("Premier paragraphe.\n\nSecond.")
    headers = world.as_(INES, Role.ANALYSIS)
    path = f"/api/projects/{world.project_id}/report/preview"
    preview = (await world.client.get(path, headers=headers)).json()["html"]
    assert (await world.publish()).is_success
    page = await page_text(world, f"/projects/{world.project_id}/report")
    assert visible_text(preview) in visible_text(page)
    # The same for a revision: an unsigned redraft leaves the published decision in force.
    await world.draft(other.proposal_id, version=3, **RETAINED | {"reason": "Pas encore signé"})
    revision_preview = (await world.client.get(path, headers=headers)).json()["html"]
    assert "Pas encore signé" not in revision_preview
    await world.sign(other.proposal_id, version=4)
    signed = (await world.client.get(path, headers=headers)).json()["html"]
    assert "Pas encore signé" in signed
    assert (await world.publish()).is_success
    assert visible_text(signed) in visible_text(
        await page_text(world, f"/projects/{world.project_id}/report")
    )


async def test_overdue_promises_are_shown_until_they_are_done(world: World) -> None:
    (retained,) = await world.reported("Un résumé")
    path = f"/decisions/{retained.proposal_id}"
    assert "No news has been given yet" in await page_text(world, path)
    assert "verdue by" not in await page_text(world, path)
    world.on(COLLECTION_ENDED + timedelta(days=120))
    late = await page_text(world, path)
    assert "Promise overdue by 21 days" in late
    assert "Promise overdue by 21 days" in await page_text(world, "/follow-up")
    assert "Un résumé" in await page_text(world, "/decisions?progress=overdue")
    assert "promise overdue" in await page_text(world, "/")
    await world.follow(retained.proposal_id, "done", note="La lettre est partie")
    done_page = await page_text(world, path)
    assert "La lettre est partie" in done_page
    assert "verdue by" not in done_page
    assert "Un résumé" not in await page_text(world, "/decisions?progress=overdue")
    assert "Un résumé" in await page_text(world, "/decisions?progress=done&outcome=retained")


async def test_decisions_are_paged_by_key_and_filtered_without_script(world: World) -> None:
    titles = [f"Idée {number:02}" for number in range(60)]
    await world.reported(*titles)
    listed: list[str] = []
    path: str | None = "/decisions"
    while path is not None:
        page = await page_text(world, path)
        listed += re.findall(r"Idée \d\d", page)
        more = re.search(r'<a rel="next" href="([^"]+)"', page)
        path = more[1].replace("&amp;", "&") if more else None
    assert sorted(listed) == titles
    retained_page = await page_text(world, "/decisions?outcome=retained")
    assert re.findall(r"Idée \d\d", retained_page) == ["Idée 00"]
    assert 'value="retained" selected' in retained_page
    refused = await page_text(world, "/decisions?outcome=not&after=2027-01-12." + "f" * 32)
    assert "Idée 00" not in refused
    for wrong in ("?after=yesterday", "?after=2027-01-12", "?outcome=maybe", "?progress=soon"):
        assert (await get_page(world, "/decisions" + wrong)).status_code == 404


async def test_both_languages_share_one_address_and_are_declared(world: World) -> None:
    await world.receive(project_state(world.project_id, "open"))
    french = await get_page(world, "/projects", **{"Accept-Language": "fr-FR,fr;q=0.9,en;q=0.5"})
    english = await get_page(world, "/projects", **{"Accept-Language": "en"})
    assert french.headers["vary"] == english.headers["vary"] == "Accept-Language, Accept-Encoding"
    assert (french.headers["content-language"], english.headers["content-language"]) == ("fr", "en")
    assert 'lang="fr"' in french.text
    assert "Tous les projets" in french.text
    french_page = await page_text(world, "/projects?lang=fr", **{"Accept-Language": "en"})
    assert "Tous les projets" in french_page
    assert f"/projects/{world.project_id}?lang=fr" in french_page
    assert '<link rel="canonical" href="https://account.example/projects?lang=fr">' in french_page
    for tag in ("fr", "en", "x-default"):
        assert f'hreflang="{tag}" href="https://account.example/projects' in french_page
    assert "noindex" not in french_page
    assert '<meta name="robots" content="noindex">' in (await get_page(world, "/nowhere")).text


async def test_pages_run_no_script_and_load_nothing_from_elsewhere(world: World) -> None:
    await world.receive(project_state(world.project_id, "open", title="<script>alert(1)</script>"))
    for path in (*LISTS, f"/projects/{world.project_id}"):
        page = await get_page(world, path)
        assert "<script" not in page.text
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'")
        assert "set-cookie" not in page.headers


async def test_an_unknown_path_is_a_page_for_browsers_and_a_problem_for_programs(
    world: World,
) -> None:
    lost = await get_page(world, "/decisions/nothing-here")
    assert lost.status_code == 404
    assert 'href="/decisions"' in lost.text
    assert (await world.client.get("/nowhere")).json()["status"] == 404
    assert (
        (await get_page(world, "/api/nowhere"))
        .headers["content-type"]
        .startswith("application/pro")
    )


async def test_a_version_beyond_every_number_is_not_found(world: World) -> None:
    await world.reported("Dire la date")
    for version in (2, 2**63, "9" * 5_000):
        missing = await get_page(world, f"/projects/{world.project_id}/report/{version}")
        assert missing.status_code == 404
