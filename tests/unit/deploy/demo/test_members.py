"""Acts of simulated members, and the forms and links that they find on a page."""

from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.charter_check.mail_journal import Message
from deploy.demo.members import Rates, WrongRates, _act, forms_of

NOON = datetime(2026, 11, 24, 11, tzinfo=UTC)
INVITATION = "http://h:1/invitations/x"
OFFERS = """<form method="post" action="/invitations/x/accept?lang=fr"><button></button></form>
<a href="/invitations/x/decline?lang=fr">Je ne participe pas</a>"""
ASKS = """<form method="post" action="/invitations/x/decline?lang=fr"><button></button></form>"""


@pytest.mark.parametrize("act", ["accept", "decline"])
async def test_members_press_the_button_or_the_one_on_the_page_that_asks_again(act: str) -> None:
    posted = []

    def panel(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            posted.append(request.url.path)
            return httpx.Response(303, headers={"Location": "/"})
        return httpx.Response(200, text=ASKS if "decline" in request.url.path else OFFERS)

    message = Message(NOON, NOON, "zoe@example.test", "Avis", "invitation", None, INVITATION)
    async with httpx.AsyncClient(transport=httpx.MockTransport(panel)) as browser:
        assert await _act(browser, message, act) == act
    assert posted == [f"/invitations/x/{act}"]


def test_forms_are_found_by_where_they_post() -> None:
    page = """<form method="post" action="/invitations/x/accept?lang=fr"><button></button></form>
    <FORM METHOD="POST"></FORM><form action="/search"></form>"""
    assert forms_of(page, "http://h:1/leave/x?lang=fr") == [
        "http://h:1/invitations/x/accept?lang=fr",
        "http://h:1/leave/x?lang=fr",
    ]


@pytest.mark.parametrize("accept", [-0.1, 1.1, 0.9])
def test_rates_that_are_no_shares_are_refused(accept: float) -> None:
    with pytest.raises(WrongRates):
        Rates(accept=accept)


@given(st.floats(0, 1, exclude_max=True))
def test_everybody_does_one_of_the_things_people_do(chance: float) -> None:
    assert Rates().choose(chance) in {"accept", "decline", "look", "leave_panel", "ignore"}


@pytest.mark.parametrize("answer", [-0.1, 1.1])
def test_a_share_of_participants_is_one_too(answer: float) -> None:
    with pytest.raises(WrongRates):
        Rates(answer=answer)


def test_the_shares_are_those_asked_for() -> None:
    rates = Rates(accept=0.5, decline=0.25, look=0, leave_panel=0)
    acts = [rates.choose(n / 1000) for n in range(1000)]
    assert (acts.count("accept"), acts.count("decline")) == (500, 250)
