"""Cached pages are compressed, and served to clients with and without gzip."""

import gzip

import pytest
from starlette.requests import Request

from services.feedback.public_account.pages.page_cache import CachedPage
from services.feedback.public_account.pages.site import respond

TEXT = "Dire la date en premier. " * 400
KEPT = CachedPage.of(TEXT, {"Content-Type": "text/html; charset=utf-8", "Vary": "Accept-Language"})


def asking(**headers: str) -> Request:
    raw_headers = [
        (name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()
    ]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": raw_headers})


def test_a_cached_page_is_much_smaller_than_the_page() -> None:
    assert len(KEPT.compressed) < len(TEXT) / 4


@pytest.mark.parametrize("accept_encoding", ["gzip", "br, GZIP;q=0.8", "deflate,gzip ;q=1"])
def test_a_page_is_sent_compressed_to_clients_that_accept_it(accept_encoding: str) -> None:
    page = respond(asking(accept_encoding=accept_encoding), KEPT)
    assert page.headers["content-encoding"] == "gzip"
    assert page.headers["content-length"] == str(len(KEPT.compressed))
    assert gzip.decompress(bytes(page.body)).decode() == TEXT


@pytest.mark.parametrize("headers", [{}, {"accept_encoding": "br, gzip;q=0"}])
def test_a_page_is_sent_uncompressed_to_other_clients(headers: dict[str, str]) -> None:
    page = respond(asking(**headers), KEPT)
    assert "content-encoding" not in page.headers
    assert bytes(page.body).decode() == TEXT


def test_caches_are_told_that_pages_differ_by_encoding_and_language() -> None:
    for headers in ({}, {"accept_encoding": "gzip"}):
        vary = respond(asking(**headers), KEPT).headers["vary"]
        assert vary == "Accept-Language, Accept-Encoding"


def test_the_etag_of_either_form_is_answered_with_304() -> None:
    packed = respond(asking(accept_encoding="gzip"), KEPT).headers["etag"]
    plain = respond(asking(), KEPT).headers["etag"]
    assert packed != plain  # strong ETags of different bytes
    for mark in (packed, plain):
        not_modified = respond(asking(accept_encoding="gzip", if_none_match=mark), KEPT)
        assert not_modified.status_code == 304
        assert not not_modified.body
        assert not_modified.headers["etag"] == mark
