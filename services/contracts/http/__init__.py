"""The staff API's models, shared by the services and the console.

A *command* refuses fields it does not know (a typing error must not be ignored); a *view* ignores
them (an older console reads a newer service).
"""

from pydantic import BaseModel, ConfigDict


class Command(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class View(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")
