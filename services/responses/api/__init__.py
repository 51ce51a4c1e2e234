"""HTTP edge of responses for staff, a module for each thing they do."""

from random import Random

from fastapi import APIRouter

from services.responses.api import preparing, proposals, readings, results
from services.responses.shelves import Shelves
from services.runtime.service import Service


def router(service: Service, shelves: Shelves, chance: Random) -> APIRouter:
    every = APIRouter()
    every.include_router(preparing.router(service, shelves))
    every.include_router(readings.router(service, chance))
    every.include_router(proposals.router(service))
    every.include_router(results.router(service))
    return every
