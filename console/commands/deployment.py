"""A deployment as commands reach it: the person signs in by device grant, once per command."""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from console.client.endpoints import SERVICES, Endpoints, NoStack
from console.client.sign_in import Issuer, SignedIn
from console.client.staff_client import StaffClient
from console.client.transport import open_client
from console.commands.refusals import Refusal
from console.words import Language, Text
from services.contracts.characters import shown
from services.contracts.http.common import Role

FILE = "stack.json"
_CODE = Text(
    fr="Ouvrez {address} et entrez le code {code}", en="Open {address} and enter the code {code}"
)


class NoDeployment(Refusal):
    sentence = Text(
        fr="Aucune adresse de panel ne se lit dans {file} ({why}).",
        en="No addresses of a panel can be read in {file} ({why}).",
    )
    way_out = Text(
        fr="Indiquez le répertoire de ce fichier avec --data-dir.",
        en="Name the directory of that file with --data-dir.",
    )


class SignsInThemselves(Refusal):
    sentence = Text(
        fr="--as ne sert que sur un panel local : ici, chacun se connecte.",
        en="--as is for a local panel only: here everybody signs in.",
    )


@dataclass(frozen=True)
class _OneToken:
    """Token provider of the person who signed in, whatever role a call needs."""

    value: str

    def token(self, role: Role) -> str:
        return self.value


class DeployedPanel:
    """Raises NoDeployment."""

    def __init__(self, data_dir: Path) -> None:
        file = data_dir / FILE
        try:
            self._endpoints = Endpoints.from_stack(file)
        except NoStack as error:
            raise NoDeployment(file=file, why=error) from error
        self._signed_in: dict[str | None, SignedIn] = {}

    @asynccontextmanager
    async def staff(
        self, language: Language, person: str | None = None
    ) -> AsyncIterator[StaffClient]:
        """Raises SignsInThemselves and the failures of the sign-in."""
        if person not in self._signed_in:
            self._signed_in[person] = await self._sign_in(language, person)
        endpoints = self._endpoints
        addresses = [endpoints.of(name) for name in SERVICES]
        http = open_client(*addresses, authority=endpoints.authority)
        tokens = _OneToken(self._signed_in[person].token)
        async with StaffClient(endpoints, http, tokens, lambda: language) as client:
            yield client

    def url(self, service: str) -> str:
        return self._endpoints.of(service)

    def account_of(self, name: str) -> str:
        """Nobody's: a deployment's people are known to its issuer alone."""
        return ""

    def people(self) -> Sequence[None]:
        return [None]

    async def _sign_in(self, language: Language, person: str | None) -> SignedIn:
        endpoints = self._endpoints
        issuer = Issuer(endpoints.issuer, endpoints.resource, authority=endpoints.authority)
        try:
            if person is not None:
                if not await issuer.people():
                    raise SignsInThemselves
                return await issuer.sign_in_as(person)
            code = await issuer.begin()
            sentence = _CODE.in_(language, address=code.verification_uri, code=code.user_code)
            print(shown(sentence), file=sys.stderr, flush=True)
            return await issuer.wait(code)
        finally:
            await issuer.close()
