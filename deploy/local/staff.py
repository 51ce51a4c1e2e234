"""Staff client on a local panel, with tokens signed by the local issuer's key.

Each call acts as a person with the role that it needs, so the usual checks apply.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import httpx

from console.client.endpoints import Endpoints as Addresses
from console.client.staff_client import StaffClient
from deploy.local import endpoints as stack_file
from deploy.local.endpoints import SERVICES, Endpoints
from deploy.local.errors import TRUSTED
from deploy.local.issuer import PEOPLE, Person, mint
from deploy.local.issuer import person as find_person
from deploy.local.keys import keys_in
from services.contracts.accounts import account_code
from services.contracts.http.campaigns import ProjectSheet, ProjectView
from services.contracts.http.common import Role
from services.runtime.refusal import Refusal
from services.runtime.text import Language, Text

# Imports and exports of a whole panel take their time on a small machine.
_SECONDS = 120.0


class NobodyOfThatName(Refusal):
    status = 422
    sentence = Text(
        fr="Personne ici ne s'appelle {id} : {known}.", en="Nobody here is called {id}: {known}."
    )


def someone(id: str) -> Person:
    """A person of the local issuer. Raises NobodyOfThatName."""
    person = find_person(id)
    if person is None:
        raise NobodyOfThatName(id=id, known=", ".join(person.id for person in PEOPLE))
    return person


def holder(role: Role) -> Person:
    """The first person who holds a role."""
    return next(person for person in PEOPLE if role in person.roles)


class LocalTokens:
    """Token provider: of one person, or of the first who holds the role that a call needs."""

    def __init__(self, endpoints: Endpoints, person: Person | None = None) -> None:
        self._issuer = endpoints.issuer.url
        self._key = keys_in(endpoints.data_dir).issuer
        self._person = person
        self._minted: dict[Person, str] = {}

    def token(self, role: Role) -> str:
        person = self._person or holder(role)
        if person not in self._minted:
            self._minted[person] = mint(self._key, self._issuer, person)
        return self._minted[person]


class PatientTransport(httpx.AsyncHTTPTransport):
    """Waits as long as the rate limiter says: a whole panel shares one address here."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        while True:
            response = await super().handle_async_request(request)
            if response.status_code != httpx.codes.TOO_MANY_REQUESTS:
                return response
            await response.aclose()
            await asyncio.sleep(float(response.headers["Retry-After"]))


class LocalStaff(StaffClient):
    def __init__(
        self, endpoints: Endpoints, language: Language, person: Person | None = None
    ) -> None:
        addresses = Addresses(
            **{name: endpoints.url(name) for name in SERVICES}, issuer=endpoints.issuer.url
        )
        http = httpx.AsyncClient(
            timeout=_SECONDS,
            trust_env=False,
            transport=PatientTransport(verify=TRUSTED, trust_env=False),
        )
        super().__init__(addresses, http, LocalTokens(endpoints, person), lambda: language)
        self._local = endpoints

    def acting_for(self, person: Person) -> StaffClient:
        """The same connections, with the tokens of one person."""
        return self.acting_as(LocalTokens(self._local, person))

    async def create_project(self, project: ProjectSheet) -> ProjectView:
        """A decision maker of this panel's own issuer needs no account code in the file."""
        maker = project.mandate.decision_maker
        account = maker.account or account_of(self._local, maker.name)
        decision_maker = maker.model_copy(update={"account": account})
        mandate = project.mandate.model_copy(update={"decision_maker": decision_maker})
        return await super().create_project(project.model_copy(update={"mandate": mandate}))


def account_of(endpoints: Endpoints, name: str) -> str:
    """The account code of a person of the local issuer; empty if nobody has that name."""
    person = next((person for person in PEOPLE if person.name == name.strip()), None)
    return account_code(endpoints.issuer.url, person.id) if person else ""


class LocalPanel:
    """The running stack of a data directory, as commands reach it. Raises StackNotRunning."""

    def __init__(self, data_dir: Path) -> None:
        self._endpoints = stack_file.read(data_dir)

    def staff(self, language: Language, person: str | None = None) -> LocalStaff:
        """Raises NobodyOfThatName."""
        return LocalStaff(self._endpoints, language, someone(person) if person else None)

    def url(self, service: str) -> str:
        return self._endpoints.url(service)

    def account_of(self, name: str) -> str:
        return account_of(self._endpoints, name)

    def people(self) -> Sequence[str]:
        return [person.id for person in PEOPLE]
