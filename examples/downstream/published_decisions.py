"""What a panel decided, read from the topic feedback.decisions.v1 alone: docs/subscribing.md."""

import asyncio
import json
import sys
from pathlib import Path

from aiokafka import AIOKafkaConsumer
from aiokafka.helpers import create_ssl_context


def take(record, held):
    """Keep the newest version of a decision, whatever the order in which versions come."""
    if dict(record.headers).get("ce_type") != b"decision.state":
        return  # a type that this program does not know
    try:
        event = json.loads(record.value)
        key, version, by = event["proposal_id"], event["version"], event["decided_by"]
        words = event["outcome"], event["decided_on"], f"{by['name']}, {by['role']}"
        if version > held.get(key, (0, ""))[0]:
            held[key] = version, "\t".join((key, str(version), *words)) + "\n"
    except (KeyError, TypeError, ValueError) as error:
        print(f"{record.partition}@{record.offset} is malformed: {error!r}", file=sys.stderr)


async def main(servers, options):
    if "ssl" in options:
        options["ssl_context"] = create_ssl_context(**options.pop("ssl"))
    options |= {"auto_offset_reset": "earliest", "isolation_level": "read_committed"}
    held = {}
    async with AIOKafkaConsumer("feedback.decisions.v1", bootstrap_servers=servers, **options) as c:
        ends = await c.end_offsets(c.assignment())
        while any([await c.position(part) < end for part, end in ends.items()]):
            for records in (await c.getmany(timeout_ms=500)).values():
                for record in records:
                    take(record, held)
    sys.stdout.writelines(sorted(line for _, line in held.values()))


asyncio.run(main(sys.argv[1], json.loads(Path(sys.argv[2]).read_text()) if sys.argv[2:] else {}))
