"""Convert the HTML that other tools put into questions to plain text, and list what is lost.

One pass: each character is examined a bounded number of times, whatever the input. A tag is an
element of HTML, or a name with a colon or a hyphen, as Word and web components write; any other `<`
is a typed character.
"""

import html
import re
from dataclasses import dataclass, field
from typing import Literal

Loss = Literal["script", "picture", "link", "embedded"]

_TAG = re.compile(r"</?([A-Za-z][\w:.-]*)")
_QUOTE = re.compile(r"=\s{0,9}([\"'])")
_COMMENT_END = re.compile(r"--!?>")
_ATTRIBUTE_SCRIPT = re.compile(r"\son[a-z]{1,30}\s*=|javascript:", re.IGNORECASE)
# All but line breaks and tabs.
_CONTROL = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_BLANKS = re.compile(r"\s+")


def names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Elements whose content is not text.
_DROPPED = names(
    """
    script style xml template title head noscript svg math textarea select object
    """
)
_XML = frozenset(("svg", "math", "xml"))  # only here does a slash end an element
_LINES = names(
    """
    address article aside blockquote br caption center dd details div dl dt fieldset
    figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section
    summary table tbody td tfoot th thead tr ul
    """
)
_INLINE = names(
    """
    a abbr acronym area b base basefont bdi bdo big body button cite code col colgroup data
    del dfn dir em font frame frameset html i ins kbd label legend link map mark marquee
    menu meta meter nobr optgroup option output param progress q rp rt ruby s samp slot
    small source span strike strong sub sup time track tt u var wbr
    """
)
_LOSSES: dict[str, Loss] = {
    "script": "script",
    "img": "picture",
    "picture": "picture",
    "svg": "picture",
    "image": "picture",
    "math": "embedded",
    "a": "link",
    "audio": "embedded",
    "video": "embedded",
    "iframe": "embedded",
    "object": "embedded",
    "embed": "embedded",
    "applet": "embedded",
    "canvas": "embedded",
    "input": "embedded",
    "select": "embedded",
    "textarea": "embedded",
}
_ELEMENTS = _DROPPED | _LINES | _INLINE | frozenset(_LOSSES) | {"!doctype"}


@dataclass
class Plain:
    text: str
    losses: set[Loss] = field(default_factory=set)


# Editors escape pasted markup as text: it comes out of the first pass as markup.
_PASTED = re.compile(r"<!--|<!\[|</?(?:script|style|xml|(?:o|v|w|m|st1):[a-z])", re.IGNORECASE)


def plain(markup: str) -> Plain:
    first = _plain(markup)
    if not _PASTED.search(first.text):
        return first
    second = _plain(first.text)
    return Plain(second.text, first.losses | second.losses)


def _plain(markup: str) -> Plain:
    if "<" not in markup:
        return Plain(_tidy(html.unescape(markup)))
    reader = _Reader(markup)
    reader.parse()
    return Plain(_tidy("".join(reader.parts)), reader.losses)


class _Reader:
    def __init__(self, markup: str) -> None:
        self.parts: list[str] = []
        self.losses: set[Loss] = set()
        self._markup = markup
        self._lower = markup.lower() if markup.isascii() else _ascii_lower(markup)
        # The position from which a character is known to be missing, to avoid searching again.
        self._missing: dict[str, int] = {}
        self._quotes_close = True

    def parse(self) -> None:
        position, markup = 0, self._markup
        while (start := markup.find("<", position)) >= 0:
            self._text(position, start)
            position = self._behind(start)
            if position == start:  # a typed character
                self.parts.append("<")
                position += 1
        self._text(position, len(markup))

    def _text(self, start: int, end: int) -> None:
        self.parts.append(html.unescape(self._markup[start:end]))

    def _behind(self, start: int) -> int:
        """The position behind the tag or comment at `start`; `start` if there is none."""
        markup = self._markup
        if markup.startswith("<!--", start):
            return self._behind_comment(start)
        if markup.startswith(("<!", "<?"), start):
            end = self._find(">", start)
            return start if end < 0 else end + 1
        tag = _TAG.match(markup, start)
        if tag is None:
            return start
        name = tag[1].lower()
        if name not in _ELEMENTS and ":" not in name and "-" not in name:
            return start
        end = self._end_of_tag(tag.end())
        if end < 0:
            return start
        closing = markup[start + 1] == "/"
        if not closing:
            self._lose(name, tag.end(), end)
        if name in _LINES:
            self.parts.append("\n")
        alone = name in _XML and markup[end - 2] == "/"
        if name in _DROPPED and not closing and not alone:
            return self._behind_element(name, end)
        return end

    def _behind_comment(self, start: int) -> int:
        for empty in ("<!-->", "<!--->"):
            if self._markup.startswith(empty, start):
                return start + len(empty)
        end = _COMMENT_END.search(self._markup, start + 4)
        return end.end() if end else len(self._markup)

    def _behind_element(self, name: str, start: int) -> int:
        """Behind the closing tag, or the end of the text if it is missing, as browsers do."""
        closing = self._find(f"</{name}", start)
        if closing < 0:
            return len(self._markup)
        end = self._find(">", closing)
        return len(self._markup) if end < 0 else end + 1

    def _end_of_tag(self, position: int) -> int:
        """Behind the tag's `>` outside of quoted values; -1 if there is none."""
        end = first = self._find(">", position)
        while self._quotes_close and end >= 0:
            quote = _QUOTE.search(self._markup, position, end)
            if quote is None:
                return end + 1
            closing = self._find(quote[1], quote.end())
            position = closing + 1
            end = self._find(">", position) if closing >= 0 else -1
            if end < 0:  # an unclosed quote: ignore quotes from here on
                self._quotes_close = False
        return first + 1 if first >= 0 else -1

    def _find(self, sought: str, start: int) -> int:
        if start >= self._missing.get(sought, len(self._markup) + 1):
            return -1
        index = self._lower.find(sought, start)
        if index < 0:
            self._missing[sought] = start
        return index

    def _lose(self, name: str, start: int, end: int) -> None:
        if name in _LOSSES:
            self.losses.add(_LOSSES[name])
        if _ATTRIBUTE_SCRIPT.search(self._markup, start - 1, min(end, start + 2_000)):
            self.losses.add("script")


def _ascii_lower(text: str) -> str:
    """Lower case of the same length: some letters become two with `str.lower`."""
    return text.translate({code: code + 32 for code in range(ord("A"), ord("Z") + 1)})


def _tidy(text: str) -> str:
    """Trim lines, and drop empty ones and control characters."""
    lines = (_BLANKS.sub(" ", line).strip() for line in _CONTROL.sub(" ", text).splitlines())
    return "\n".join(line for line in lines if line)
