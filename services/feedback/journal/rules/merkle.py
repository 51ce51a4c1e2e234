"""The Merkle tree of RFC 6962 and RFC 9162, grown leaf by leaf.

A leaf is SHA-256(0x00 ‖ entry), a node SHA-256(0x01 ‖ left ‖ right). The roots of the
complete subtrees, largest first, fully describe a tree that only grows: the *frontier*, with one
root for each bit of its size. An append needs nothing else, however long the journal is.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256().digest()


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry).digest()


class Frontier:
    """A tree of `size` leaves. Raises ValueError when `roots` are not those of such a size."""

    def __init__(self, size: int = 0, roots: bytes = b"") -> None:
        if size < 0 or len(roots) != size.bit_count() * HASH_BYTES:
            raise ValueError(f"{len(roots)} bytes are not the frontier of {size} leaves")
        self.size = size
        self._roots = [roots[at : at + HASH_BYTES] for at in range(0, len(roots), HASH_BYTES)]

    @property
    def roots(self) -> bytes:
        """The stored form: all hashes in one string, the largest subtree first."""
        return b"".join(self._roots)

    def append(self, leaf: bytes) -> None:
        """Add a leaf hash; joins as many subtrees as the binary size has ones at its end."""
        roots, size, node = self._roots, self.size, leaf
        while size & 1:
            node = sha256(b"\x01" + roots.pop() + node).digest()
            size >>= 1
        roots.append(node)
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        for leaf in leaves:
            self.append(leaf)

    def root(self) -> bytes:
        return _folded(self._roots)


def _folded(roots: Sequence[bytes]) -> bytes:
    if not roots:
        return EMPTY_ROOT
    *larger, node = roots
    for sibling in reversed(larger):
        node = sha256(b"\x01" + sibling + node).digest()
    return node
