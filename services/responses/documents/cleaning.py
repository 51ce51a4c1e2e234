"""Documents to test, made safe to show and free of what they say about their makers.

`clean` runs in a process of its own with little memory and little time: a file made to explode, or
to break a parser, harms nothing that holds a key or an answer. What comes out was written anew:
images from their pixels, PDFs from their pages (no metadata, scripts, attachments or actions, nor
what cameras say in the images inside), HTML from a short list of elements without attributes.
"""

import io
import json
import re
import sys
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from services.responses.documents import isolated_subprocess as apart
from services.runtime.refusal import Refusal
from services.runtime.text import Text

LARGEST_BYTES = 10_000_000
_MOST_PAGES = 60
_MOST_PIXELS = 40_000_000
_MOST_CHARACTERS = 500_000
_SECONDS = apart.SECONDS
_MEMORY_BYTES = apart.MEMORY_BYTES

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
class Cleaned:
    """`words` is the plain text that passages count in; None where there is none."""

    media_type: str
    content: bytes
    pages: int | None = None
    words: str | None = None


async def clean(content: bytes, declared: str) -> Cleaned:
    """`declared` is the media type that came with it, believed for HTML alone.

    Raises DocumentRefused.
    """
    if len(content) > LARGEST_BYTES:
        raise DocumentRefused("large")
    try:
        answered = await apart.run(__name__, declared, content, _SECONDS)
    except apart.Exploded:
        raise DocumentRefused("bomb") from None
    head, _, cleaned = answered.partition(b"\n")
    said: dict[str, Any] = json.loads(head)
    if "refused" in said:
        raise DocumentRefused(said["refused"])
    return Cleaned(content=cleaned, **said)


def clean_here(content: bytes, declared: str) -> Cleaned:
    """The same in this process, for content that is trusted not to explode.

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


def _image(content: bytes) -> Cleaned:
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
    pixels.info.clear()  # comments, profiles, places
    out = io.BytesIO()
    if kind == "PNG":
        pixels.save(out, "PNG", optimize=True)
        return Cleaned("image/png", out.getvalue())
    pixels.save(out, "JPEG", quality=90)
    return Cleaned("image/jpeg", out.getvalue())


# PDF -------------------------------------------------------------------------------------------


def _pdf(content: bytes) -> Cleaned:
    from pypdf import PdfReader
    from pypdf.errors import FileNotDecryptedError, LimitReachedError, PyPdfError

    from services.responses.documents.drawn_pdf import drawn

    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise DocumentRefused("locked")
        if len(reader.pages) > _MOST_PAGES:
            raise DocumentRefused("pages")
        texts = [page.extract_text() for page in reader.pages]
        if not texts:
            raise DocumentRefused("empty")
        made = drawn(reader)
    except FileNotDecryptedError:
        raise DocumentRefused("locked") from None
    except (LimitReachedError, MemoryError, RecursionError):
        raise DocumentRefused("bomb") from None
    except (PyPdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, OSError):
        raise DocumentRefused("broken") from None  # a parser that meets nonsense says it many ways
    return Cleaned("application/pdf", made, len(texts), _plain("\n".join(texts)) or None)


# HTML ------------------------------------------------------------------------------------------

# Of Unicode's control characters a text needs only those between words and lines.
_CONTROL = re.compile("[\0-\x08\x0b\x0e-\x1b\x7f-\x84\x86-\x9f]")
_INLINE = {"strong", "em", "b", "i", "u", "sub", "sup", "q", "span"}
_BLOCKS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "div", "section", "article", "address"),
    *("ul", "ol", "li", "dl", "dt", "dd", "blockquote"),
    *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"),
}
_DROPPED = {"script", "style", "title", "template", "noscript", "textarea", "svg"}


def _html(content: bytes) -> Cleaned:
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
    body = _CONTROL.sub("", cleaned)  # references to characters are characters now
    reader = _Words()
    reader.feed(body)
    reader.close()
    plain = _plain("".join(reader.found))
    if not plain:
        raise DocumentRefused("empty")
    page = f'<!doctype html><html><head><meta charset="utf-8"></head><body>{body}</body></html>'
    return Cleaned("text/html", page.encode(), None, plain)


class _Words(HTMLParser):
    """A line for each block; inside a line, blanks are one."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._end_line(tag)

    def handle_endtag(self, tag: str) -> None:
        self._end_line(tag)

    def handle_data(self, data: str) -> None:
        self.found.append(re.sub(r"\s+", " ", data))

    def _end_line(self, tag: str) -> None:
        if tag not in _INLINE:
            self.found.append("\n")


def _plain(text: str) -> str:
    """Lines without blanks at their ends, no empty ones, nothing that acts on a terminal or that
    PostgreSQL cannot keep."""
    text = _CONTROL.sub("", text.encode(errors="replace").decode())
    lines = (re.sub(r"[^\S\n]+", " ", line).strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _answer(content: bytes, declared: str) -> bytes:
    try:
        cleaned = clean_here(content, declared)
    except DocumentRefused as refused:
        return json.dumps({"refused": refused.reason}).encode() + b"\n"
    except MemoryError:
        return json.dumps({"refused": "bomb"}).encode() + b"\n"
    head = {"media_type": cleaned.media_type, "pages": cleaned.pages, "words": cleaned.words}
    return json.dumps(head).encode() + b"\n" + cleaned.content


if __name__ == "__main__":
    apart.answer(_answer, sys.argv[1])
