"""Kafka edge of feedback. The inbox owns the transaction; the store drops what is not newer."""

from services.contracts.events.campaigns import ProjectState
from services.contracts.events.responses import CollectionState
from services.feedback.store import standing as store
from services.runtime.service import Service


def register(service: Service) -> None:
    service.inbox.consume(ProjectState, store.see_projects)
    service.inbox.consume(CollectionState, store.see_collections)
