"""Every topic: its producer, consumers and retention (the table of docs/design.md, Events).

A *state* topic is compacted and never loses the newest value of a key, so a new subscriber builds
its view from the topic alone. A *log* topic is kept longer than the 31-day block.
"""

from dataclasses import dataclass
from enum import StrEnum

from services.contracts.envelope import Event
from services.contracts.events.campaigns import ErasureApplied, OrderState, ProjectState
from services.contracts.events.feedback import DecisionState, ReportState
from services.contracts.events.registry import DeliveryState, FiguresState, MemberState
from services.contracts.events.responses import CollectionState, ProposalState

DAY_MS = 24 * 3600 * 1000


class Kind(StrEnum):
    STATE = "state"
    LOG = "log"


@dataclass(frozen=True)
class Topic:
    name: str
    event: type[Event]
    producer: str
    consumers: tuple[str, ...]
    kind: Kind
    partitions: int

    @property
    def policy(self) -> dict[str, str]:
        """Topic-level Kafka configuration."""
        if self.kind is Kind.STATE:
            return {"cleanup.policy": "compact", "max.compaction.lag.ms": str(7 * DAY_MS)}
        return {"cleanup.policy": "delete", "retention.ms": str(40 * DAY_MS)}


# Partitions bound how many replicas of a consumer share the work; per-member topics carry millions
# of keys, per-project ones thousands.
MANY, FEW = 6, 3

TOPICS: tuple[Topic, ...] = (
    Topic(
        "registry.members.v1", MemberState, "registry", ("campaigns", "registry"), Kind.STATE, MANY
    ),
    Topic("campaigns.send-orders.v1", OrderState, "campaigns", ("registry",), Kind.LOG, MANY),
    Topic(
        "registry.deliveries.v1",
        DeliveryState,
        "registry",
        ("campaigns", "registry"),
        Kind.LOG,
        MANY,
    ),
    Topic("campaigns.erasures.v1", ErasureApplied, "campaigns", ("registry",), Kind.LOG, FEW),
    Topic(
        "campaigns.projects.v1",
        ProjectState,
        "campaigns",
        ("registry", "responses", "feedback", "public"),
        Kind.STATE,
        FEW,
    ),
    Topic(
        "responses.collections.v1",
        CollectionState,
        "responses",
        ("campaigns", "feedback", "public"),
        Kind.STATE,
        FEW,
    ),
    Topic(
        "responses.proposals.v1",
        ProposalState,
        "responses",
        ("feedback", "public"),
        Kind.STATE,
        FEW,
    ),
    Topic("feedback.decisions.v1", DecisionState, "feedback", ("public",), Kind.STATE, FEW),
    Topic(
        "feedback.reports.v1",
        ReportState,
        "feedback",
        ("campaigns", "registry", "public"),
        Kind.STATE,
        FEW,
    ),
    Topic("registry.figures.v1", FiguresState, "registry", ("feedback", "public"), Kind.STATE, FEW),
)

# Their records have no time finer than the day, nor has the record itself.
DAYS_ONLY = frozenset(topic.name for topic in TOPICS if topic.producer == "responses")
_BY_EVENT = {topic.event: topic for topic in TOPICS}


def topic_of(event: type[Event]) -> Topic:
    return _BY_EVENT[event]


def produced_by(service: str) -> list[Topic]:
    return [topic for topic in TOPICS if topic.producer == service]
