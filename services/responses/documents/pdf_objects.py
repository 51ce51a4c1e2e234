"""Adapter for the private parts of pypdf that redrawing a PDF needs; its test pins their behaviour.

pypdf has no public way to reserve a reference before its object exists, which cyclic objects need,
nor to read and write the encoded bytes of a stream.
"""

from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, IndirectObject, NullObject, PdfObject, StreamObject


def add(writer: PdfWriter, added: PdfObject) -> IndirectObject:
    return writer._add_object(added)


def reserve(writer: PdfWriter) -> IndirectObject:
    """A reference to null, until `fill`."""
    return writer._add_object(NullObject())


def fill(writer: PdfWriter, reference: IndirectObject, content: PdfObject) -> None:
    writer._replace_object(reference, content)


def catalog(writer: PdfWriter) -> DictionaryObject:
    """The root of the file that is being written."""
    return writer._root_object


def encoded(stream: StreamObject) -> bytes:
    """The bytes as they are in the file, before any filter decodes them."""
    return bytes(stream._data)


def set_encoded(stream: StreamObject, data: bytes) -> None:
    stream._data = data
