"""A redrawn PDF shows the same pages and contains no object that was not drawn."""

import io
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    ByteStringObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    PdfObject,
    StreamObject,
    TextStringObject,
)

from services.responses.documents import pdf_objects
from services.responses.documents.cleaning import clean_in_process
from tests.support.pdf_files import SECRET, letter, to_bytes

RUNS = (b"/JavaScript", b"/JS", b"/Launch", b"/SubmitForm", b"/GoToR", b"/URI", b"/AA", b"/Action")
HOLDS = (b"/EmbeddedFile", b"/Filespec", b"/Metadata", b"/PieceInfo", b"/Annots", b"/OpenAction")


def pdf_object(value: Any) -> Any:
    """A PDF object of a Python value: a text with a slash is a name, bytes are a stream."""
    match value:
        case PdfObject():
            return value
        case bool():
            return BooleanObject(value)
        case int():
            return NumberObject(value)
        case float():
            return FloatObject(value)
        case str():
            return NameObject(value) if value.startswith("/") else TextStringObject(value)
        case bytes():
            stream = DecodedStreamObject()
            stream.set_data(value)
            return stream
        case list():
            return ArrayObject(pdf_object(each) for each in value)
    return DictionaryObject({NameObject(key): pdf_object(each) for key, each in value.items()})


def stream(data: bytes, **entries: Any) -> StreamObject:
    new_stream = DecodedStreamObject()
    new_stream.set_data(data)
    new_stream.update({NameObject(f"/{key}"): pdf_object(value) for key, value in entries.items()})
    return new_stream


def everything(content: bytes) -> bytes:
    """The file, with every stream unpacked."""
    reader, parts = PdfReader(io.BytesIO(content)), [content]
    size: Any = reader.trailer["/Size"]
    for number in range(1, size):
        target = reader.get_object(number)
        if isinstance(target, StreamObject):
            parts.append(target.get_data())
    return b"".join(parts)


def action(kind: str = "/JavaScript") -> dict[str, Any]:
    return {"/Type": "/Action", "/S": kind, "/JS": SECRET, "/URI": SECRET, "/F": SECRET}


def attached(writer: PdfWriter) -> dict[str, Any]:
    embedded_file = pdf_objects.add(
        writer, stream(SECRET.encode(), Type="/EmbeddedFile", Params={"/x": SECRET})
    )
    return {
        "/Type": "/Filespec",
        "/F": SECRET,
        "/UF": SECRET,
        "/EF": {"/F": embedded_file, "/UF": embedded_file},
    }


def described() -> StreamObject:
    return stream(f"<x:xmpmeta>{SECRET}</x:xmpmeta>".encode(), Type="/Metadata", Subtype="/XML")


def private(writer: PdfWriter) -> dict[str, Any]:
    """Everything that programs attach to a dictionary, directly and by reference."""
    return {
        "/AA": {"/O": action()},
        "/A": action("/Launch"),
        "/AF": [attached(writer)],
        "/Metadata": pdf_objects.add(writer, described()),
        "/PieceInfo": {"/App": {"/Private": {"/Author": SECRET}, "/LastModified": SECRET}},
        "/LastModified": SECRET,
        "/Author": SECRET,
        "/Title": SECRET,
        "/SomethingNew": {
            "/Deep": [{"/By": SECRET}, SECRET, pdf_objects.add(writer, pdf_object(SECRET))]
        },
        "/SomethingElse": pdf_objects.add(writer, stream(SECRET.encode())),
        "/Thumb": pdf_objects.add(writer, stream(SECRET.encode(), Subtype="/Image")),
    }


def hostile() -> bytes:
    """A letter with an image, a form XObject, a pattern, layers and fields, all with metadata."""
    writer = letter()
    page, catalog = writer.pages[0], pdf_objects.catalog(writer)
    more = private(writer)
    inner = stream(
        b"0 0 9 9 re f", Type="/XObject", Subtype="/Form", BBox=[0, 0, 9, 9], Resources=more
    )
    inner.update(pdf_object(more))
    picture = stream(
        b"\0\1", Subtype="/Image", Width=2, Height=1, BitsPerComponent=8, Metadata=described()
    )
    picture[NameObject("/ColorSpace")] = pdf_object(
        ["/Indexed", "/DeviceRGB", 1, ByteStringObject(b"\xff\0\0\0\0\xff")]
    )
    picture.update(pdf_object(private(writer)))
    gradient = {"/ShadingType": 2, "/ColorSpace": "/DeviceGray", "/Coords": [0, 0, 9, 9]}
    resources = page["/Resources"]
    assert isinstance(resources, DictionaryObject)
    fonts = resources["/Font"]
    assert isinstance(fonts, DictionaryObject)
    font: Any = fonts["/F1"]
    font.update(pdf_object(private(writer)))
    resources.update(
        pdf_object(
            {
                # Names that the file chose may be any.
                "/XObject": {
                    "/AA": pdf_objects.add(writer, inner),
                    "/JS": pdf_objects.add(writer, picture),
                },
                "/Shading": {"/AF": gradient | private(writer)},
                "/ExtGState": {"/Metadata": {"/CA": 0.5} | private(writer)},
                "/Properties": {"/MC0": {"/Type": "/OCG", "/Name": SECRET} | private(writer)},
            }
            | private(writer)
        )
    )
    page.update(pdf_object(private(writer)))
    appearance = stream(
        b"BT /F1 9 Tf (champ) Tj ET", BBox=[0, 0, 40, 20], Resources={"/Font": fonts}
    )
    appearance.update(pdf_object(private(writer)))
    field = {"/Type": "/Annot", "/Subtype": "/Widget", "/Rect": [100, 100, 180, 140], "/T": SECRET}
    notes = [
        field | {"/AP": {"/N": pdf_objects.add(writer, appearance)}} | private(writer),
        field | {"/F": 2, "/AP": {"/N": pdf_objects.add(writer, stream(SECRET.encode()))}},
        {"/Subtype": "/Text", "/T": SECRET, "/Contents": SECRET, "/RC": SECRET, "/NM": SECRET},
        {"/Subtype": "/FileAttachment", "/FS": attached(writer)},
        {"/Subtype": "/RichMedia", "/RichMediaContent": {"/Assets": attached(writer)}},
        {"/Subtype": "/Link", "/A": action("/URI")},
        {"/Subtype": "/Screen", "/A": action("/Rendition")},
    ]
    page[NameObject("/Annots")] = pdf_object(notes)
    catalog.update(
        pdf_object(
            {
                "/OpenAction": action(),
                "/Names": {
                    "/JavaScript": {"/Names": [SECRET, action()]},
                    "/EmbeddedFiles": {"/Names": [SECRET, attached(writer)]},
                },
                "/AcroForm": {
                    "/Fields": [],
                    "/XFA": pdf_objects.add(writer, stream(SECRET.encode())),
                },
                "/Outlines": {"/First": {"/Title": SECRET, "/A": action()}},
                "/ViewerPreferences": {"/SomethingNew": SECRET},
            }
            | private(writer)
        )
    )
    writer.add_metadata({"/Author": SECRET})
    pdf_objects.add(writer, pdf_object({"/OfAnEarlierRevision": SECRET}))
    return to_bytes(writer)


def test_objects_that_are_not_drawn_are_dropped_wherever_they_hide() -> None:
    content = hostile()
    assert everything(content).count(SECRET.encode()) > 50
    cleaned = clean_in_process(content, "application/pdf")
    strings = everything(cleaned.content)
    for gone in (SECRET.encode(), *HOLDS, *RUNS):
        if gone in (b"/JS", b"/AA", b"/Metadata"):
            continue  # the file calls resources so, which are drawn: see below
        assert gone not in strings, gone
    reader = PdfReader(io.BytesIO(cleaned.content))
    assert reader.metadata is None
    assert "/ID" not in reader.trailer
    catalog: Any = reader.trailer["/Root"]
    assert set(catalog) == {"/Type", "/Pages"}


def test_drawn_objects_stay_under_any_name() -> None:
    reader = PdfReader(io.BytesIO(clean_in_process(hostile(), "application/pdf").content))
    page = reader.pages[0]
    resources: Any = page["/Resources"]
    assert page.extract_text().startswith("Vous devez 120 euros")
    assert set(resources["/XObject"]) == {"/AA", "/JS", "/Field0"}
    assert resources["/XObject"]["/AA"].get_data() == b"0 0 9 9 re f"
    assert resources["/XObject"]["/JS"]["/ColorSpace"][3].original_bytes == b"\xff\0\0\0\0\xff"
    assert resources["/Shading"]["/AF"]["/Coords"] == [0, 0, 9, 9]
    assert resources["/ExtGState"]["/Metadata"]["/CA"] == 0.5


def test_fields_are_drawn_as_they_look_and_where_they_are() -> None:
    reader = PdfReader(io.BytesIO(clean_in_process(hostile(), "application/pdf").content))
    page = reader.pages[0]
    contents: Any = page["/Contents"]
    last = contents[-1].get_object().get_data()
    assert b"q 2.00000 0.00000 0.00000 2.00000 100.00000 100.00000 cm /Field0 Do Q" in last
    assert "champ" in page.extract_text()
    assert "/Annots" not in page


def test_an_earlier_revision_is_not_in_the_file() -> None:
    first = to_bytes(letter(SECRET))
    writer = PdfWriter(io.BytesIO(first), incremental=True)
    contents = DecodedStreamObject()
    contents.set_data(b"BT /F1 12 Tf 50 700 Td (Corrige) Tj ET")
    writer.pages[0][NameObject("/Contents")] = pdf_objects.add(writer, contents)
    second = to_bytes(writer)
    assert second.startswith(first[:100])
    assert SECRET.encode() in second
    cleaned = clean_in_process(second, "application/pdf")
    assert cleaned.words == "Corrige"
    assert SECRET.encode() not in everything(cleaned.content)


def test_a_layer_that_is_not_shown_stays_so() -> None:
    writer = letter()
    layers = [
        pdf_objects.add(writer, pdf_object({"/Type": "/OCG", "/Name": SECRET})) for _ in range(2)
    ]
    resources: Any = writer.pages[0]["/Resources"]
    resources[NameObject("/Properties")] = pdf_object({"/L0": layers[0], "/L1": layers[1]})
    config = {"/Creator": SECRET, "/OFF": [layers[1]], "/Order": [SECRET, layers[0]]}
    properties = pdf_object({"/OCGs": layers, "/D": config})
    pdf_objects.catalog(writer)[NameObject("/OCProperties")] = properties
    cleaned = clean_in_process(to_bytes(writer), "application/pdf")
    assert SECRET.encode() not in everything(cleaned.content)
    reader = PdfReader(io.BytesIO(cleaned.content))
    catalog: Any = reader.trailer["/Root"]
    page: Any = reader.pages[0]
    visibility, drawn = catalog["/OCProperties"], page["/Resources"]["/Properties"]
    assert [each.idnum for each in visibility["/D"]["/OFF"]] == [drawn.raw_get("/L1").idnum]
    assert len(visibility["/OCGs"]) == 2


@pytest.mark.parametrize("seen_first", ["/Junk", "/Extra"])
def test_a_drawn_object_stays_though_an_undrawn_one_refers_to_it_first(
    seen_first: str,
) -> None:
    writer = letter()
    picture = pdf_objects.add(writer, stream(b"\0", Subtype="/Image", Width=1, Height=1))
    resources: Any = writer.pages[0]["/Resources"]
    resources["/Font"]["/F1"][NameObject(seen_first)] = picture
    resources[NameObject("/XObject")] = pdf_object({"/Im": picture})
    cleaned = clean_in_process(to_bytes(writer), "application/pdf")
    page: Any = PdfReader(io.BytesIO(cleaned.content)).pages[0]
    assert page["/Resources"]["/XObject"]["/Im"].get_data() == b"\0"


def test_a_cycle_of_references_is_copied_once() -> None:
    writer = letter()
    form = stream(b"", Type="/XObject", Subtype="/Form", BBox=[0, 0, 1, 1])
    reference = pdf_objects.add(writer, form)
    form[NameObject("/Resources")] = pdf_object({"/XObject": {"/Me": reference}})
    resources: Any = writer.pages[0]["/Resources"]
    resources[NameObject("/XObject")] = pdf_object({"/Fm": reference})
    cleaned = clean_in_process(to_bytes(writer), "application/pdf")
    assert cleaned.content.count(b"/Form") == 1
