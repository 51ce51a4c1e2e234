"""Normalisation of mail addresses that reach one mailbox, independent of registry's."""

import re

# Providers that document it: text after a plus is ignored, and so are these characters before it.
_DOMAINS = {
    "gmail.com": ("gmail.com", "."),
    "googlemail.com": ("gmail.com", "."),
    "icloud.com": ("icloud.com", ""),
    "me.com": ("icloud.com", ""),
    "mac.com": ("icloud.com", ""),
    "proton.me": ("proton.me", ".-_"),
    "protonmail.com": ("proton.me", ".-_"),
    "protonmail.ch": ("proton.me", ".-_"),
    "pm.me": ("proton.me", ".-_"),
    "fastmail.com": ("fastmail.com", ""),
    "fastmail.fm": ("fastmail.fm", ""),
}
_MICROSOFT = re.compile(
    r"(?:outlook|hotmail|live)\.(?:[a-z]{2,3}|co\.[a-z]{2}|com\.[a-z]{2})|msn\.com"
)


def mailbox(address: str) -> str:
    local, _, domain = address.strip().lower().rpartition("@")
    if domain in _DOMAINS:
        domain, ignored = _DOMAINS[domain]
    elif _MICROSOFT.fullmatch(domain):
        ignored = ""
    else:
        return f"{local}@{domain}"
    name = local.partition("+")[0]
    for sign in ignored:
        name = name.replace(sign, "")
    return f"{name or local}@{domain}"
