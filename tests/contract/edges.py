"""What every answer tells browsers."""

import httpx


def heeded(headers: httpx.Headers) -> list[str]:
    """What is missing of what browsers heed."""
    policy = headers.get("content-security-policy", "")
    wanted = {
        "nosniff": headers.get("x-content-type-options") == "nosniff",
        "no referrer": headers.get("referrer-policy") == "no-referrer",
        "own window": headers.get("cross-origin-opener-policy") == "same-origin",
        "own resources": headers.get("cross-origin-resource-policy") == "same-origin",
        "no scripts but ours": "default-src 'none'" in policy,
        "no frames of others": "frame-ancestors 'none'" in policy,
        "devices": "camera=()" in headers.get("permissions-policy", ""),
        "said how long it is kept": bool(headers.get("cache-control")),
    }
    return [what for what, there in wanted.items() if not there]
