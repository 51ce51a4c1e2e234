"""From meanings to the theme's colours: the only place that maps a tone to a style.

Words become `Content` here, so that no markup is parsed in them and no character of theirs acts.
"""

from textual.content import Content

from console.presenters.styled_text import Phrase, Tone
from services.contracts.characters import shown

_STYLES: dict[Tone, str] = {
    "": "",
    "dim": "$foreground 60%",
    "strong": "bold",
    "attention": "$warning",
    "trouble": "$error",
    "done": "$success",
}
LINE = "$accent"


def content(*parts: str | Phrase | Content, stale: bool = False) -> Content:
    """One run of text; what may be old is dimmed, never hidden."""
    runs = []
    for part in parts:
        if isinstance(part, Content):
            runs.append(part)
        else:
            phrase = Phrase(part) if isinstance(part, str) else part
            style, text = _STYLES["dim" if stale else phrase.tone], shown(phrase.text)
            runs.append(Content.styled(text, style) if style else Content(text))
    whole = Content("").join(runs)
    return whole.stylize_before("$foreground 60%") if stale else whole


def sparkline(text: str, stale: bool = False) -> Content:
    return Content.styled(text, _STYLES["dim"] if stale else LINE)


def key(sign: str) -> Content:
    return Content.styled(sign, "bold $accent")
