"""Properties of the draw's reference implementation."""

from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.campaigns.draws.rules import Entry, draw_seed, rank, replay

MEMBERS = [UUID(int=number) for number in range(1, 120)]
SEED = b"s" * 32


@st.composite
def entries(draw: st.DrawFn) -> list[Entry]:
    entries = []
    for number in range(draw(st.integers(1, 5))):
        eligible = draw(st.lists(st.sampled_from(MEMBERS), unique=True))
        campaign = UUID(int=1000 + number)
        ranked = sorted(eligible, key=lambda id, key=campaign.bytes: rank(key, id))  # type: ignore[misc]
        entries.append(Entry(campaign, "", draw(st.integers(1, 60)), ranked))
    return entries


@given(entries())
def test_nobody_is_drawn_twice_nor_beyond_the_gap(drawn: list[Entry]) -> None:
    chosen = replay(SEED, drawn)
    everybody = [id for ids in chosen for id in ids]
    assert len(everybody) == len(set(everybody))
    for entry, ids in zip(drawn, chosen, strict=True):
        assert len(ids) <= entry.gap
        assert set(ids) <= set(entry.candidates)


@given(entries())
def test_a_gap_remains_only_when_nobody_is_left(drawn: list[Entry]) -> None:
    chosen = replay(SEED, drawn)
    taken = {id for ids in chosen for id in ids}
    for entry, ids in zip(drawn, chosen, strict=True):
        if len(ids) < entry.gap:
            assert set(entry.candidates) <= taken


@given(entries())
def test_alone_a_campaign_takes_the_best_ranks(drawn: list[Entry]) -> None:
    (chosen,) = replay(SEED, drawn[:1])
    assert sorted(chosen) == sorted(drawn[0].candidates[: drawn[0].gap])


@settings(max_examples=20)
@given(st.binary(min_size=32, max_size=32))
def test_equal_campaigns_get_about_equal_shares(seed: bytes) -> None:
    drawn = [
        Entry(
            UUID(int=1000 + number),
            "",
            100,
            sorted(MEMBERS, key=lambda id, number=number: rank(bytes([number]), id)),  # type: ignore[misc]
        )
        for number in range(3)
    ]
    shares = [len(ids) for ids in replay(seed, drawn)]
    assert sum(shares) == len(MEMBERS)
    assert all(20 <= share <= 60 for share in shares), shares


def test_the_lottery_depends_on_every_committed_seed() -> None:
    seeds = {UUID(int=1): b"a" * 32, UUID(int=2): b"b" * 32}
    assert draw_seed(seeds) == draw_seed(dict(reversed(seeds.items())))
    assert draw_seed(seeds) != draw_seed(seeds | {UUID(int=2): b"c" * 32})
