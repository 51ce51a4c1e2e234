"""HTTP edge of responses for staff, a module for each thing they do."""

from fastapi import APIRouter

from services.responses.api import preparing
from services.responses.shelves import Shelves
from services.runtime.service import Service


def router(service: Service, shelves: Shelves) -> APIRouter:
    every = APIRouter()
    every.include_router(preparing.router(service, shelves))
    return every
