"""The process apart: a file on standard input, JSON on standard output."""

import sys

import orjson

from services.responses.documents import isolated_subprocess as apart
from services.responses.questionnaires.imports import FileUnreadable, Format, read


def _read(content: bytes, format: str) -> bytes:
    known: dict[str, Format] = {"limesurvey": "limesurvey", "formbricks": "formbricks"}
    try:
        return read(known[format], content).model_dump_json().encode()
    except FileUnreadable as refused:
        return orjson.dumps({"unreadable": refused.why.model_dump()})


if __name__ == "__main__":
    apart.answer(_read, sys.argv[1])
