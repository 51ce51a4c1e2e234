"""Texts as cells of a table: what begins like a formula stays a text in every spreadsheet."""

# OWASP, CSV injection; the wide forms are formulas to some programs too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(text: str) -> str:
    """CSV has no types: an apostrophe says that it is a text."""
    return f"'{text}" if text.startswith(_FORMULA) else text
