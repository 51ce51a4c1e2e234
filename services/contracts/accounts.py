"""Public code of a staff account at the sign-in service.

A mandate names its decision maker by this code, as names are not unique and can be typed in several
ways. The code does not reveal the issuer's subject; a subject that can be guessed, such as a login
name, can be checked against it, which reveals no more than the name beside it.
"""

from hashlib import sha256

CODE_FORM = "[0-9a-f]{32}"


def account_code(issuer: str, subject: str) -> str:
    """The first 16 bytes of a SHA-256 over purpose, issuer and subject, in hexadecimal.

    The issuer is its address exactly as tokens give it in `iss`."""
    return sha256(f"decision-maker\n{issuer}\n{subject}".encode()).digest()[:16].hex()
