"""Documents to test: nothing of their makers, nothing that runs, and text to mark."""

import io
import zlib

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import Link
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject, TextStringObject

from services.responses import documents
from services.responses.documents import DocumentRefused, clean, clean_here

SECRET = "Martin Dupont"


def letter(text: str = "Vous devez 120 euros", pages: int = 1) -> PdfWriter:
    writer = PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    for _ in range(pages):
        page = writer.add_blank_page(595, 842)
        fonts = DictionaryObject({NameObject("/F1"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        content = DecodedStreamObject()
        content.set_data(f"BT /F1 12 Tf 50 700 Td ({text}) Tj ET".encode())
        page[NameObject("/Contents")] = writer._add_object(content)
    return writer


def written(writer: PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_pdf_keeps_its_text_and_loses_its_makers_and_all_that_runs() -> None:
    writer = letter()
    writer.add_metadata({"/Author": SECRET, "/Producer": SECRET})
    writer._root_object[NameObject("/OpenAction")] = DictionaryObject(
        {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("alert")}
    )
    described = DecodedStreamObject()
    described.set_data(f"<x:xmpmeta>{SECRET}</x:xmpmeta>".encode())
    writer.pages[0][NameObject("/Metadata")] = writer._add_object(described)
    writer.add_attachment("secret.txt", SECRET.encode())
    writer.add_annotation(0, Link(rect=(0, 0, 9, 9), url="https://example.org/pixel"))
    cleaned = clean_here(written(writer), "application/octet-stream")
    assert (cleaned.media_type, cleaned.pages) == ("application/pdf", 1)
    assert cleaned.words == "Vous devez 120 euros"
    reader = PdfReader(io.BytesIO(cleaned.content))
    assert reader.pages[0].extract_text() == cleaned.words
    assert not reader.metadata
    for gone in (SECRET.encode(), b"alert", b"/JavaScript", b"/EmbeddedFile", b"/URI", b"pypdf"):
        assert gone not in cleaned.content


def refused(content: bytes, kind: str = "") -> str:
    with pytest.raises(DocumentRefused) as error:
        clean_here(content, kind)
    assert error.value.say("fr") != error.value.say("en")
    return error.value.reason


def test_a_locked_a_long_and_a_broken_pdf_are_refused() -> None:
    locked = letter()
    locked.encrypt("secret")
    assert refused(written(locked)) == "locked"
    assert refused(written(letter(pages=61))) == "pages"
    whole = written(letter())
    assert refused(whole[: len(whole) // 3]) in ("broken", "empty")
    assert refused(b"%PDF-1.4\n" + bytes(1000)) in ("broken", "empty")


async def test_a_pdf_that_explodes_is_refused_and_harms_nobody() -> None:
    bomb = zlib.compress(bytes(300_000_000), 9)
    writer = letter()
    page = writer.pages[0]
    stream = DecodedStreamObject()
    stream._data = bomb
    stream[NameObject("/Filter")] = NameObject("/FlateDecode")
    page[NameObject("/Contents")] = writer._add_object(stream)
    content = written(writer)
    assert len(content) < 1_000_000
    with pytest.raises(DocumentRefused) as error:
        await clean(content, "application/pdf")
    assert error.value.reason == "bomb"


async def test_a_reader_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_SECONDS", 0.01)
    with pytest.raises(DocumentRefused) as error:
        await clean(written(letter()), "application/pdf")
    assert error.value.reason == "bomb"


async def test_the_process_apart_says_the_same() -> None:
    content = written(letter())
    assert await clean(content, "") == clean_here(content, "")


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
    cleaned = clean_here(out.getvalue(), "text/html")  # what it says of itself is not believed
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


def test_html_keeps_words_and_form_and_can_do_nothing() -> None:
    cleaned = clean_here(HOSTILE.encode(), "text/html; charset=utf-8")
    page = cleaned.content.decode()
    assert "<p>Un lien</p>" in page
    for gone in ("onclick", "javascript", "iframe", "style", "url(", "<form", "input", "onerror"):
        assert gone not in page
    assert cleaned.words
    assert cleaned.words.startswith("Un lien")
