"""Repeated lines are limited, and the suppressed ones are counted."""

import json
import subprocess
import sys

import pytest

from services.runtime.observability.log_limits import LogLimiter

SHOUTING = """
import asyncio, logging, structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from services.runtime.observability.logs import configure_logs

configure_logs("registry", "INFO")
ours, theirs = structlog.get_logger(), logging.getLogger("aiokafka.client")

async def consume():
    for _ in range(40):
        consumer = AIOKafkaConsumer("topic", bootstrap_servers="127.0.0.1:1", group_id="g")
        try:
            await consumer.start()
        except KafkaError:
            pass
        finally:
            await consumer.stop()

asyncio.run(consume())
for number in range(200):
    theirs.error("Unable connect to node with id %s: %s", number, OSError(111))
    ours.warning("hints_interrupted", error="OSError")
    ours.warning("consumer_paused", error="OSError", topic="one", seconds=number)
    ours.warning("consumer_paused", error="OSError", topic="two", seconds=number)
for number in range(5):
    ours.error("unexpected_error", reference=number)
"""


@pytest.fixture(scope="module")
def lines() -> list[dict[str, object]]:
    ended = subprocess.run(
        [sys.executable, "-c", SHOUTING], capture_output=True, text=True, check=True
    )
    return [json.loads(line) for line in ended.stdout.splitlines()]


def test_a_client_without_its_broker_says_so_in_a_few_lines(
    lines: list[dict[str, object]],
) -> None:
    library_lines = [line for line in lines if "Unable" in str(line["event"])]
    assert 1 <= len(library_lines) <= 9, library_lines


def test_a_warning_that_repeats_is_said_three_times_a_minute_for_each_thing_it_is_about(
    lines: list[dict[str, object]],
) -> None:
    paused = [line["topic"] for line in lines if line["event"] == "consumer_paused"]
    assert sorted(map(str, paused)) == ["one"] * 3 + ["two"] * 3
    assert len([line for line in lines if line["event"] == "hints_interrupted"]) == 3


def test_an_error_of_our_own_is_always_said(lines: list[dict[str, object]]) -> None:
    """People are shown its reference."""
    errors = [line["reference"] for line in lines if line["event"] == "unexpected_error"]
    assert errors == [0, 1, 2, 3, 4]


def test_the_next_minute_says_how_many_lines_were_left_out() -> None:
    elapsed = 0.0
    limit = LogLimiter(lines=2, seconds=60, clock=lambda: elapsed)
    assert [limit.admit("kind") for _ in range(5)] == [0, 0, None, None, None]
    assert limit.admit("another") == 0
    elapsed = 60.0
    assert [limit.admit("kind") for _ in range(3)] == [3, 0, None]
