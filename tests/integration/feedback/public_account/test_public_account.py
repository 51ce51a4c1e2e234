"""Anybody can check the account: what is public is there, at once, and nothing else is."""

import asyncio
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import asyncpg
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.events.campaigns import ProjectState
from services.contracts.events.registry import FiguresState
from services.contracts.http.common import Role
from services.contracts.http.feedback import PublishReport
from services.feedback.public_account import use_cases
from services.feedback.public_account.rules import share_read
from services.feedback.reports import use_cases as reports
from services.feedback.reports.rules.method import MINIMUM_CELL, method_of
from services.runtime.http.staff_tokens import Staff
from tests.support.feedback import (
    BERNARD,
    COLLECTION_ENDED,
    INES,
    KEPT,
    NOT_KEPT,
    PUBLIC,
    TODAY,
    World,
    collection,
    project,
    proposal,
)

pytestmark = pytest.mark.servers
ATOM = "{http://www.w3.org/2005/Atom}"
LISTS = ("/", "/projects", "/decisions", "/follow-up", "/figures", "/open-data", "/journal")
FILES = (
    "/feed.atom",
    "/robots.txt",
    "/sitemap.xml",
    "/sitemap/projects.xml",
    *(f"/sitemap/decisions-{digit:x}.xml" for digit in range(16)),
    *(
        f"/open-data/{name}.{kind}"
        for name in ("projects", "reports", "decisions", "follow-up", "figures")
        for kind in ("json", "csv")
    ),
)


async def look(world: World, path: str, **headers: str) -> httpx.Response:
    return await world.client.get(path, headers={"Accept": "text/html"} | headers)


async def read(world: World, path: str, **headers: str) -> str:
    found = await look(world, path, **headers)
    assert found.status_code == 200, (path, found.text)
    return found.text


async def everything(world: World) -> str:
    """All that is public, in one text."""
    paths: list[str] = [*LISTS, *FILES]
    for row in await world.fetch("SELECT project_id FROM project WHERE state <> 'draft'"):
        paths += [f"/projects/{row['project_id']}", f"/projects/{row['project_id']}/report"]
    for row in await world.fetch("SELECT project_id, version FROM published_report"):
        paths.append(f"/projects/{row['project_id']}/report/{row['version']}")
    for row in await world.fetch("SELECT DISTINCT proposal_id FROM published_decision"):
        paths.append(f"/decisions/{row['proposal_id']}")
    return "\n".join([(await look(world, path)).text for path in paths])


async def test_a_project_is_public_from_its_mandate_on_and_a_draft_never_is(world: World) -> None:
    draft = uuid4()
    await world.hear(
        project(draft, "draft", title="Pas encore"),
        project(world.project_id, "published", title="La lettre"),
    )
    assert (await look(world, f"/projects/{draft}")).status_code == 404
    home = await read(world, "/")
    assert "La lettre" in home
    assert "Pas encore" not in await everything(world)
    page = await read(world, f"/projects/{world.project_id}")
    for said in ("Why", "What is at stake", "Objectives", "What it will serve", "Who decides"):
        assert said in page
    assert f"{BERNARD}, directeur" in page
    assert "taking part is unpaid" in page


async def test_what_is_not_published_is_nowhere(world: World) -> None:
    kept, other = await world.synthesised("Un résumé", "Un numéro")
    secret = "Motif encore secret"
    await world.draft(kept.proposal_id, **KEPT | {"reason": secret})
    await world.sign(kept.proposal_id)
    await world.draft(other.proposal_id, **NOT_KEPT | {"reason": secret})
    await world.summarise(secret)
    public = await everything(world)
    assert secret not in public
    assert str(kept.proposal_id) not in public
    assert (await look(world, f"/decisions/{kept.proposal_id}")).status_code == 404
    assert (await look(world, f"/projects/{world.project_id}/report")).status_code == 404


async def test_nobody_who_drafted_signed_in_or_recorded_is_named(world: World) -> None:
    kept, _ = await world.reported("Un résumé", "Un numéro")
    await world.follow(kept.proposal_id, "planned", note="Chez l'imprimeur")
    # A revision is on its way, and is not public.
    await world.draft(kept.proposal_id, version=4, **NOT_KEPT | {"reason": "Plus tard"})
    public = await everything(world)
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
    place = f"/projects/{world.project_id}/report"
    first = await read(world, f"{place}/1")
    assert "La loi impose cette phrase." in first
    world.on(TODAY + timedelta(days=9))
    await world.decide(other.proposal_id, version=3, **KEPT | {"reason": "La loi a changé."})
    await world.summarise("Nous avons révisé une réponse.", version=1)
    assert (await world.publish(version=2)).is_success
    # The proposal gets newer words, which no published decision answers.
    newer = proposal(world.project_id, "Un numéro vert", 2, other.proposal_id)
    await world.hear(newer)
    replaced = await look(world, f"{place}/1")
    assert "La loi impose cette phrase." in replaced.text
    assert "La loi a changé." not in replaced.text
    assert "This version was revised" in replaced.text
    assert replaced.headers["cache-control"] == "public, max-age=86400"
    newest = await read(world, place)
    assert words(newest) == words(await read(world, f"{place}/2"))
    assert "La loi a changé." in newest
    for said in ("What this revision changes", "before: Not retained", "now: Retained"):
        assert said in newest
    assert "Un numéro vert" not in newest
    assert (await look(world, f"{place}/3")).status_code == 404
    decision = await read(world, f"/decisions/{other.proposal_id}")
    assert "Revised on" in decision
    assert f"{place}/1" in decision


async def test_staff_preview_the_words_that_everybody_will_read(world: World) -> None:
    kept, other = await world.synthesised("Un résumé", "Un numéro")
    await world.decide(kept.proposal_id)
    await world.decide(other.proposal_id, **NOT_KEPT)
    await world.summarise("Premier paragraphe.\n\nSecond.")
    headers = world.as_(INES, Role.ANALYSIS)
    path = f"/api/projects/{world.project_id}/report/preview"
    preview = (await world.client.get(path, headers=headers)).json()["html"]
    assert (await world.publish()).is_success
    page = await read(world, f"/projects/{world.project_id}/report")
    assert words(preview) in words(page)
    # Of a revision as well: what is redrafted but not signed stays as it was published.
    await world.draft(other.proposal_id, version=3, **KEPT | {"reason": "Pas encore signé"})
    again = (await world.client.get(path, headers=headers)).json()["html"]
    assert "Pas encore signé" not in again
    await world.sign(other.proposal_id, version=4)
    signed = (await world.client.get(path, headers=headers)).json()["html"]
    assert "Pas encore signé" in signed
    assert (await world.publish()).is_success
    assert words(signed) in words(await read(world, f"/projects/{world.project_id}/report"))


def words(html: str) -> str:
    """As they are read: what is marked within a sentence is in it."""
    return " ".join(re.sub("<[^>]+>", " ", re.sub("</?(span|time|strong)[^>]*>", "", html)).split())


async def test_did_the_administration_do_what_it_said(world: World) -> None:
    (kept,) = await world.reported("Un résumé")
    path = f"/decisions/{kept.proposal_id}"
    assert "No news has been given yet" in await read(world, path)
    assert "verdue by" not in await read(world, path)
    world.on(COLLECTION_ENDED + timedelta(days=120))
    late = await read(world, path)
    assert "Promise overdue by 21 days" in late
    assert "Promise overdue by 21 days" in await read(world, "/follow-up")
    assert "Un résumé" in await read(world, "/decisions?progress=overdue")
    assert "promise overdue" in await read(world, "/")
    await world.follow(kept.proposal_id, "done", note="La lettre est partie")
    done = await read(world, path)
    assert "La lettre est partie" in done
    assert "verdue by" not in done
    assert "Un résumé" not in await read(world, "/decisions?progress=overdue")
    assert "Un résumé" in await read(world, "/decisions?progress=done&outcome=retained")


async def test_decisions_are_paged_by_key_and_filtered_without_script(world: World) -> None:
    titles = [f"Idée {number:02}" for number in range(60)]
    await world.reported(*titles)
    seen: list[str] = []
    path: str | None = "/decisions"
    while path is not None:
        page = await read(world, path)
        seen += re.findall(r"Idée \d\d", page)
        more = re.search(r'<a rel="next" href="([^"]+)"', page)
        path = more[1].replace("&amp;", "&") if more else None
    assert sorted(seen) == titles
    kept = await read(world, "/decisions?outcome=retained")
    assert re.findall(r"Idée \d\d", kept) == ["Idée 00"]
    assert 'value="retained" selected' in kept
    refused = await read(world, "/decisions?outcome=not&after=2027-01-12." + "f" * 32)
    assert "Idée 00" not in refused
    for wrong in ("?after=yesterday", "?after=2027-01-12", "?outcome=maybe", "?progress=soon"):
        assert (await look(world, "/decisions" + wrong)).status_code == 404


async def test_no_page_is_older_than_the_moment_it_was_asked_for(world: World) -> None:
    """Kept pages are shown only while nothing public has changed, whoever changed it."""
    kept, _ = await world.reported("Un résumé", "Un numéro")
    path = f"/decisions/{kept.proposal_id}"
    async with world.service.database.pool.acquire() as elsewhere:
        for number in range(1, 20):
            before = await look(world, path)
            assert (await look(world, path)).headers["etag"] == before.headers["etag"]
            # As another replica would: this process hears of it from the database only.
            await elsewhere.execute(
                "INSERT INTO follow_up VALUES ($1, $2, 'planned', $3, $4, 'x')",
                kept.proposal_id,
                number,
                f"Étape {number}",
                TODAY,
            )
            after = await look(world, path, **{"If-None-Match": before.headers["etag"]})
            assert after.status_code == 200
            assert f"Étape {number}" in after.text


async def test_many_at_once_get_one_and_the_same_fresh_page(world: World) -> None:
    (kept,) = await world.reported("Un résumé")
    path = f"/decisions/{kept.proposal_id}"
    pages = await asyncio.gather(*(look(world, path) for _ in range(200)))
    assert {one.status_code for one in pages} == {200}
    assert len({one.headers["etag"] for one in pages}) == 1


MARKERS = {
    "project": "project_changes_the_mark",
    "collection": "collection_changes_the_mark",
    "published_report": "report_changes_the_mark",
    "published_decision": "decision_changes_the_mark",
    "follow_up": "follow_up_changes_the_mark",
    "figures": "figures_change_the_mark",
}


@pytest.mark.parametrize("table", MARKERS)
async def test_whatever_changes_what_is_public_changes_the_mark(world: World, table: str) -> None:
    """By the trigger of its table, and by nothing else once that is dropped."""

    async def mark() -> Any:
        return (await world.fetch("SELECT mark FROM public_state"))[0]["mark"]

    kept, other = await world.reported("Un résumé", "Un numéro")

    async def change(number: int) -> None:
        match table:
            case "project":
                await world.hear(project(world.project_id, "reporting", version=7 + number))
            case "collection":
                await world.hear(collection(world.project_id, world.proposals, 9 + number))
            case "figures":
                await hear_figures(world, month(4, number))
            case "follow_up":
                await world.follow(kept.proposal_id, "planned")
            case _:
                version = 3 * number
                before = await mark()
                await world.decide(other.proposal_id, version, **KEPT | {"reason": str(number)})
                assert await mark() == before  # signed, and not public yet
                assert (await world.publish()).is_success

    await world.execute(
        *(f"DROP TRIGGER {name} ON {of}" for of, name in MARKERS.items() if of != table)
    )
    before = await mark()
    await change(1)
    after = await mark()
    assert after != before
    await world.execute(f"DROP TRIGGER {MARKERS[table]} ON {table}")
    await change(2)
    assert await mark() == after


async def test_no_decision_is_published_without_the_words_that_it_answers(world: World) -> None:
    (one,) = await world.synthesised("Un résumé")
    await world.decide(one.proposal_id)
    await world.summarise()
    await world.execute("DROP TRIGGER published_decision_is_in_the_account ON published_decision")
    with pytest.raises(asyncpg.ForeignKeyViolationError) as violated:
        await publish_here(world)
    assert violated.value.constraint_name == "published_decision_answers_words"
    await world.execute(
        "ALTER TABLE published_decision DROP CONSTRAINT published_decision_answers_words"
    )
    await publish_here(world)


async def publish_here(world: World) -> None:
    """Without the service's answer around it, so that what the database says is seen."""
    staff = Staff("bernard", BERNARD, frozenset({Role.DECISION}))
    async with world.service.database.transaction() as conn:
        await reports.publish_report(
            conn, world.service.clock, staff, world.project_id, PublishReport(version=1), PUBLIC
        )


async def test_who_has_the_page_is_told_so(world: World) -> None:
    await world.reported("Un résumé")
    place = f"/projects/{world.project_id}"
    for path in (*LISTS, place, f"{place}/report", "/feed.atom", "/open-data/decisions.json"):
        first = await look(world, path)
        assert first.headers["cache-control"] == "public, max-age=60", path
        tag = first.headers["etag"]
        for known in (tag, f'"other", {tag}', f"W/{tag}" if tag[0] != "W" else tag):
            again = await look(world, path, **{"If-None-Match": known})
            assert (again.status_code, again.content) == (304, b""), path
            assert again.headers["etag"] == tag
        assert (await look(world, path, **{"If-None-Match": '"other"'})).status_code == 200


async def test_both_languages_have_one_address_and_say_so(world: World) -> None:
    await world.hear(project(world.project_id, "open"))
    french = await look(world, "/projects", **{"Accept-Language": "fr-FR,fr;q=0.9,en;q=0.5"})
    english = await look(world, "/projects", **{"Accept-Language": "en"})
    assert french.headers["vary"] == english.headers["vary"] == "Accept-Language, Accept-Encoding"
    assert (french.headers["content-language"], english.headers["content-language"]) == ("fr", "en")
    assert 'lang="fr"' in french.text
    assert "Tous les projets" in french.text
    asked = await read(world, "/projects?lang=fr", **{"Accept-Language": "en"})
    assert "Tous les projets" in asked
    assert f"/projects/{world.project_id}?lang=fr" in asked
    assert '<link rel="canonical" href="https://account.example/projects?lang=fr">' in asked
    for tag in ("fr", "en", "x-default"):
        assert f'hreflang="{tag}" href="https://account.example/projects' in asked
    assert "noindex" not in asked
    assert '<meta name="robots" content="noindex">' in (await look(world, "/nowhere")).text


async def test_pages_run_nothing_and_come_from_nowhere_else(world: World) -> None:
    await world.hear(project(world.project_id, "open", title="<script>alert(1)</script>"))
    for path in (*LISTS, f"/projects/{world.project_id}"):
        page = await look(world, path)
        assert "<script" not in page.text
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'")
        assert "set-cookie" not in page.headers


async def test_people_who_are_lost_get_a_page_and_programs_a_problem(world: World) -> None:
    lost = await look(world, "/decisions/nothing-here")
    assert lost.status_code == 404
    assert 'href="/decisions"' in lost.text
    assert (await world.client.get("/nowhere")).json()["status"] == 404
    assert (await look(world, "/api/nowhere")).headers["content-type"].startswith("application/pro")


async def test_the_feed_is_atom_whatever_people_write(world: World) -> None:
    (kept,) = await world.reported("Un <résumé> & plus \x0b \ufffe")
    await world.follow(kept.proposal_id, "planned", note="]]> & \x01")
    first = await look(world, "/feed.atom")
    assert first.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = ElementTree.fromstring(first.content)
    assert feed.tag == f"{ATOM}feed"
    for named in ("id", "title", "updated", "author"):
        assert feed.find(ATOM + named) is not None
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == 2
    for entry in entries:
        assert (entry.findtext(f"{ATOM}id") or "").startswith("urn:uuid:")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00Z", entry.findtext(f"{ATOM}updated") or "")
        link = entry.find(f"{ATOM}link")
        assert link is not None
        address = link.attrib["href"].removeprefix("https://account.example")
        assert (await look(world, address)).status_code == 200
    assert "Un <résumé> & plus" in "".join(e.findtext(f"{ATOM}title") or "" for e in entries)
    # Whatever is published later, an entry keeps its id.
    ids = {e.findtext(f"{ATOM}id") for e in entries}
    await world.follow(kept.proposal_id, "under_way")
    later = ElementTree.fromstring((await look(world, "/feed.atom")).content)
    assert ids < {e.findtext(f"{ATOM}id") for e in later.findall(f"{ATOM}entry")}


async def test_search_engines_find_every_page(world: World) -> None:
    kept, other = await world.reported("Un résumé", "Un numéro")
    assert "Sitemap: https://account.example/sitemap.xml" in await read(world, "/robots.txt")
    index = ElementTree.fromstring(await read(world, "/sitemap.xml"))
    found: set[str] = set()
    for part in index.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc"):
        address = (part.text or "").removeprefix("https://account.example")
        listed = ElementTree.fromstring(await read(world, address))
        found |= {
            (one.text or "").removeprefix("https://account.example")
            for one in listed.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")
        }
    place = f"/projects/{world.project_id}"
    expected = {place, f"{place}/report"} | {f"/decisions/{p.proposal_id}" for p in (kept, other)}
    assert expected < found
    for path in found:
        await read(world, path)


async def test_no_number_below_five_is_shown(world: World) -> None:
    few = proposal(world.project_id, "Rare").model_copy(update={"support": 3})
    await world.hear(
        project(world.project_id, asked=4, joined=3, credentials_issued=2),
        few,
        collection(world.project_id, [few], contributions=2),
    )
    await world.decide(few.proposal_id)
    await world.summarise()
    assert (await world.publish()).is_success
    await hear_figures(world, month(4))
    page = await read(world, f"/projects/{world.project_id}")
    assert page.count("fewer than 5") >= 3
    assert "were read by" not in page
    assert "Supported by" not in await read(world, f"/projects/{world.project_id}/report")
    assert "Supported by" not in await read(world, f"/decisions/{few.proposal_id}")
    figures = await read(world, "/figures")
    assert figures.count("fewer than 5") == 3
    assert "too few contributions" in figures


async def test_pages_and_open_data_do_without_whatever_an_event_may_leave_out(
    world: World,
) -> None:
    """As a month with fewer than five notices has no count of them."""
    seen = proposal(world.project_id, "Dire la date")
    bare = project(world.project_id)
    optional = {
        name: None for name, field in ProjectState.model_fields.items() if field.default is None
    }
    await world.hear(
        bare.model_copy(update=optional),
        seen,
        collection(world.project_id, [seen]).model_copy(
            update={"contributions": None, "unread": None}
        ),
    )
    few = month(7).model_copy(update={"notices": None, "refused_by_reason": {}})
    await hear_figures(world, few)
    for path in (*LISTS, *FILES, f"/projects/{world.project_id}"):
        found = await look(world, path)
        assert found.status_code == 200, (path, found.text)
    assert "fewer than 5" in await read(world, "/figures")
    data = (await world.client.get("/open-data/figures.json")).json()["rows"]
    notices = [row["value"] for row in data if row["figure"] == "notices"]
    assert notices == [None]


async def test_few_unread_contributions_that_are_not_told_are_not_counted_as_read(
    world: World,
) -> None:
    few = collection(world.project_id, None, contributions=61, unread=0)
    await world.hear(project(world.project_id), few.model_copy(update={"unread": None}))
    assert "93%" in await read(world, "/figures")
    assert "all read but fewer than 5" in await read(world, f"/projects/{world.project_id}")


COUNT = st.none() | st.integers(0, 12) | st.integers(0, 10_000)


@given(COUNT, COUNT, COUNT, COUNT, COUNT, COUNT)
def test_no_figure_of_people_is_small_nor_had_by_subtraction(
    asked: int | None,
    joined: int | None,
    issued: int | None,
    contributions: int | None,
    unread: int | None,
    unopened: int | None,
) -> None:
    if contributions is not None and unread is not None:
        unread = min(unread, contributions)
    method = method_of(
        {"asked": asked, "joined": joined, "credentials_issued": issued},
        {"contributions": contributions, "unread": unread, "unopened": unopened},
    )
    counts = [
        value
        for name, value in method.items()
        if isinstance(value, int) and not isinstance(value, bool) and name != "draws"
    ]
    assert all(count >= MINIMUM_CELL for count in counts)
    if method["read"] is not None:
        left = method["contributions"] - method["read"]
        assert left == 0 or left >= MINIMUM_CELL
    assert "unread" not in method


@given(st.integers(0, 100_000), st.data())
def test_all_read_is_said_only_of_all(contributions: int, data: st.DataObject) -> None:
    read = data.draw(st.integers(0, contributions))
    share = share_read(contributions, read, MINIMUM_CELL)
    assert (share is None) == (contributions < MINIMUM_CELL)
    if share is not None:
        assert (f"{share:.0%}" == "100%") == (read == contributions)


async def test_the_answer_in_force_is_what_was_published_and_followed_last(world: World) -> None:
    kept, other = await world.reported("Un résumé", "Un numéro")
    await world.follow(kept.proposal_id, "planned")
    await world.follow(kept.proposal_id, "under_way")
    await world.decide(other.proposal_id, version=3, **KEPT)
    await world.publish()
    differ = await world.fetch(
        """
        SELECT a.proposal_id FROM answer_in_force a FULL JOIN (
            SELECT DISTINCT ON (d.proposal_id) d.*, coalesce((SELECT progress FROM follow_up f
                WHERE f.proposal_id = d.proposal_id ORDER BY number DESC LIMIT 1), 'promised')
                AS progress
            FROM published_decision d ORDER BY d.proposal_id, d.version DESC) d USING (proposal_id)
        WHERE (a.version, a.outcome, a.due_on, a.published_on, a.progress)
            IS DISTINCT FROM (d.version, d.outcome, d.due_on, d.published_on, d.progress)
        """
    )
    assert differ == []
    with pytest.raises(asyncpg.CheckViolationError) as violated:
        await world.execute("UPDATE answered_proposal SET text = 'Autre chose'")
    assert violated.value.constraint_name == "answered_proposal_is_final"
    await world.execute(
        "DROP TRIGGER answered_proposal_is_final ON answered_proposal",
        "UPDATE answered_proposal SET text = 'Autre chose'",
    )


def month(count: int, version: int = 1) -> FiguresState:
    return FiguresState(
        version=version,
        month="2026-12",
        solicitations=count,
        people_solicited=count,
        most_for_one_person_in_31_days=1,
        notices=count,
    )


async def hear_figures(world: World, *months: FiguresState) -> None:
    async with world.service.database.transaction() as conn:
        await use_cases.apply_figures_states(conn, world.service.clock, months)


async def test_a_version_beyond_every_number_is_the_version_of_nothing(world: World) -> None:
    await world.reported("Dire la date")
    for version in (2, 2**63, "9" * 5_000):
        missing = await look(world, f"/projects/{world.project_id}/report/{version}")
        assert missing.status_code == 404
