"""Every request model of the staff API."""

import importlib
import pkgutil

from services.contracts import http as requests
from services.contracts.http import Command


def commands() -> list[type[Command]]:
    for module in pkgutil.iter_modules(requests.__path__, f"{requests.__name__}."):
        importlib.import_module(module.name)
    models, pending = set(), [Command]
    while pending:
        model = pending.pop()
        subclasses = [
            subclass
            for subclass in model.__subclasses__()
            if subclass.__module__.startswith("services")
        ]
        models.update(subclasses)
        pending += subclasses
    return sorted(models, key=lambda model: model.__name__)
