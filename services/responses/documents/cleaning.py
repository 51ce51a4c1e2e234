"""Rewrite uploaded documents so that they are safe to show and carry no metadata.

`clean` does it in an isolated subprocess. The result is written anew: images from their pixels,
PDFs from their pages (without metadata, scripts, attachments or actions, nor the metadata of the
images inside), HTML from a short list of elements without attributes.
"""

import io
import json
import re
import sys
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from services.responses.documents import isolated_subprocess
from services.runtime.refusal import Refusal
from services.runtime.text import Text

LARGEST_BYTES = 10_000_000
_MOST_PAGES = 60
_MOST_PIXELS = 40_000_000
_MOST_CHARACTERS = 500_000
_SECONDS = isolated_subprocess.SECONDS

REASONS = {
    "kind": Text(
        fr="Seuls les PDF, les images PNG ou JPEG et le HTML peuvent être montrés.",
        en="Only PDFs, PNG or JPEG images and HTML can be shown.",
    ),
    "broken": Text(
        fr="Le fichier est abîmé : il ne peut pas être lu jusqu'au bout.",
        en="The file is broken: it cannot be read to its end.",
    ),
    "locked": Text(
        fr="Le PDF est protégé par un mot de passe.", en="The PDF is protected by a password."
    ),
    "pages": Text(
        fr=f"Le PDF a plus de {_MOST_PAGES} pages.",
        en=f"The PDF has more than {_MOST_PAGES} pages.",
    ),
    "pixels": Text(
        fr=f"L'image a plus de {_MOST_PIXELS // 1_000_000} millions de points.",
        en=f"The image has more than {_MOST_PIXELS // 1_000_000} million pixels.",
    ),
    "bomb": Text(
        fr="Le fichier demande trop de mémoire ou de temps pour être lu.",
        en="The file takes too much memory or time to read.",
    ),
    "long": Text(
        fr=f"Le texte du document dépasse {_MOST_CHARACTERS} caractères.",
        en=f"The document's text is longer than {_MOST_CHARACTERS} characters.",
    ),
    "large": Text(
        fr=f"Le fichier dépasse {LARGEST_BYTES // 1_000_000} Mo.",
        en=f"The file is larger than {LARGEST_BYTES // 1_000_000} MB.",
    ),
    "encoding": Text(fr="Le HTML n'est pas en UTF-8.", en="The HTML is not in UTF-8."),
    "empty": Text(fr="Le document est vide.", en="The document is empty."),
}


class DocumentRefused(Refusal):
    """`reason` is one of REASONS."""

    status = 422
    way_out = Text(
        fr="Enregistrez-le à nouveau depuis le logiciel qui l'a fait, ou exportez-le en PDF.",
        en="Save it again from the program that made it, or export it as PDF.",
    )

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason
        self.sentence = REASONS[reason]  # type: ignore[misc]


@dataclass(frozen=True)
class CleanedDocument:
    """`words` is the plain text that marked passages refer to; None where there is none."""

    media_type: str
    content: bytes
    pages: int | None = None
    words: str | None = None


async def clean(content: bytes, declared: str) -> CleanedDocument:
    """`declared` is the media type that came with the file; it matters for HTML alone.

    Raises DocumentRefused.
    """
    if len(content) > LARGEST_BYTES:
        raise DocumentRefused("large")
    try:
        output = await isolated_subprocess.run(__name__, declared, content, _SECONDS)
    except isolated_subprocess.SubprocessFailed:
        raise DocumentRefused("bomb") from None
    head, _, cleaned = output.partition(b"\n")
    header: dict[str, Any] = json.loads(head)
    if "refused" in header:
        raise DocumentRefused(header["refused"])
    return CleanedDocument(content=cleaned, **header)


def clean_in_process(content: bytes, declared: str) -> CleanedDocument:
    """The same in the calling process, for trusted content.

    Raises DocumentRefused.
    """
    if content[:1024].lstrip().startswith(b"%PDF-"):
        cleaned = _pdf(content)
    elif content.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
        cleaned = _image(content)
    elif declared.partition(";")[0].strip().lower() == "text/html":
        cleaned = _html(content)
    else:
        raise DocumentRefused("kind")
    if cleaned.words is not None and len(cleaned.words) > _MOST_CHARACTERS:
        raise DocumentRefused("long")
    if len(cleaned.content) > 2 * LARGEST_BYTES:
        raise DocumentRefused("large")
    return cleaned


# Images ----------------------------------------------------------------------------------------


def _image(content: bytes) -> CleanedDocument:
    from PIL import Image, ImageOps, UnidentifiedImageError

    from services.responses.documents.pixels import eight_bits

    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as image:
            kind = image.format or ""
            if image.width * image.height > _MOST_PIXELS:
                raise DocumentRefused("pixels")
            stored_as = next((str(part.args) for part in getattr(image, "tile", ())), None)
            image.load()
            pixels = eight_bits(ImageOps.exif_transpose(image), stored_as)
    except Image.DecompressionBombError:
        raise DocumentRefused("pixels") from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        raise DocumentRefused("broken") from None
    pixels.info.clear()  # comments, colour profiles, coordinates
    out = io.BytesIO()
    if kind == "PNG":
        pixels.save(out, "PNG", optimize=True)
        return CleanedDocument("image/png", out.getvalue())
    pixels.save(out, "JPEG", quality=90)
    return CleanedDocument("image/jpeg", out.getvalue())


# PDF -------------------------------------------------------------------------------------------


def _pdf(content: bytes) -> CleanedDocument:
    from pypdf import PdfReader
    from pypdf.errors import FileNotDecryptedError, LimitReachedError, PyPdfError

    from services.responses.documents.drawn_pdf import redraw

    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise DocumentRefused("locked")
        if len(reader.pages) > _MOST_PAGES:
            raise DocumentRefused("pages")
        texts = [page.extract_text() for page in reader.pages]
        if not texts:
            raise DocumentRefused("empty")
        redrawn = redraw(reader)
    except FileNotDecryptedError:
        raise DocumentRefused("locked") from None
    except (LimitReachedError, MemoryError, RecursionError):
        raise DocumentRefused("bomb") from None
    except (PyPdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, OSError):
        raise DocumentRefused("broken") from None  # pypdf raises all of these for malformed files
    return CleanedDocument("application/pdf", redrawn, len(texts), _plain("\n".join(texts)) or None)


# HTML ------------------------------------------------------------------------------------------

# Control characters of Unicode, except those that separate words and lines.
_CONTROL = re.compile("[\0-\x08\x0b\x0e-\x1b\x7f-\x84\x86-\x9f]")
_INLINE = {"strong", "em", "b", "i", "u", "sub", "sup", "q", "span"}
_BLOCKS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "div", "section", "article", "address"),
    *("ul", "ol", "li", "dl", "dt", "dd", "blockquote"),
    *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"),
}
_DROPPED = {"script", "style", "title", "template", "noscript", "textarea", "svg"}


def _html(content: bytes) -> CleanedDocument:
    import nh3

    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DocumentRefused("encoding") from None
    cleaned = nh3.clean(
        text.replace("\0", ""),
        tags=_BLOCKS | _INLINE,
        clean_content_tags=_DROPPED,
        attributes={},
    )
    body = _CONTROL.sub("", cleaned)  # character references are resolved now
    reader = _PlainText()
    reader.feed(body)
    reader.close()
    plain = _plain("".join(reader.parts))
    if not plain:
        raise DocumentRefused("empty")
    page = f'<!doctype html><html><head><meta charset="utf-8"></head><body>{body}</body></html>'
    return CleanedDocument("text/html", page.encode(), None, plain)


class _PlainText(HTMLParser):
    """Collects the text: one line for each block, with single blanks."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._end_line(tag)

    def handle_endtag(self, tag: str) -> None:
        self._end_line(tag)

    def handle_data(self, data: str) -> None:
        self.parts.append(re.sub(r"\s+", " ", data))

    def _end_line(self, tag: str) -> None:
        if tag not in _INLINE:
            self.parts.append("\n")


def _plain(text: str) -> str:
    """Trim lines; drop empty ones, control characters and characters PostgreSQL cannot store."""
    text = _CONTROL.sub("", text.encode(errors="replace").decode())
    lines = (re.sub(r"[^\S\n]+", " ", line).strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _clean_to_bytes(content: bytes, declared: str) -> bytes:
    """A line of JSON, then the cleaned file."""
    try:
        cleaned = clean_in_process(content, declared)
    except DocumentRefused as refused:
        return json.dumps({"refused": refused.reason}).encode() + b"\n"
    except MemoryError:
        return json.dumps({"refused": "bomb"}).encode() + b"\n"
    head = {"media_type": cleaned.media_type, "pages": cleaned.pages, "words": cleaned.words}
    return json.dumps(head).encode() + b"\n" + cleaned.content


if __name__ == "__main__":
    isolated_subprocess.main(_clean_to_bytes, sys.argv[1])
