"""A cleaned PDF shows the same pages and holds nothing that was not drawn."""

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

from services.responses.documents.cleaning import clean_here
from tests.unit.responses.documents.test_cleaning import SECRET, letter, written

RUNS = (b"/JavaScript", b"/JS", b"/Launch", b"/SubmitForm", b"/GoToR", b"/URI", b"/AA", b"/Action")
HOLDS = (b"/EmbeddedFile", b"/Filespec", b"/Metadata", b"/PieceInfo", b"/Annots", b"/OpenAction")


def made(value: Any) -> Any:
    """PDF objects of Python's: names begin with a slash, bytes are streams."""
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
            return ArrayObject(made(each) for each in value)
    return DictionaryObject({NameObject(key): made(each) for key, each in value.items()})


def stream(data: bytes, **entries: Any) -> StreamObject:
    found = DecodedStreamObject()
    found.set_data(data)
    found.update({NameObject(f"/{key}"): made(value) for key, value in entries.items()})
    return found


def everything(content: bytes) -> bytes:
    """The file, with every stream unpacked."""
    reader, parts = PdfReader(io.BytesIO(content)), [content]
    size: Any = reader.trailer["/Size"]
    for number in range(1, size):
        found = reader.get_object(number)
        if isinstance(found, StreamObject):
            parts.append(found.get_data())
    return b"".join(parts)


def action(kind: str = "/JavaScript") -> dict[str, Any]:
    return {"/Type": "/Action", "/S": kind, "/JS": SECRET, "/URI": SECRET, "/F": SECRET}


def attached(writer: PdfWriter) -> dict[str, Any]:
    held = writer._add_object(stream(SECRET.encode(), Type="/EmbeddedFile", Params={"/x": SECRET}))
    return {"/Type": "/Filespec", "/F": SECRET, "/UF": SECRET, "/EF": {"/F": held, "/UF": held}}


def described() -> StreamObject:
    return stream(f"<x:xmpmeta>{SECRET}</x:xmpmeta>".encode(), Type="/Metadata", Subtype="/XML")


def private(writer: PdfWriter) -> dict[str, Any]:
    """All that programs hang onto any dictionary, directly and by reference."""
    return {
        "/AA": {"/O": action()},
        "/A": action("/Launch"),
        "/AF": [attached(writer)],
        "/Metadata": writer._add_object(described()),
        "/PieceInfo": {"/App": {"/Private": {"/Author": SECRET}, "/LastModified": SECRET}},
        "/LastModified": SECRET,
        "/Author": SECRET,
        "/Title": SECRET,
        "/SomethingNew": {"/Deep": [{"/By": SECRET}, SECRET, writer._add_object(made(SECRET))]},
        "/SomethingElse": writer._add_object(stream(SECRET.encode())),
        "/Thumb": writer._add_object(stream(SECRET.encode(), Subtype="/Image")),
    }


def hostile() -> bytes:
    """A letter with a picture, a form inside, a pattern, layers and fields: each says more."""
    writer = letter()
    page, catalog = writer.pages[0], writer._root_object
    more = private(writer)
    inner = stream(
        b"0 0 9 9 re f", Type="/XObject", Subtype="/Form", BBox=[0, 0, 9, 9], Resources=more
    )
    inner.update(made(more))
    picture = stream(
        b"\0\1", Subtype="/Image", Width=2, Height=1, BitsPerComponent=8, Metadata=described()
    )
    picture[NameObject("/ColorSpace")] = made(
        ["/Indexed", "/DeviceRGB", 1, ByteStringObject(b"\xff\0\0\0\0\xff")]
    )
    picture.update(made(private(writer)))
    gradient = {"/ShadingType": 2, "/ColorSpace": "/DeviceGray", "/Coords": [0, 0, 9, 9]}
    resources = page["/Resources"]
    assert isinstance(resources, DictionaryObject)
    fonts = resources["/Font"]
    assert isinstance(fonts, DictionaryObject)
    font: Any = fonts["/F1"]
    font.update(made(private(writer)))
    resources.update(
        made(
            {
                # Names that the file chose may be any.
                "/XObject": {"/AA": writer._add_object(inner), "/JS": writer._add_object(picture)},
                "/Shading": {"/AF": gradient | private(writer)},
                "/ExtGState": {"/Metadata": {"/CA": 0.5} | private(writer)},
                "/Properties": {"/MC0": {"/Type": "/OCG", "/Name": SECRET} | private(writer)},
            }
            | private(writer)
        )
    )
    page.update(made(private(writer)))
    looks = stream(b"BT /F1 9 Tf (champ) Tj ET", BBox=[0, 0, 40, 20], Resources={"/Font": fonts})
    looks.update(made(private(writer)))
    field = {"/Type": "/Annot", "/Subtype": "/Widget", "/Rect": [100, 100, 180, 140], "/T": SECRET}
    notes = [
        field | {"/AP": {"/N": writer._add_object(looks)}} | private(writer),
        field | {"/F": 2, "/AP": {"/N": writer._add_object(stream(SECRET.encode()))}},
        {"/Subtype": "/Text", "/T": SECRET, "/Contents": SECRET, "/RC": SECRET, "/NM": SECRET},
        {"/Subtype": "/FileAttachment", "/FS": attached(writer)},
        {"/Subtype": "/RichMedia", "/RichMediaContent": {"/Assets": attached(writer)}},
        {"/Subtype": "/Link", "/A": action("/URI")},
        {"/Subtype": "/Screen", "/A": action("/Rendition")},
    ]
    page[NameObject("/Annots")] = made(notes)
    catalog.update(
        made(
            {
                "/OpenAction": action(),
                "/Names": {
                    "/JavaScript": {"/Names": [SECRET, action()]},
                    "/EmbeddedFiles": {"/Names": [SECRET, attached(writer)]},
                },
                "/AcroForm": {"/Fields": [], "/XFA": writer._add_object(stream(SECRET.encode()))},
                "/Outlines": {"/First": {"/Title": SECRET, "/A": action()}},
                "/ViewerPreferences": {"/SomethingNew": SECRET},
            }
            | private(writer)
        )
    )
    writer.add_metadata({"/Author": SECRET})
    writer._add_object(made({"/OfAnEarlierRevision": SECRET}))
    return written(writer)


def test_nothing_that_is_not_drawn_comes_through_wherever_it_hides() -> None:
    content = hostile()
    assert everything(content).count(SECRET.encode()) > 50
    cleaned = clean_here(content, "application/pdf")
    held = everything(cleaned.content)
    for gone in (SECRET.encode(), *HOLDS, *RUNS):
        if gone in (b"/JS", b"/AA", b"/Metadata"):
            continue  # the file calls resources so, which are drawn: see below
        assert gone not in held, gone
    reader = PdfReader(io.BytesIO(cleaned.content))
    assert reader.metadata is None
    assert "/ID" not in reader.trailer
    catalog: Any = reader.trailer["/Root"]
    assert set(catalog) == {"/Type", "/Pages"}


def test_what_is_drawn_stays_whatever_the_file_calls_it() -> None:
    reader = PdfReader(io.BytesIO(clean_here(hostile(), "application/pdf").content))
    page = reader.pages[0]
    resources: Any = page["/Resources"]
    assert page.extract_text().startswith("Vous devez 120 euros")
    assert set(resources["/XObject"]) == {"/AA", "/JS", "/Field0"}
    assert resources["/XObject"]["/AA"].get_data() == b"0 0 9 9 re f"
    assert resources["/XObject"]["/JS"]["/ColorSpace"][3].original_bytes == b"\xff\0\0\0\0\xff"
    assert resources["/Shading"]["/AF"]["/Coords"] == [0, 0, 9, 9]
    assert resources["/ExtGState"]["/Metadata"]["/CA"] == 0.5


def test_fields_are_drawn_as_they_look_and_where_they_are() -> None:
    reader = PdfReader(io.BytesIO(clean_here(hostile(), "application/pdf").content))
    page = reader.pages[0]
    contents: Any = page["/Contents"]
    last = contents[-1].get_object().get_data()
    assert b"q 2.00000 0.00000 0.00000 2.00000 100.00000 100.00000 cm /Field0 Do Q" in last
    assert "champ" in page.extract_text()
    assert "/Annots" not in page


def test_an_earlier_revision_is_not_in_the_file() -> None:
    first = written(letter(SECRET))
    writer = PdfWriter(io.BytesIO(first), incremental=True)
    contents = DecodedStreamObject()
    contents.set_data(b"BT /F1 12 Tf 50 700 Td (Corrige) Tj ET")
    writer.pages[0][NameObject("/Contents")] = writer._add_object(contents)
    second = written(writer)
    assert second.startswith(first[:100])
    assert SECRET.encode() in second
    cleaned = clean_here(second, "application/pdf")
    assert cleaned.words == "Corrige"
    assert SECRET.encode() not in everything(cleaned.content)


def test_a_layer_that_is_not_shown_stays_so() -> None:
    writer = letter()
    layers = [writer._add_object(made({"/Type": "/OCG", "/Name": SECRET})) for _ in range(2)]
    resources: Any = writer.pages[0]["/Resources"]
    resources[NameObject("/Properties")] = made({"/L0": layers[0], "/L1": layers[1]})
    config = {"/Creator": SECRET, "/OFF": [layers[1]], "/Order": [SECRET, layers[0]]}
    writer._root_object[NameObject("/OCProperties")] = made({"/OCGs": layers, "/D": config})
    cleaned = clean_here(written(writer), "application/pdf")
    assert SECRET.encode() not in everything(cleaned.content)
    reader = PdfReader(io.BytesIO(cleaned.content))
    catalog: Any = reader.trailer["/Root"]
    page: Any = reader.pages[0]
    shown, drawn = catalog["/OCProperties"], page["/Resources"]["/Properties"]
    assert [each.idnum for each in shown["/D"]["/OFF"]] == [drawn.raw_get("/L1").idnum]
    assert len(shown["/OCGs"]) == 2


@pytest.mark.parametrize("seen_first", ["/Junk", "/Extra"])
def test_something_drawn_is_drawn_though_something_undrawn_refers_to_it_first(
    seen_first: str,
) -> None:
    writer = letter()
    picture = writer._add_object(stream(b"\0", Subtype="/Image", Width=1, Height=1))
    resources: Any = writer.pages[0]["/Resources"]
    resources["/Font"]["/F1"][NameObject(seen_first)] = picture
    resources[NameObject("/XObject")] = made({"/Im": picture})
    cleaned = clean_here(written(writer), "application/pdf")
    page: Any = PdfReader(io.BytesIO(cleaned.content)).pages[0]
    assert page["/Resources"]["/XObject"]["/Im"].get_data() == b"\0"


def test_a_file_whose_parts_refer_to_each_other_in_a_ring_is_copied_once() -> None:
    writer = letter()
    form = stream(b"", Type="/XObject", Subtype="/Form", BBox=[0, 0, 1, 1])
    reference = writer._add_object(form)
    form[NameObject("/Resources")] = made({"/XObject": {"/Me": reference}})
    resources: Any = writer.pages[0]["/Resources"]
    resources[NameObject("/XObject")] = made({"/Fm": reference})
    cleaned = clean_here(written(writer), "application/pdf")
    assert cleaned.content.count(b"/Form") == 1
