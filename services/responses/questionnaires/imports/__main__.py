"""Entry point of the isolated subprocess: a file on standard input, JSON on standard output."""

import sys

import orjson

from services.responses.documents import isolated_subprocess
from services.responses.questionnaires.imports import FileUnreadable, Format, import_file


def _import_to_json(content: bytes, format: str) -> bytes:
    formats: dict[str, Format] = {"limesurvey": "limesurvey", "formbricks": "formbricks"}
    try:
        return import_file(formats[format], content).model_dump_json().encode()
    except FileUnreadable as error:
        return orjson.dumps({"unreadable": error.why.model_dump()})


if __name__ == "__main__":
    isolated_subprocess.main(_import_to_json, sys.argv[1])
