"""Routes of a service by path, and the security headers of every HTTP response."""

import re
from uuid import uuid4

import httpx

from deploy.generate.describe import build
from tests.contract.faces import openings, pages


def heeded(headers: httpx.Headers) -> list[str]:
    """Expected headers that the HTTP response lacks."""
    policy = headers.get("content-security-policy", "")
    expected = {
        "nosniff": headers.get("x-content-type-options") == "nosniff",
        "no referrer": headers.get("referrer-policy") == "no-referrer",
        "own window": headers.get("cross-origin-opener-policy") == "same-origin",
        "own resources": headers.get("cross-origin-resource-policy") == "same-origin",
        "no scripts but ours": "default-src 'none'" in policy,
        "no frames of others": "frame-ancestors 'none'" in policy,
        "devices": "camera=()" in headers.get("permissions-policy", ""),
        "said how long it is kept": bool(headers.get("cache-control")),
    }
    return [header for header, there in expected.items() if not there]


def addresses(service: str) -> dict[str, set[str]]:
    """Methods of every route, by path."""
    built = build(service)
    methods: dict[str, set[str]] = {}
    labels = {f"{method} {path}" for method, path in pages(built)} | set(openings(built))
    for label in labels:
        method, _, path = label.partition(" ")
        methods.setdefault(re.sub(r"{\w+}", str(uuid4()), path), set()).add(method)
    return methods
