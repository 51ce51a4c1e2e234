"""From meanings to the theme's colours: the only place that maps a tone to a style."""

from textual.content import Content

from console.data.said import Said, Tone

_STYLES: dict[Tone, str] = {
    "": "",
    "dim": "$foreground 60%",
    "strong": "bold",
    "attention": "$warning",
    "trouble": "$error",
    "done": "$success",
}
LINE = "$accent"


def content(*parts: str | Said | Content, stale: bool = False) -> Content:
    """One run of text; what may be old is dimmed, never hidden."""
    runs = []
    for part in parts:
        if isinstance(part, Content):
            runs.append(part)
        else:
            said = Said(part) if isinstance(part, str) else part
            style = _STYLES["dim" if stale else said.tone]
            runs.append(Content.styled(said.text, style) if style else Content(said.text))
    whole = Content("").join(runs)
    return whole.stylize_before("$foreground 60%") if stale else whole


def sparkline(text: str, stale: bool = False) -> Content:
    return Content.styled(text, _STYLES["dim"] if stale else LINE)


def key(sign: str) -> Content:
    return Content.styled(sign, "bold $accent")
