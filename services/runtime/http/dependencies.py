"""Request dependencies, with one set of names for the four services.

A route states who may call it by the type of its parameter: `staff: CampaignsStaff`. Transactions
are no dependencies, but stand in the route: FastAPI resolves every dependency before it refuses a
malformed body, so a refused request would take a connection from the pool.
"""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from services.contracts.http.common import Role
from services.runtime.http.pages import language_of
from services.runtime.http.rate_limits import RateLimiter, rate_limit_key
from services.runtime.http.staff_tokens import NotSignedIn, Staff, StaffTokens
from services.runtime.refusal import Refusal
from services.runtime.text import Language, Text

_bearer = HTTPBearer(auto_error=False, description="Staff access token of the issuer")


class NotAllowed(Refusal):
    status = 403
    sentence = Text(fr="Cette action demande le rôle {roles}.", en="This needs the role {roles}.")
    way_out = Text(
        fr="Demandez-le à la personne qui administre les comptes.",
        en="Ask the person who manages accounts.",
    )


def require(*roles: Role) -> Any:
    """Dependency: the signed-in person, who must hold one of the roles."""
    return Depends(role_check(*roles))


def role_check(*roles: Role) -> Callable[..., Coroutine[Any, Any, Staff]]:
    """The function behind `require`; its attribute `roles` lists the roles."""

    async def check(
        request: Request,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    ) -> Staff:
        tokens: StaffTokens = request.app.state.tokens
        limiter: RateLimiter = request.app.state.rate_limiter
        try:
            if credentials is None:
                raise NotSignedIn
            staff = await tokens.verify(credentials.credentials)
        except NotSignedIn:
            limiter.take(rate_limit_key(request.scope["client"]))
            raise
        limiter.take(f"person {staff.subject}")
        if not staff.roles & set(roles):
            raise NotAllowed(roles=" / ".join(roles))
        return staff

    check.__dict__["roles"] = frozenset(roles)
    return check


RequestLanguage = Annotated[Language, Depends(language_of)]

AnyStaff = Annotated[Staff, require(*Role)]
RegistryStaff = Annotated[Staff, require(Role.REGISTRY)]
CampaignsStaff = Annotated[Staff, require(Role.CAMPAIGNS)]
AnalysisStaff = Annotated[Staff, require(Role.ANALYSIS)]
DecisionStaff = Annotated[Staff, require(Role.DECISION)]
OperationsStaff = Annotated[Staff, require(Role.OPERATIONS)]

RegistryOrOperationsStaff = Annotated[Staff, require(Role.REGISTRY, Role.OPERATIONS)]
CampaignsOrAnalysisStaff = Annotated[Staff, require(Role.CAMPAIGNS, Role.ANALYSIS)]
CampaignsOrDecisionStaff = Annotated[Staff, require(Role.CAMPAIGNS, Role.DECISION)]
AnalysisOrDecisionStaff = Annotated[Staff, require(Role.ANALYSIS, Role.DECISION)]
ReportingStaff = Annotated[Staff, require(Role.CAMPAIGNS, Role.ANALYSIS, Role.DECISION)]
"""Those who write a project's report: campaigns, analysis and decision."""

# Nobody who sees contributions sees members, nor the reverse.
AnyButRegistryStaff = Annotated[
    Staff, require(Role.CAMPAIGNS, Role.ANALYSIS, Role.DECISION, Role.OPERATIONS, Role.AUDIT)
]
AnyButAnalysisStaff = Annotated[
    Staff, require(Role.REGISTRY, Role.CAMPAIGNS, Role.OPERATIONS, Role.AUDIT, Role.DECISION)
]
