"""The behaviour of pypdf's private parts, as the adapter uses them."""

import io
import zlib
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    EncodedStreamObject,
    NameObject,
    NullObject,
    NumberObject,
)

from services.responses.documents import pdf_objects


def reread(writer: PdfWriter) -> PdfReader:
    file = io.BytesIO()
    writer.write(file)
    return PdfReader(file)


def test_a_reserved_reference_can_be_part_of_a_cycle() -> None:
    writer = PdfWriter()
    writer.add_blank_page(1, 1)
    reference = pdf_objects.reserve(writer)
    assert isinstance(reference.get_object(), NullObject)
    pdf_objects.fill(writer, reference, ArrayObject([NumberObject(7), reference]))
    pdf_objects.catalog(writer)[NameObject("/Ring")] = reference
    root: Any = reread(writer).trailer["/Root"]
    ring = root["/Ring"]
    assert (ring[0], ring[1][1][0]) == (7, 7)


def test_the_encoded_bytes_of_a_stream_are_read_and_written_unchanged() -> None:
    encoded = zlib.compress(b"0 0 m")
    stream = EncodedStreamObject()
    stream[NameObject("/Filter")] = NameObject("/FlateDecode")
    pdf_objects.set_encoded(stream, encoded)
    writer = PdfWriter()
    page = writer.add_blank_page(1, 1)
    page[NameObject("/Contents")] = pdf_objects.add(writer, stream)
    contents = reread(writer).pages[0]["/Contents"].get_object()
    assert isinstance(contents, EncodedStreamObject)
    assert isinstance(contents, DictionaryObject)
    assert pdf_objects.encoded(contents) == encoded
    assert contents.get_data() == b"0 0 m"
