"""Where the bytes of documents are: in PostgreSQL, or in an S3-compatible store by configuration.

The store is one private bucket that only this service reads and writes; members get every byte from
the service, at one address for all. Bytes go to the store first and the row commits after: an
object without a row is never shown, a row without bytes does not come to be. What was added before
a store was configured stays in PostgreSQL and is read from there.
"""

import hashlib
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import S3Store

from services.responses.documents.store import Content
from services.responses.settings import DocumentStore
from services.runtime.refusal import Refusal
from services.runtime.text import Text

_TIMEOUT = timedelta(seconds=20)
_CONNECT_TIMEOUT = timedelta(seconds=3)
_RETRIES = 2

log = structlog.get_logger()


class StoreUnavailable(Refusal):
    status = 503
    sentence = Text(
        fr="Le lieu où sont rangés les documents ne répond pas comme il faut.",
        en="The place where documents are kept does not answer as it should.",
    )
    way_out = Text(
        fr="Rien n'a été perdu ni enregistré : réessayez dans quelques minutes, et prévenez"
        " l'exploitation si cela dure.",
        en="Nothing was lost or saved: try again in a few minutes, and tell operations if it"
        " goes on.",
    )


class Shelves:
    def __init__(self, place: DocumentStore | None) -> None:
        """Without a place, PostgreSQL."""
        self._bucket = None if place is None else _bucket(place)

    async def put(self, content: bytes) -> UUID | None:
        """The id that the document's row must have, or None: the bytes belong in the row.

        Raises StoreUnavailable.
        """
        if self._bucket is None:
            return None
        id = uuid4()
        try:
            await obstore.put_async(self._bucket, _path(id), content, use_multipart=False)
        except (BaseError, OSError) as error:
            raise _unavailable(error) from None
        return id

    async def get(self, id: UUID, found: Content) -> bytes:
        """Raises StoreUnavailable, also for other bytes than those that were added."""
        if found.content is not None:
            return found.content
        if self._bucket is None:
            raise _unavailable(LookupError("no store is configured"))
        try:
            answer = await obstore.get_async(self._bucket, _path(id))
            content = bytes(await answer.bytes_async())
        except (BaseError, OSError) as error:
            raise _unavailable(error) from None
        if hashlib.sha256(content).digest() != found.digest:
            raise _unavailable(ValueError("an object was changed"))
        return content


def _bucket(place: DocumentStore) -> S3Store:
    url = urlsplit(place.url)
    return S3Store(
        url.path.strip("/"),
        endpoint=f"{url.scheme}://{url.netloc}",
        region=place.region,
        access_key_id=place.key,
        secret_access_key=place.secret.get_secret_value(),
        virtual_hosted_style_request=False,
        client_options={
            "allow_http": url.scheme == "http",
            "timeout": _TIMEOUT,
            "connect_timeout": _CONNECT_TIMEOUT,
        },
        retry_config={"max_retries": _RETRIES, "retry_timeout": _TIMEOUT},
    )


def _path(id: UUID) -> str:
    return f"documents/{id}"


def _unavailable(error: Exception) -> StoreUnavailable:
    """The kind of error alone is logged: its text names the object, hence what was read when."""
    log.error("document_store_unavailable", kind=type(error).__name__)
    return StoreUnavailable()
