"""Pages are kept packed, so that a thousand projects' reports fit, and everybody can read them."""

import gzip

import pytest
from starlette.requests import Request

from services.feedback.public_account.pages.page_cache import CachedPage
from services.feedback.public_account.pages.site import respond

TEXT = "Dire la date en premier. " * 400
KEPT = CachedPage.of(TEXT, {"Content-Type": "text/html; charset=utf-8", "Vary": "Accept-Language"})


def asking(**headers: str) -> Request:
    named = [(name.replace("_", "-").encode(), said.encode()) for name, said in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": named})


def test_what_is_kept_is_much_smaller_than_the_page() -> None:
    assert len(KEPT.compressed) < len(TEXT) / 4


@pytest.mark.parametrize("said", ["gzip", "br, GZIP;q=0.8", "deflate,gzip ;q=1"])
def test_a_page_is_sent_packed_to_whoever_takes_it_so(said: str) -> None:
    page = respond(asking(accept_encoding=said), KEPT)
    assert page.headers["content-encoding"] == "gzip"
    assert page.headers["content-length"] == str(len(KEPT.compressed))
    assert gzip.decompress(bytes(page.body)).decode() == TEXT


@pytest.mark.parametrize("headers", [{}, {"accept_encoding": "br, gzip;q=0"}])
def test_a_page_is_sent_as_it_is_to_whoever_does_not(headers: dict[str, str]) -> None:
    page = respond(asking(**headers), KEPT)
    assert "content-encoding" not in page.headers
    assert bytes(page.body).decode() == TEXT


def test_caches_are_told_that_pages_differ_by_encoding_and_language() -> None:
    for headers in ({}, {"accept_encoding": "gzip"}):
        vary = respond(asking(**headers), KEPT).headers["vary"]
        assert vary == "Accept-Language, Accept-Encoding"


def test_the_mark_of_either_form_spares_sending_it_again() -> None:
    packed = respond(asking(accept_encoding="gzip"), KEPT).headers["etag"]
    plain = respond(asking(), KEPT).headers["etag"]
    assert packed != plain  # a strong mark would promise the same bytes
    for mark in (packed, plain):
        again = respond(asking(accept_encoding="gzip", if_none_match=mark), KEPT)
        assert again.status_code == 304
        assert not again.body
        assert again.headers["etag"] == mark
