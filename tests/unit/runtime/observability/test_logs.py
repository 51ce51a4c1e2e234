"""Logs are one JSON object a line and repeat nothing that a person wrote or is called."""

import json
import subprocess
import sys

SECRET = "zoe@example.test"

PROGRAM = """
import asyncio, gc, logging, structlog
from asyncpg import UniqueViolationError, InvalidTextRepresentationError
from pydantic import TypeAdapter
from services.runtime.observability.logs import configure_logs

secret = "zoe" + "@example.test"
configure_logs("registry", "INFO")
ours, theirs = structlog.get_logger(), logging.getLogger("uvicorn.error")

def duplicate():
    error = UniqueViolationError('duplicate key value violates unique constraint "once"')
    error.detail = f"Key (address)=({secret}) already exists."
    return error

def said(error):
    try:
        try:
            raise error
        except Exception as cause:
            raise RuntimeError("the job ended") from cause
    except RuntimeError as caught:
        ours.error("job_failed", exc_info=caught)
        theirs.error("Exception in ASGI application\\n", exc_info=caught)

said(duplicate())
said(InvalidTextRepresentationError(f'invalid input syntax for type uuid: "{secret}"'))
said(KeyError(secret))
said(ExceptionGroup("several", [ValueError(secret), duplicate()]))
try:
    TypeAdapter(int).validate_python(secret)
except ValueError as error:
    said(error)

async def forgotten():
    async def fails():
        raise ValueError(secret)
    task = asyncio.ensure_future(fails())
    await asyncio.wait([task])

asyncio.run(forgotten())
gc.collect()
"""


def test_no_line_of_a_log_repeats_what_an_error_is_about() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert ended.stderr == ""
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert len(lines) == 11
    assert SECRET not in ended.stdout
    for line in lines:
        assert (line["service"], line["level"]) == ("registry", "error")
        assert line["timestamp"].endswith("Z")
    own_line, library_line = lines[:2]
    for line in (own_line, library_line):
        assert "RuntimeError: the job ended" in line["exception"]
        assert "UniqueViolationError (23505): duplicate key" in line["exception"]
        assert "in said" in line["exception"]
    assert library_line["event"] == "Exception in ASGI application"
    assert lines[-1]["event"] == "Task exception was never retrieved"
    assert "in fails" in lines[-1]["exception"]
