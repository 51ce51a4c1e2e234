"""E-mail addresses: normalisation, and the mailbox that an address reaches.

Domains are encoded by IDNA 2008 (UTS 46, non-transitional). Python's own codec is IDNA 2003, which
turns one registered domain into another, so that a link would reach a stranger.
"""

import re
import unicodedata

import idna

_LOCAL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
_LONGEST = 320
_BETWEEN_ADDRESSES = re.compile(r"[\s,;|/]|\bet\b|\bou\b|\band\b|\bor\b")
_AROUND_AN_ADDRESS = re.compile(r"[<>()\[\]]|^mailto:|^smtp:", re.IGNORECASE)

# Invisible characters, copied from messengers, office programs and web pages.
# Joiners (U+200C, U+200D) between letters of scripts that spell with them are letters: without them
# a domain is another one.
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
    "|(?<![\u0600-\u1aff])[\u200c\u200d]|[\u200c\u200d](?![\u0600-\u1aff])"
)


class AddressRefused(Exception):
    """A text is not exactly one address; `code` is a key of REASONS."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def parse_address(cell: str) -> str:
    """The normalised address of a cell: lower case, the domain in ASCII.

    Invisible characters, blanks around, a dot at the end and the apostrophe that marks a text in
    spreadsheets are dropped, as none belongs to an address. Raises AddressRefused.
    """
    text = unicodedata.normalize("NFC", INVISIBLE.sub("", cell)).strip()
    if text.startswith("'"):
        text = text[1:].removesuffix("'").strip()
    if not text:
        raise AddressRefused("email_missing")
    if len(text) > _LONGEST:
        raise AddressRefused("email_invalid")
    if text.count("@") > 1 and _BETWEEN_ADDRESSES.search(text):
        raise AddressRefused("email_several")
    if "@" in text and _AROUND_AN_ADDRESS.search(text):
        raise AddressRefused("email_decorated")
    local, at, domain = text.rpartition("@")
    local = local.lower()
    if at and local and not local.isascii():
        raise AddressRefused("email_local_not_ascii")
    if not at or ".." in local or local.startswith(".") or local.endswith("."):
        raise AddressRefused("email_invalid")
    domain = _ascii_domain(domain.removesuffix("."))
    if not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise AddressRefused("email_invalid")
    return f"{local}@{domain}"


def _ascii_domain(domain: str) -> str:
    if domain.isascii() and "xn--" not in domain.lower():
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True, std3_rules=True).decode().lower()
    except UnicodeError as error:
        raise AddressRefused("email_domain_invalid") from error


def normalised(address: str) -> str | None:
    """The normalised address; None if the text is none."""
    try:
        return parse_address(address)
    except AddressRefused:
        return None


_GOOGLE = frozenset({"gmail.com", "googlemail.com"})
_APPLE = frozenset({"icloud.com", "me.com", "mac.com"})
_PROTON = frozenset({"proton.me", "protonmail.com", "protonmail.ch", "pm.me"})
_FASTMAIL = frozenset({"fastmail.com", "fastmail.fm"})
_MICROSOFT = re.compile(
    r"(?:outlook|hotmail|live)\.(?:[a-z]{2,3}|co\.[a-z]{2}|com\.[a-z]{2})|msn\.com"
)


def mailbox(address: str) -> str:
    """The mailbox that a normalised address reaches, as its provider documents it.

    Folded only where two spellings can never be two people: see decision 0025.
    """
    local, _, domain = address.rpartition("@")
    if domain in _GOOGLE:
        return _fold(local, domain="gmail.com", ignored=".")
    if domain in _APPLE:
        return _fold(local, domain="icloud.com")
    if domain in _PROTON:
        return _fold(local, domain="proton.me", ignored=".-_")
    if domain in _FASTMAIL or _MICROSOFT.fullmatch(domain):
        return _fold(local, domain=domain)
    return address


def _fold(local: str, *, domain: str, ignored: str = "") -> str:
    name = local.partition("+")[0].translate(dict.fromkeys(map(ord, ignored)))
    return f"{name or local}@{domain}"
