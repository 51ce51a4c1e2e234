"""Cleaned documents: no metadata, no active content, and text for marked passages."""

import io
import zlib
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pypdf import PdfReader
from pypdf.annotations import Link
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    EncodedStreamObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from services.responses.documents import cleaning as documents
from services.responses.documents import pdf_objects
from services.responses.documents.cleaning import DocumentRefused, clean, clean_in_process
from services.responses.documents.embedded_images import strip_jpeg2000
from tests.support.pdf_files import SECRET, letter, to_bytes


def test_a_pdf_keeps_its_text_and_loses_metadata_and_active_content() -> None:
    writer = letter()
    writer.add_metadata({"/Author": SECRET, "/Producer": SECRET})
    pdf_objects.catalog(writer)[NameObject("/OpenAction")] = DictionaryObject(
        {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("alert")}
    )
    described = DecodedStreamObject()
    described.set_data(f"<x:xmpmeta>{SECRET}</x:xmpmeta>".encode())
    writer.pages[0][NameObject("/Metadata")] = pdf_objects.add(writer, described)
    writer.add_attachment("secret.txt", SECRET.encode())
    writer.add_annotation(0, Link(rect=(0, 0, 9, 9), url="https://example.org/pixel"))
    cleaned = clean_in_process(to_bytes(writer), "application/octet-stream")
    assert (cleaned.media_type, cleaned.pages) == ("application/pdf", 1)
    assert cleaned.words == "Vous devez 120 euros"
    reader = PdfReader(io.BytesIO(cleaned.content))
    assert reader.pages[0].extract_text() == cleaned.words
    assert not reader.metadata
    for gone in (SECRET.encode(), b"alert", b"/JavaScript", b"/EmbeddedFile", b"/URI", b"pypdf"):
        assert gone not in cleaned.content


def photograph(**more: Any) -> bytes:
    """A JPEG with author, coordinates and a comment, followed by a second image."""
    image = Image.radial_gradient("L").convert("RGB")
    exif = Image.Exif()
    exif[0x013B] = SECRET  # artist
    gps = exif.get_ifd(0x8825)  # GPS
    gps[1], gps[2], gps[3], gps[4] = "N", (48.0, 51.0, 30.0), "E", (2.0, 17.0, 40.0)
    out = io.BytesIO()
    xmp = f"<x:xmpmeta>{SECRET}</x:xmpmeta>".encode()
    image.save(out, "JPEG", exif=exif, comment=SECRET.encode(), xmp=xmp, **more)
    return out.getvalue() + b"\xff\xd8\xff\xfe\x00\x0f" + SECRET.encode()


def letter_with(picture: bytes, filters: Any) -> bytes:
    writer = letter()
    stream = EncodedStreamObject()
    pdf_objects.set_encoded(stream, picture)
    for name, value in {
        "/Type": NameObject("/XObject"),
        "/Subtype": NameObject("/Image"),
        "/Width": NumberObject(256),
        "/Height": NumberObject(256),
        "/ColorSpace": NameObject("/DeviceRGB"),
        "/BitsPerComponent": NumberObject(8),
        "/Filter": filters,
    }.items():
        stream[NameObject(name)] = value
    page = writer.pages[0]
    pictures = DictionaryObject({NameObject("/Im1"): pdf_objects.add(writer, stream)})
    page["/Resources"][NameObject("/XObject")] = pictures  # type: ignore[index]
    return to_bytes(writer)


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_photograph_in_a_pdf_loses_its_author_and_coordinates(
    progressive: bool, wrapped: bool
) -> None:
    taken = photograph(progressive=progressive, restart_marker_rows=1)
    with Image.open(io.BytesIO(taken)) as image:
        assert image.getexif().get_ifd(0x8825)
        pixels = image.tobytes()
    around = [NameObject("/FlateDecode")] if wrapped else []
    filters = ArrayObject([*around, NameObject("/DCTDecode")])
    uploaded = letter_with(zlib.compress(taken) if wrapped else taken, filters)
    cleaned = clean_in_process(uploaded, "application/pdf")
    image_bytes = PdfReader(io.BytesIO(cleaned.content)).pages[0].images[0].data
    for gone in (SECRET.encode(), b"Exif", b"xmpmeta"):
        assert gone not in cleaned.content
        assert gone not in image_bytes
    with Image.open(io.BytesIO(image_bytes)) as image:
        assert not image.getexif()
        assert image.tobytes() == pixels


def test_a_jpeg_2000_keeps_its_pixels_and_loses_its_metadata() -> None:
    out = io.BytesIO()
    Image.radial_gradient("L").save(out, "JPEG2000")
    plain = out.getvalue()
    described = f"<x:xmpmeta>{SECRET}</x:xmpmeta>".encode()
    first_box = int.from_bytes(plain[:4], "big") + int.from_bytes(plain[12:16], "big")
    box = (len(described) + 8).to_bytes(4, "big") + b"xml " + described
    bare = strip_jpeg2000(plain[:first_box] + box + plain[first_box:])
    assert bare == plain


@pytest.mark.parametrize("length", [1, 3, 30, 300, -700])
def test_a_truncated_photograph_is_refused(length: int) -> None:
    cut = photograph()[:length]
    assert refused(letter_with(cut, NameObject("/DCTDecode"))) == "broken"


def refused(content: bytes, kind: str = "") -> str:
    with pytest.raises(DocumentRefused) as error:
        clean_in_process(content, kind)
    assert error.value.message("fr") != error.value.message("en")
    return error.value.reason


def test_a_locked_a_long_and_a_broken_pdf_are_refused() -> None:
    locked = letter()
    locked.encrypt("secret")
    assert refused(to_bytes(locked)) == "locked"
    assert refused(to_bytes(letter(pages=61))) == "pages"
    whole = to_bytes(letter())
    assert refused(whole[: len(whole) // 3]) in ("broken", "empty")
    assert refused(b"%PDF-1.4\n" + bytes(1000)) in ("broken", "empty")


async def test_a_pdf_that_explodes_is_refused_and_harms_nobody() -> None:
    bomb = zlib.compress(bytes(300_000_000), 9)
    writer = letter()
    page = writer.pages[0]
    stream = DecodedStreamObject()
    pdf_objects.set_encoded(stream, bomb)
    stream[NameObject("/Filter")] = NameObject("/FlateDecode")
    page[NameObject("/Contents")] = pdf_objects.add(writer, stream)
    content = to_bytes(writer)
    assert len(content) < 1_000_000
    with pytest.raises(DocumentRefused) as error:
        await clean(content, "application/pdf")
    assert error.value.reason == "bomb"


async def test_a_parser_that_never_ends_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_SECONDS", 0.01)
    with pytest.raises(DocumentRefused) as error:
        await clean(to_bytes(letter()), "application/pdf")
    assert error.value.reason == "bomb"


async def test_the_isolated_subprocess_gives_the_same_result() -> None:
    content = to_bytes(letter())
    assert await clean(content, "") == clean_in_process(content, "")


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_an_image_keeps_its_pixels_upright_and_nothing_else(kind: str) -> None:
    image = Image.new("RGB", (20, 10), "white")
    image.putpixel((0, 0), (255, 0, 0))
    exif = Image.Exif()
    exif[0x013B] = SECRET  # artist
    exif[0x0112] = 6  # turned by a quarter
    info = PngInfo()
    info.add_text("Author", SECRET)
    out = io.BytesIO()
    image.save(out, kind, exif=exif, pnginfo=info, comment=SECRET.encode())
    assert SECRET.encode() in out.getvalue()
    cleaned = clean_in_process(
        out.getvalue(), "text/html"
    )  # what it says of itself is not believed
    assert cleaned.media_type == f"image/{kind.lower()}"
    assert SECRET.encode() not in cleaned.content
    with Image.open(io.BytesIO(cleaned.content)) as shown:
        assert shown.size == (10, 20)
        assert not shown.getexif()


def test_only_documents_are_shown() -> None:
    assert refused(b"PK\x03\x04") == "kind"
    assert refused(b"<p>x</p>", "text/plain") == "kind"
    assert refused(b"<svg onload=alert(1)></svg>", "text/html") == "empty"


HOSTILE = """<p onclick="x()">Un <a href="javascript:x()">lien</a></p><iframe src="//x"></iframe>
<style>p{background:url(//x)}</style><form action="//x"><input name="q"></form>
<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>"""


def test_html_keeps_text_and_structure_and_loses_active_content() -> None:
    cleaned = clean_in_process(HOSTILE.encode(), "text/html; charset=utf-8")
    page = cleaned.content.decode()
    assert "<p>Un lien</p>" in page
    for gone in ("onclick", "javascript", "iframe", "style", "url(", "<form", "input", "onerror"):
        assert gone not in page
    assert cleaned.words
    assert cleaned.words.startswith("Un lien")


def test_a_document_holds_no_character_that_acts_on_a_terminal() -> None:
    hostile = "<p>Un\x1b]52;c;AAAA\x07 mot\x9b2J\0&#27;[2J</p>"
    cleaned = clean_in_process(hostile.encode(), "text/html")
    assert cleaned.words
    for text in (cleaned.words, cleaned.content.decode()):
        assert not set("\x1b\x07\x9b\0") & set(text)
    pdf = clean_in_process(to_bytes(letter("Un\\033\\007mot")), "application/pdf")
    assert pdf.words
    assert not set("\x1b\x07") & set(pdf.words)
