"""The parts that figures are in; a light module, as the command line reads it at every start."""

from enum import StrEnum


class Part(StrEnum):
    FOUNDATION = "foundation"
    RESPONSES = "responses"
    FEEDBACK = "feedback"
