"""Keyboard input: characters as the terminal makes them, any bytes.

Imported before Textual's application, whose settings are read once.
"""

import os
import sys
from codecs import IncrementalDecoder, getincrementaldecoder


def prepare_keyboard() -> None:
    """Ask for characters rather than for keys, and let no byte end the console.

    Under the kitty protocol some terminals report AltGr as Alt and a key, without the character:
    on a French keyboard @ # [ ] { } \\ could not be typed. No shortcut here needs that protocol.
    """
    os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")
    if sys.platform == "win32":
        return
    from textual.drivers import linux_driver

    # It decodes strict UTF-8: one byte of an older terminal would be a traceback.
    linux_driver.getincrementaldecoder = _decoder  # type: ignore[attr-defined,assignment]


def _decoder(_encoding: str) -> "_Lenient":
    return _Lenient((sys.__stdin__ and sys.__stdin__.encoding) or "utf-8")


class _Lenient:
    """The terminal's encoding; a byte that it does not have becomes the sign for that."""

    def __init__(self, encoding: str) -> None:
        ascii_too = encoding.lower().replace("-", "").startswith(("utf", "ascii", "ansi_x3"))
        self._encoding = "utf-8" if ascii_too else encoding

    def __call__(self) -> IncrementalDecoder:
        return getincrementaldecoder(self._encoding)("replace")
