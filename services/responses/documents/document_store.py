"""Document store: the bytes of documents, in PostgreSQL or in an S3-compatible object store.

The bucket is private: only this service reads and writes it, and members get every byte from the
service, at one address for all. Bytes are stored first and the row commits afterwards: an object
without a row is never shown, and no row lacks its bytes. Documents that were added before an object
store was configured stay in PostgreSQL and are read from there.
"""

import hashlib
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import S3Store

from services.responses.documents.store import StoredContent
from services.responses.settings import Bucket
from services.runtime.refusal import Refusal
from services.runtime.text import Text

_TIMEOUT = timedelta(seconds=20)
_CONNECT_TIMEOUT = timedelta(seconds=3)
_RETRIES = 2

log = structlog.get_logger()


class StoreUnavailable(Refusal):
    status = 503
    sentence = Text(
        fr="L'espace de stockage des documents ne répond pas correctement.",
        en="The document store is not responding correctly.",
    )
    way_out = Text(
        fr="Rien n'a été perdu ni enregistré : réessayez dans quelques minutes, et prévenez"
        " l'exploitation si cela dure.",
        en="Nothing was lost or saved: try again in a few minutes, and tell operations if it"
        " goes on.",
    )


class DocumentStore:
    def __init__(self, bucket: Bucket | None) -> None:
        """Without a bucket PostgreSQL holds the bytes."""
        self._bucket = None if bucket is None else _connect(bucket)

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

    async def get(self, id: UUID, stored: StoredContent) -> bytes:
        """Raises StoreUnavailable, also for other bytes than those that were added."""
        if stored.content is not None:
            return stored.content
        if self._bucket is None:
            raise _unavailable(LookupError("no object store is configured"))
        try:
            result = await obstore.get_async(self._bucket, _path(id))
            content = bytes(await result.bytes_async())
        except (BaseError, OSError) as error:
            raise _unavailable(error) from None
        if hashlib.sha256(content).digest() != stored.digest:
            raise _unavailable(ValueError("an object was changed"))
        return content


def _connect(bucket: Bucket) -> S3Store:
    url = urlsplit(bucket.url)
    return S3Store(
        url.path.strip("/"),
        endpoint=f"{url.scheme}://{url.netloc}",
        region=bucket.region,
        access_key_id=bucket.key,
        secret_access_key=bucket.secret.get_secret_value(),
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
    """Log the kind of error alone: its text names the object, hence what was read when."""
    log.error("document_store_unavailable", kind=type(error).__name__)
    return StoreUnavailable()
