"""Published events compared with the databases' present contents.

Nobody rewrites a topic: text or a number that was changed or deleted in a table afterwards, despite
its triggers, differs from the published event.
"""

import json
from typing import Any

from deploy.charter_check.evidence import Evidence, body_of, newest

_COLLECTIONS = "responses.collections.v1"
SOURCES = (
    "campaigns.projects.v1",
    "responses.proposals.v1",
    "feedback.decisions.v1",
    "feedback.reports.v1",
)


def words_as_told(evidence: Evidence) -> tuple[int, int]:
    """Mandates, proposals, decisions and reports have their published text.

    The source table has every published entry; a copy of the same version has the same text."""
    looked_at = wrong = 0
    published = {topic: newest(evidence, topic) for topic in SOURCES}
    sources: dict[str, set[str]] = {topic: set() for topic in SOURCES}
    for row in evidence.publications:
        if row["is_source"]:
            sources[row["topic"]].add(row["key"])
        body = published[row["topic"]].get(row["key"])
        # A source may be ahead of its topic for a moment, a copy behind it.
        if body is None or row["version"] > body["version"]:
            continue
        if row["version"] == body["version"] or row["is_source"]:
            looked_at += 1
            wrong += not _agree(json.loads(row["words"]), body)
    missing = sum(len(published[topic].keys() - keys) for topic, keys in sources.items())
    return looked_at + missing, wrong + missing


def contributions_as_told(evidence: Evidence) -> tuple[int, int]:
    """There are at least as many contributions as were ever published: their number only grows."""
    opened, received = _numbers(evidence)
    wrong = 0
    for row in evidence.collections:
        key = str(row["project_id"])
        wrong += max(
            0,
            opened.pop(key, 0) - row["open"],
            received.pop(key, 0) - row["open"] - row["sealed"],
        )
    return sum(_numbers(evidence)[1].values()), wrong + sum(received.values())


def credentials_as_told(evidence: Evidence) -> tuple[int, int]:
    """Each published contribution has a spent credential, except a session's notes."""
    _, received = _numbers(evidence)
    looked_at = wrong = 0
    for row in evidence.collections:
        needed = max(0, received.get(str(row["project_id"]), 0) - row["notes"])
        looked_at += needed
        wrong += max(0, needed - row["spent"])
    return looked_at, wrong


def answers_as_told(evidence: Evidence) -> tuple[int, int]:
    """A collection's responses have the digest that was published when they were opened.

    A response and its searchable text cannot be rewritten together."""
    digests = {
        key: body["answers_digest"]
        for key, body in newest(evidence, _COLLECTIONS).items()
        if body.get("answers_digest")
    }
    stored = {str(row["project_id"]): row["digest"] for row in evidence.collections}
    return len(digests), sum(stored.get(key) != digest for key, digest in digests.items())


def _numbers(evidence: Evidence) -> tuple[dict[str, int], dict[str, int]]:
    """Highest published number of contributions per project: opened, and including sealed ones."""
    opened: dict[str, int] = {}
    received: dict[str, int] = {}
    for record in evidence.records:
        if record.topic == _COLLECTIONS:
            body = body_of(record)
            number, sealed = body.get("contributions") or 0, body.get("unopened") or 0
            opened[record.key] = max(opened.get(record.key, 0), number)
            received[record.key] = max(received.get(record.key, 0), number + sealed)
    return opened, received


def words_are_the_answers(evidence: Evidence) -> tuple[int, int]:
    """The text that is read and searched is that of the opened response."""
    return len(evidence.responses), sum(
        not _composed(row["words"], _texts(json.loads(row["answers"])))
        for row in evidence.responses
    )


def _composed(composed: str, texts: list[str]) -> bool:
    """Whether it consists of all the texts and nothing else, in any order."""
    rest = composed
    for text in sorted(texts, key=len, reverse=True):
        if text not in rest:
            return False
        rest = rest.replace(text, "", 1)
    return rest == _BETWEEN * max(0, len(texts) - 1)


_BETWEEN = "\n\n"


def _texts(answers: dict[str, Any]) -> list[str]:
    texts: list[str] = []
    for answer in answers.values():
        if isinstance(answer, str):
            texts.append(answer)
        elif isinstance(answer, dict):
            texts += [answer.get("other") or "", answer.get("comment") or ""]
            texts += [passage.get("comment") or "" for passage in answer.get("passages") or ()]
    return [text for text in texts if text]


def _agree(text: Any, published: Any) -> bool:
    """Whether every field was published with this value; an empty one may be absent."""
    if isinstance(text, dict):
        return all(_agree(value, (published or {}).get(name)) for name, value in text.items())
    return bool(text == published)
