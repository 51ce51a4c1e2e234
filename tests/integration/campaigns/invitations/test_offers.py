"""Each form and link of the invitation's page works, in any state and on any day.

Members only have the page: the tests press its buttons and follow its links as it shows them.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from deploy.demo.members import forms_of, links_of
from deploy.demo.participant_device import private_link
from services.contracts.events.registry import MemberStatus
from services.runtime.crypto.blind_rsa import base64url, request_from_seed
from tests.support.campaigns import NOON, gone, member
from tests.support.campaigns_site import HTML, Site, advance, invited, public_key

Row = dict[str, Any]
SEED = bytes(range(32))
# Recruitment ends 60 days on, collection 90 days on: before, on and after both last days.
DAYS = (0, 60, 61, 90, 91)
CIVIL = {
    day: f"{on.day} {('janvier' if on.month == 1 else 'février')} {on.year}"
    for day in (60, 90)
    for on in [(NOON + timedelta(days=day)).date()]
}


@dataclass
class Members:
    site: Site
    rows: dict[str, Row]

    def link(self, name: str) -> str:
        return self.site.link(self.rows[name], days=200)

    async def page(self, name: str) -> str:
        page = await self.site.get(self.link(name))
        assert page.status_code == 200, name
        return page.text


async def everybody(site: Site) -> Members:
    """One member in each state that members can reach."""
    names = ("joined", "taken", "left", "gone", "waiting", "declined", "invited")
    rows = dict(zip(names, await invited(site, len(names), places=2), strict=True))
    world = site.world
    for name in ("left", "gone"):
        await world.accept(rows[name]["id"], rows[name]["member_id"])
    await world.leave(rows["left"]["id"], rows["left"]["member_id"])
    await world.apply_members(gone(rows["gone"]["member_id"], MemberStatus.LEFT))
    for name in ("joined", "taken", "waiting"):
        await world.accept(rows[name]["id"], rows[name]["member_id"])
    await site.post(site.link(rows["declined"], days=200), "decline")
    taken = rows["taken"]
    await world.take_credential(taken["project_id"], taken["id"], taken["member_id"])
    return Members(site, rows)


async def follow(members: Members, name: str, page: str) -> set[str]:
    """Press every button and follow every link of a member's page; returns the acts offered."""
    site, link = members.site, members.link(name)
    offered = set()
    forms = forms_of(page, f"http://panel/invitations/{link}")
    for target in links_of(page, f"http://panel/invitations/{link}"):
        parts = urlsplit(target)
        if not parts.path.startswith("/invitations/") or parts.path.endswith(link):
            continue
        confirmation = await site.client.get(f"{parts.path}?{parts.query}", headers=HTML)
        assert confirmation.status_code == 200, (name, target)
        (form,) = forms_of(confirmation.text, target)
        forms.append(form)
    answer = private_link(page)
    if answer:
        offered.add("answer")
        # A device that has the credential already asks for the same one, which is given again.
        if name != "taken":
            await obtain(members, name, answer.ticket)
    for form in forms:
        act = urlsplit(form).path.rpartition("/")[2]
        offered.add(act)
        response = await site.client.post(form, headers=HTML)
        assert response.status_code == 303, (name, act, response.text)
    return offered


async def obtain(members: Members, name: str, ticket: str) -> None:
    request = request_from_seed(SEED, await public_key(members.site))
    body = {
        "ticket": ticket,
        "project_id": str(members.rows[name]["project_id"]),
        "request": base64url(request.blinded),
    }
    issued = await members.site.client.post("/credentials", json=body)
    assert issued.status_code == 200, (name, issued.text)


# Waiting members come first: each member who leaves gives them a place.
OFFERED: dict[str, dict[int, set[str]]] = {
    "waiting": {0: {"leave"}, 61: set()},
    "joined": {0: {"answer", "leave"}, 61: {"answer", "leave"}, 91: {"leave"}},
    "taken": {0: {"answer", "leave"}, 61: {"answer", "leave"}, 91: {"leave"}},
    "left": {0: set()},
    "declined": {0: set()},
    "gone": {0: set()},
}


@pytest.mark.parametrize("day", DAYS)
async def test_each_form_and_link_of_the_page_works(site: Site, day: int) -> None:
    members = await everybody(site)
    await advance(site, day)
    for name, by_day in OFFERED.items():
        page = await members.page(name)
        expected = by_day[max(since for since in by_day if since <= day)]
        assert await follow(members, name, page) == expected, (name, day)
    # Each act of the invited is the last one, so the page is that of two members.
    page = await members.page("invited")
    acts = {urlsplit(form).path.rpartition("/")[2] for form in forms_of(page, "http://panel/")}
    assert acts == ({"accept"} if day <= 60 else set())
    assert ("/decline?" in page) == (day <= 60)


async def test_the_page_shows_the_dates_that_are_enforced(site: Site) -> None:
    members = await everybody(site)
    invitation = await members.page("invited")
    assert f"accepter ou décliner jusqu&#39;au {CIVIL[60]} inclus (heure de Paris)" in unbroken(
        invitation
    )
    assert f"{CIVIL[90]} inclus" in unbroken(invitation)
    for name in ("joined", "taken"):
        page = unbroken(await members.page(name))
        status = page.partition('id="mandate"')[0]
        assert f"répondre jusqu&#39;au {CIVIL[90]} inclus" in status
        assert CIVIL[60] not in status, "joining is done: its last day says nothing any more"
    waiting = unbroken(await members.page("waiting")).partition('id="mandate"')[0]
    assert CIVIL[60] in waiting
    assert CIVIL[90] not in waiting


async def test_the_page_announces_a_credential_taken_by_another_device(
    site: Site,
) -> None:
    members = await everybody(site)
    assert "déjà été remis à un appareil" in await members.page("taken")
    assert "déjà été remis" not in await members.page("joined")


async def test_former_members_are_promised_no_later_invitation(site: Site) -> None:
    members = await everybody(site)
    page = await members.page("gone")
    assert "plus membre du panel" in page
    assert "vos chances" not in page


async def test_a_restored_project_offers_to_respond_only_where_it_is_possible(
    site: Site,
) -> None:
    members = await everybody(site)
    await site.world.value("UPDATE project SET issuing_stopped = true RETURNING 1")
    assert private_link(await members.page("taken"))
    page = await members.page("joined")
    assert private_link(page) is None
    assert "ne remet plus de jetons anonymes" in page


async def test_a_merged_member_follows_either_link_to_the_participation_that_counts(
    site: Site,
) -> None:
    members = await everybody(site)
    alone = members.rows["joined"]
    survivor = uuid4()
    await site.world.apply_members(member(survivor))
    merged = gone(alone["member_id"], MemberStatus.MERGED, into=survivor)
    await site.world.apply_members(merged)
    assert private_link(await members.page("joined")), "it moved to the survivor"
    invitation = members.rows["waiting"]
    twice = gone(
        invitation["member_id"], MemberStatus.MERGED, into=members.rows["taken"]["member_id"]
    )
    await site.world.apply_members(twice)
    page = await members.page("waiting")
    assert "remplacée par une autre" in page
    assert forms_of(page, "http://panel/") == []
    assert private_link(page) is None


def unbroken(page: str) -> str:
    return re.sub(r"\s+", " ", page)
