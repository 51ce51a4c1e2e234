"""The tree of RFC 6962: reference vectors of Certificate Transparency, and the RFC's own recursive
definition as a second implementation."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.journal.rules.merkle import EMPTY_ROOT, Frontier, leaf_hash

# Certificate Transparency's reference inputs, and the root of the first 0, 1, 2… of them.
INPUTS = (
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def rfc_root(entries: list[bytes]) -> bytes:
    """MTH(D[n]) of RFC 6962 §2.1, word for word."""
    n = len(entries)
    if n == 0:
        return sha256().digest()
    if n == 1:
        return sha256(b"\x00" + entries[0]).digest()
    k = 1
    while k * 2 < n:
        k *= 2
    left_root, right = rfc_root(entries[:k]), rfc_root(entries[k:])
    return sha256(b"\x01" + left_root + right).digest()


def grown(entries: list[bytes]) -> Frontier:
    tree = Frontier()
    tree.extend(leaf_hash(entry) for entry in entries)
    return tree


@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    assert grown([bytes.fromhex(entry) for entry in INPUTS[:size]]).root().hex() == ROOTS[size]


def test_an_empty_journal_has_the_root_of_nothing() -> None:
    assert Frontier().root() == EMPTY_ROOT == bytes.fromhex(ROOTS[0])


@given(st.lists(st.binary(max_size=40), max_size=70))
def test_a_tree_grown_leaf_by_leaf_is_the_tree_of_the_rfc(entries: list[bytes]) -> None:
    assert grown(entries).root() == rfc_root(entries)


@given(st.lists(st.binary(max_size=8), max_size=70), st.integers(0, 70))
def test_a_tree_goes_on_from_what_was_stored_of_it(entries: list[bytes], at: int) -> None:
    stored = grown(entries[:at])
    tree = Frontier(stored.size, stored.roots)
    tree.extend(leaf_hash(entry) for entry in entries[at:])
    assert (tree.size, tree.root(), tree.roots) == (
        len(entries),
        grown(entries).root(),
        grown(entries).roots,
    )


@pytest.mark.parametrize(("size", "bytes_"), [(1, 0), (3, 32), (2, 64), (0, 32), (-1, 32)])
def test_a_frontier_of_another_size_is_refused(size: int, bytes_: int) -> None:
    with pytest.raises(ValueError, match="frontier"):
        Frontier(size, bytes(bytes_))
