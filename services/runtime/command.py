"""Command line of a service: `setup` prepares database and topics, `serve` runs it."""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable
from typing import TypeVar

import aiokafka.errors
import asyncpg
import structlog

from services.runtime.event_loop import loop_factory
from services.runtime.observability.logs import configure_logs
from services.runtime.postgres.migrations import MigrationConflict
from services.runtime.service import Service
from services.runtime.settings import Settings, WrongSettings, from_environment

S = TypeVar("S", bound=Settings)

WRONG_SETTINGS = 78  # EX_CONFIG
CANNOT_START = 69  # EX_UNAVAILABLE

log = structlog.get_logger()


def main(name: str, model: type[S], build: Callable[[S], Service]) -> None:
    """Wrong settings end the process with 78 and a sentence for each variable."""
    parser = argparse.ArgumentParser(prog=f"python -m services.{name}")
    parser.add_argument("command", choices=["setup", "serve", "openapi"])
    command = parser.parse_args().command
    try:
        settings = from_environment(model)
    except WrongSettings as refusal:
        print(*refusal.details("en"), sep="\n", file=sys.stderr)
        sys.exit(WRONG_SETTINGS)
    configure_logs(name, settings.log_level)
    service = build(settings)
    if command == "openapi":
        json.dump(service.api.openapi(), sys.stdout, indent=2, sort_keys=True)
        return
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        sys.exit(runner.run(_run(service, command)))


async def _run(service: Service, command: str) -> int:
    try:
        if command == "setup":
            log.info("setup_done", migrations=await service.setup())
            return 0
        return await service.serve()
    except (
        OSError,
        aiokafka.errors.KafkaError,
        asyncpg.PostgresError,
        MigrationConflict,
    ) as error:
        log.critical("cannot_start", error=f"{type(error).__name__}: {error}")
        return CANNOT_START
