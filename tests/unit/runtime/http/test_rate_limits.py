"""A client that asks too often waits, others do not, and no address is stored."""

import pytest

from services.runtime.http.rate_limits import RateLimiter, TooOften, rate_limit_key


def test_a_client_over_its_limit_waits_and_others_do_not() -> None:
    elapsed = 0.0
    limit = RateLimiter(per_second=0.5, burst=3, elapsed=lambda: elapsed)
    for _ in range(3):
        limit.take("192.0.2.1")
    with pytest.raises(TooOften) as refused:
        limit.take("192.0.2.1")
    assert refused.value.retry_after == 2
    limit.take("192.0.2.2")
    elapsed = 2.0
    limit.take("192.0.2.1")


def test_refused_requests_cost_no_token() -> None:
    elapsed = 0.0
    limit = RateLimiter(per_second=1, burst=1, elapsed=lambda: elapsed)
    let_in = 0
    for tenth in range(101):
        elapsed = tenth / 10
        try:
            limit.take("192.0.2.1")
            let_in += 1
        except TooOften:
            pass
    assert 9 <= let_in <= 11


def test_no_address_is_stored_and_hashes_are_forgotten() -> None:
    elapsed = 0.0
    limit = RateLimiter(per_second=1, burst=1, elapsed=lambda: elapsed)
    limit.take("192.0.2.1")
    state = dict(vars(limit))
    assert "192.0.2.1" not in repr(state)
    elapsed = 601.0
    limit.take("192.0.2.1")
    assert vars(limit)["_key"] != state["_key"]
    assert len(vars(limit)["_buckets"]) == 1


def test_the_key_is_an_address_or_an_ipv6_network_and_none_when_withheld() -> None:
    assert rate_limit_key(("192.0.2.1", 5000)) == rate_limit_key(("192.0.2.1", 6000)) == "192.0.2.1"
    assert rate_limit_key(("2001:db8::1", 1)) == rate_limit_key(("2001:db8::ffff:1", 1))
    assert rate_limit_key(("2001:db8::1", 1)) != rate_limit_key(("2001:db8:0:1::1", 1))
    assert rate_limit_key(("unknown", 0)) is rate_limit_key(None) is None
    limit = RateLimiter(per_second=1, burst=1)
    for _ in range(3):
        limit.take(None)
