"""Roles that may read the figures of the registry; nothing they show says who anybody is."""

from typing import Annotated

from services.contracts.http.common import Role
from services.runtime.http.dependencies import require
from services.runtime.http.staff_tokens import Staff

CountReader = Annotated[
    Staff, require(Role.REGISTRY, Role.CAMPAIGNS, Role.OPERATIONS, Role.AUDIT, Role.DECISION)
]
