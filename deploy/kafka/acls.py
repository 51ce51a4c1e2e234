"""Kafka's access control lists, generated from the table of topics (docs/design.md, Events).

Each service writes its own topics with its own transactional id, and reads them to catch up after
a restore; it reads those that the table gives it, with one consumer group for each. `setup` makes
topics, sets their policies, and reads the settings of brokers and rights. Subscribers downstream
sign in as `public`: they read the public topics, in groups whose names begin with "public.".
Everything else is refused.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.contracts.topics import TOPICS, produced_by
from services.runtime.messaging.inbox import consumer_group

SERVICES = ("registry", "campaigns", "responses", "feedback")
SETUP, PUBLIC = "setup", "public"
PRINCIPALS = (*SERVICES, SETUP, PUBLIC)
PUBLIC_GROUPS = "public."
CLUSTER = ("cluster", "kafka-cluster")


@dataclass(frozen=True)
class Grant:
    """Every operation on every resource listed, in the terms of `kafka-acls`."""

    principal: str
    operations: tuple[str, ...]
    things: tuple[tuple[str, str], ...]
    prefixed: bool = False

    @property
    def arguments(self) -> list[str]:
        arguments = ["--add", "--allow-principal", f"User:{self.principal}"]
        for operation in self.operations:
            arguments += ["--operation", operation]
        for kind, name in self.things:
            arguments += ["--cluster"] if kind == "cluster" else [f"--{kind}", name]
        return [*arguments, "--resource-pattern-type", "prefixed"] if self.prefixed else arguments


def readable_by(principal: str) -> list[str]:
    return [t.name for t in TOPICS if principal in t.consumers or principal == t.producer]


def _consumed_by(principal: str) -> list[str]:
    return [topic.name for topic in TOPICS if principal in topic.consumers]


def writable_by(principal: str) -> list[str]:
    return [topic.name for topic in produced_by(principal)]


def grants() -> Iterator[Grant]:
    for service in SERVICES:
        writable = [("topic", name) for name in writable_by(service)]
        relay = ("transactional-id", f"{service}-relay")
        yield Grant(service, ("Write", "Describe"), (*writable, relay))
        readable = [("topic", name) for name in readable_by(service)]
        groups = [("group", consumer_group(service, name)) for name in _consumed_by(service)]
        yield Grant(service, ("Read", "Describe"), (*readable, *groups))
    every = tuple(("topic", topic.name) for topic in TOPICS)
    policies = ("Create", "Describe", "DescribeConfigs", "AlterConfigs")
    yield Grant(SETUP, policies, every)
    # To look, for `panel doctor`: the rights themselves, and how the brokers are set.
    yield Grant(SETUP, ("Describe", "DescribeConfigs"), (CLUSTER,))
    public = tuple(("topic", name) for name in readable_by(PUBLIC))
    yield Grant(PUBLIC, ("Read", "Describe"), public)
    yield Grant(PUBLIC, ("Read",), (("group", PUBLIC_GROUPS),), prefixed=True)


def script() -> str:
    """Render the grants as a shell script, as Kafka's image has no Python."""
    lines = [
        "#!/bin/sh",
        "# Written by `python -m deploy.generate.describe` from the table of topics: do not edit.",
        "# Usage: acls.sh BOOTSTRAP COMMAND_CONFIG",
        "set -eu",
        'acl() { /opt/kafka/bin/kafka-acls.sh --bootstrap-server "$bootstrap"'
        ' --command-config "$config" "$@" >/dev/null; }',
        'bootstrap="$1" config="$2" pids=""',
    ]
    # All at once, as each starts a Java of its own; one that fails fails the script.
    lines += [f'acl {_quoted(grant.arguments)} & pids="$pids $!"' for grant in grants()]
    lines.append('for pid in $pids; do wait "$pid"; done')
    return "\n".join([*lines, 'echo "access control lists are in force"', ""])


def _quoted(arguments: Sequence[str]) -> str:
    return " ".join(
        argument if argument.startswith("--") else f"'{argument}'" for argument in arguments
    )
