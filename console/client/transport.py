"""How the console speaks HTTP: no proxy of the environment, short to connect, checked certificates.

Loading certificate authorities takes longer than the first read, so it is done only where an
address asks for TLS; the context for plain addresses trusts nobody.
"""

import ssl

import httpx

TIMEOUT = httpx.Timeout(10, connect=2)


def open_client(*addresses: str, authority: str | None = None) -> httpx.AsyncClient:
    """A client for these base addresses.

    `authority`: certificates (PEM) of an authority of the administration's own, trusted beside the
    system's. Raises ssl.SSLError when they are none.
    """
    if any(address.startswith("https:") for address in addresses):
        context = ssl.create_default_context()
        if authority:
            context.load_verify_locations(cadata=authority)
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.AsyncClient(timeout=TIMEOUT, trust_env=False, verify=context)
