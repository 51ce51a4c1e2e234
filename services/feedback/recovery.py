"""Recovery of feedback after a restore from a backup.

Decisions and reports published since the backup remain on their topics and in the messages that
people received; here they must be drafted and signed again. They get later versions than those on
the topics, so that consumers accept them, and participants are notified of a revision.
"""

from services.contracts.events.feedback import DecisionState, ReportState
from services.contracts.topics import topic_of
from services.feedback.decisions.store import update_restored_versions
from services.runtime.messaging.recovery import Recovery

# The published versions that insert_decision and find_version_before_restore look up.
_KEPT_TOPICS = (topic_of(DecisionState).name, topic_of(ReportState).name)


def recovery() -> Recovery:
    return Recovery(after_replay=update_restored_versions, kept_topics=_KEPT_TOPICS)
