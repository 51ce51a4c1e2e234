"""Staff API of imports: an administration's export as the body of a request."""

import asyncio
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from fastapi import APIRouter, Request

from services.contracts.http.registry import ImportReport
from services.registry.imports import use_cases
from services.registry.members.contact_encryption import ContactEncryptor
from services.runtime.http.dependencies import RegistryStaff
from services.runtime.http.pages import language_of
from services.runtime.postgres.database import long_running
from services.runtime.service import Service

PATH = "/api/members/imports"
# Smaller uploads stay in memory; larger ones in a file without a name, gone with the request.
_IN_MEMORY_BYTES = 1 << 20


def router(service: Service, encryptor: ContactEncryptor) -> APIRouter:
    router = APIRouter()

    @router.post(
        PATH,
        openapi_extra={"requestBody": {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    )
    async def import_members(
        request: Request,
        staff: RegistryStaff,
        dry_run: bool = False,
        accept_valid: bool = False,
        accept_month: bool = False,
    ) -> ImportReport:
        """`accept_month` confirms `to_confirm`: that nobody in the file can be solicited before."""
        with SpooledTemporaryFile(_IN_MEMORY_BYTES) as upload:
            async for chunk in request.stream():
                if upload.tell() + len(chunk) > _IN_MEMORY_BYTES:
                    await asyncio.to_thread(upload.write, chunk)
                else:
                    upload.write(chunk)
            with long_running():
                async with service.database.transaction() as conn:
                    return await use_cases.import_members(
                        conn,
                        service.clock,
                        encryptor,
                        cast(BinaryIO, upload),
                        language_of(request),
                        dry_run=dry_run,
                        accept_valid=accept_valid,
                        accept_month=accept_month,
                    )

    return router
