"""Rights are compared where the service's role does not own its tables."""

import asyncpg
import pytest

from deploy.charter_check import catalogs
from deploy.kafka.acls import SERVICES
from deploy.local.charter_check import migrate
from tests.support.installation import Installation

pytestmark = [
    pytest.mark.servers,
    pytest.mark.timeout(300),
    pytest.mark.asyncio(loop_scope="package"),
]


@pytest.mark.parametrize("service", SERVICES)
async def test_a_deployment_with_roles_apart_is_as_migrated(
    installation: Installation, service: str
) -> None:
    connection = await asyncpg.connect(installation.owner(service))
    try:
        compared = await catalogs.compare(installation.owner(service), service, connection, migrate)
        assert compared.differences == []
        table = "dead_letter"
        await connection.execute(f"GRANT TRUNCATE ON {table} TO {service}")
        try:
            compared = await catalogs.compare(
                installation.owner(service), service, connection, migrate
            )
            assert [str(difference) for difference in compared.other_rights] == [
                f"added: right public.{table}: {service} TRUNCATE"
            ]
        finally:
            await connection.execute(f"REVOKE TRUNCATE ON {table} FROM {service}")
    finally:
        await connection.close()
