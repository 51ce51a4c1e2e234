"""Nobody can link a signature to its request; nobody gets one that the key's owner did not give."""

import json
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gmpy2
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import RSAKey

from services.runtime.crypto.blind_rsa import (
    KeyUnusable,
    PrivateKey,
    PublicKey,
    Request,
    RequestDamaged,
    SignatureRefused,
    SigningFault,
    blind,
    echo_from_seed,
    finalize,
    prepare,
    request_from_seed,
)
from services.runtime.crypto.raw_rsa import RawKey

VECTORS = Path(__file__).parents[3] / "vectors"
RFC: dict[str, Any] = json.loads((VECTORS / "rfc9474.json").read_text())
PEER: dict[str, Any] = json.loads((VECTORS / "blindrsa-ts.json").read_text())
SEED = bytes(range(32))
# HKDF-SHA-384 of the seed, salted with the thumbprint of the peer's key.
ECHO = "3ea262a7527aa71bed1849376eef2c35"


@pytest.fixture(scope="module")
def signer() -> PrivateKey:
    return PrivateKey.generate()


@pytest.fixture(scope="module")
def stranger() -> PrivateKey:
    return PrivateKey.generate()


@pytest.fixture(scope="module")
def rfc_key() -> rsa.RSAPrivateKey:
    n, p, q, d, e = (int(RFC["key"][name], 16) for name in "npqde")
    return rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), rsa.RSAPublicNumbers(e, n)
    ).private_key()


def test_every_value_of_the_rfc_is_reproduced(rfc_key: rsa.RSAPrivateKey) -> None:
    signer = PrivateKey(rfc_key)
    for vector in RFC["vectors"]:
        message, prefix, prepared, salt, blinded, blind_signature, signature = (
            bytes.fromhex(vector[name])
            for name in (
                "msg",
                "msg_prefix",
                "input_msg",
                "salt",
                "blinded_msg",
                "blind_sig",
                "sig",
            )
        )
        # The variant without randomiser differs in this step only.
        assert (prepare(message, prefix) if prefix else message) == prepared
        factor = pow(int(vector["inv"], 16), -1, signer.public.modulus)
        request = blind(signer.public, prepared, salt, factor)
        assert request == Request(prepared, blinded, int(vector["inv"], 16))
        assert signer.blind_sign(blinded) == blind_signature
        assert finalize(signer.public, request, blind_signature) == signature


def test_an_independent_implementation_is_understood_and_understands() -> None:
    signer = PrivateKey.from_der(bytes.fromhex(PEER["key_pkcs8"]))
    public = PublicKey.from_jwk(PEER["jwk"])
    assert public == signer.public
    for vector in PEER["requests_of_the_peer"]:
        assert (
            signer.blind_sign(bytes.fromhex(vector["blinded"])).hex() == vector["blind_signature"]
        )
        public.verify(bytes.fromhex(vector["prepared"]), bytes.fromhex(vector["signature"]))
    for vector in PEER["requests_of_ours_signed_by_the_peer"]:
        request = request_from_seed(bytes.fromhex(vector["seed"]), public)
        assert request.blinded.hex() == vector["blinded"]
        signature = finalize(public, request, bytes.fromhex(vector["blind_signature"]))
        assert signature.hex() == vector["signature"]


def test_an_echo_is_the_same_for_one_seed_and_key_and_shares_nothing_with_the_request() -> None:
    public = PublicKey.from_jwk(PEER["jwk"])
    echo = echo_from_seed(SEED, public)
    assert echo.hex() == ECHO
    request = request_from_seed(SEED, public)
    assert echo not in request.prepared + request.blinded
    assert echo_from_seed(bytes(32), public) != echo
    with pytest.raises(ValueError, match="32 bytes"):
        echo_from_seed(b"short", public)


def test_the_bare_operations_agree_with_pow(rfc_key: rsa.RSAPrivateKey) -> None:
    key, numbers = RawKey(rfc_key), rfc_key.private_numbers()
    modulus, exponent = numbers.public_numbers.n, numbers.public_numbers.e
    for number in (1, 2, modulus - 2, *(secrets.randbelow(modulus - 1) + 1 for _ in range(3))):
        assert key.private(number) == pow(number, numbers.d, modulus)
        assert key.public(number) == pow(number, exponent, modulus)


def test_other_threads_run_while_one_signs() -> None:
    """Pins gmpy2: the event loop must not wait for a signature."""
    modulus = gmpy2.mpz((1 << 12_000) - 1)  # long enough to take turns meanwhile

    def exponentiate() -> None:
        with gmpy2.context(allow_release_gil=True):
            gmpy2.powmod_sec(3, modulus - 1, modulus)

    thread = threading.Thread(target=exponentiate)
    thread.start()
    turns = 0
    while thread.is_alive():
        thread.join(0.001)
        turns += 1
    assert turns > 10


def test_several_threads_sign_with_one_key(signer: PrivateKey) -> None:
    requests = [request_from_seed(bytes([i]) * 32, signer.public) for i in range(12)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(signer.blind_sign, [request.blinded for request in requests]))
    for request, answer in zip(requests, answers, strict=True):
        finalize(signer.public, request, answer)


def test_a_key_read_again_gives_the_same_signatures(signer: PrivateKey) -> None:
    request = request_from_seed(SEED, signer.public)
    reloaded = PrivateKey.from_der(signer.der())
    assert reloaded.blind_sign(request.blinded) == signer.blind_sign(request.blinded)


def test_a_number_that_is_not_below_the_modulus_is_an_error(rfc_key: rsa.RSAPrivateKey) -> None:
    key = RawKey(rfc_key)
    for number in (0, rfc_key.public_key().public_numbers().n):
        with pytest.raises(ValueError, match="below the modulus"):
            key.private(number)
    assert key.public(key.private(42)) == 42


def test_the_same_seed_gives_the_same_request_and_the_same_signature(signer: PrivateKey) -> None:
    first, second = (request_from_seed(SEED, signer.public) for _ in range(2))
    assert first == second
    assert signer.blind_sign(first.blinded) == signer.blind_sign(second.blinded)


@settings(max_examples=15, deadline=None)
@given(seed=st.binary(min_size=32, max_size=32))
def test_any_seed_gives_a_signature_that_verifies(signer: PrivateKey, seed: bytes) -> None:
    request = request_from_seed(seed, signer.public)
    signature = finalize(signer.public, request, signer.blind_sign(request.blinded))
    signer.public.verify(request.prepared, signature)


def test_one_seed_with_two_keys_gives_unrelated_messages(
    signer: PrivateKey, stranger: PrivateKey
) -> None:
    mine, foreign = (request_from_seed(SEED, key.public) for key in (signer, stranger))
    assert mine.prepared[:32] != foreign.prepared[:32]
    assert mine.prepared[32:] != foreign.prepared[32:]


def test_any_request_could_have_led_to_any_signature(signer: PrivateKey) -> None:
    """For each pair of a request and a signature there is a blinding factor that explains it.

    The factor of a false pair is as good as the true one's: nothing that the signer saw favours
    one. This is the reason why matching cannot beat chance, here checked by computing it.
    """
    modulus, exponent = signer.public.modulus, signer.public.exponent
    requests = [request_from_seed(secrets.token_bytes(32), signer.public) for _ in range(3)]
    answers = [signer.blind_sign(request.blinded) for request in requests]
    presented = [
        finalize(signer.public, request, answer)
        for request, answer in zip(requests, answers, strict=True)
    ]
    for request, answer in zip(requests, answers, strict=True):
        for signature in presented:
            plain = int.from_bytes(signature, "big")
            factor = int.from_bytes(answer, "big") * pow(plain, -1, modulus) % modulus
            blinded = pow(plain, exponent, modulus) * pow(factor, exponent, modulus) % modulus
            assert blinded.to_bytes(signer.public.size, "big") == request.blinded


def test_a_signature_says_nothing_of_the_request(signer: PrivateKey) -> None:
    request = request_from_seed(SEED, signer.public)
    answer = signer.blind_sign(request.blinded)
    signature = finalize(signer.public, request, answer)
    signer_view = request.blinded + answer
    verifier_view = request.prepared + signature
    assert not any(verifier_view[i : i + 6] in signer_view for i in range(len(verifier_view) - 5))


@pytest.mark.parametrize("part", ["prepared", "signature"])
def test_one_changed_bit_is_refused(signer: PrivateKey, part: str) -> None:
    request = request_from_seed(SEED, signer.public)
    signature = finalize(signer.public, request, signer.blind_sign(request.blinded))
    size = len(request.prepared if part == "prepared" else signature)
    for bit in range(0, 8 * size, 7):
        flip = (1 << bit).to_bytes(size, "big")
        prepared, changed = request.prepared, signature
        if part == "prepared":
            prepared = _xor(prepared, flip)
        else:
            changed = _xor(changed, flip)
        with pytest.raises(SignatureRefused):
            signer.public.verify(prepared, changed)


def test_another_keys_signature_is_refused(signer: PrivateKey, stranger: PrivateKey) -> None:
    """The other project's credential; also a signer that gives each member a key of their own."""
    request = request_from_seed(SEED, signer.public)
    with pytest.raises(SignatureRefused):
        finalize(signer.public, request, stranger.blind_sign(_below(stranger, request.blinded)))
    foreign = request_from_seed(SEED, stranger.public)
    signature = finalize(stranger.public, foreign, stranger.blind_sign(foreign.blinded))
    with pytest.raises(SignatureRefused):
        signer.public.verify(foreign.prepared, signature)


@pytest.mark.parametrize("length", [0, 1, 383, 385])
def test_a_signature_of_another_length_is_refused(signer: PrivateKey, length: int) -> None:
    request = request_from_seed(SEED, signer.public)
    signature = finalize(signer.public, request, signer.blind_sign(request.blinded))
    other = signature[:length].ljust(length, b"\0")
    with pytest.raises(SignatureRefused):
        signer.public.verify(request.prepared, other)
    with pytest.raises(SignatureRefused):
        finalize(signer.public, request, other)


def test_a_signature_has_one_way_to_be_written(signer: PrivateKey) -> None:
    request = request_from_seed(SEED, signer.public)
    signature = finalize(signer.public, request, signer.blind_sign(request.blinded))
    larger = int.from_bytes(signature, "big") + signer.public.modulus
    for encoded in (larger.to_bytes(385, "big"), (larger % (1 << 3072)).to_bytes(384, "big")):
        with pytest.raises(SignatureRefused):
            signer.public.verify(request.prepared, encoded)


def test_damaged_requests_are_not_signed(signer: PrivateKey) -> None:
    modulus = signer.public.modulus
    numbers = [0, 1, modulus - 1, modulus, modulus + 2, (1 << 3072) - 1]
    blinded = [number.to_bytes(384, "big") for number in numbers]
    for damaged in [*blinded, b"", b"\x02", bytes(383), bytes(385), bytes(4096)]:
        with pytest.raises(RequestDamaged) as refused:
            signer.blind_sign(damaged)
        assert refused.value.message("fr") != refused.value.message("en")


def test_a_faulty_signature_never_leaves(signer: PrivateKey) -> None:
    class Faulty(RawKey):
        def private(self, number: int) -> int:
            return super().private(number) ^ 1

    broken = PrivateKey.from_der(signer.der())
    broken._raw = Faulty(broken._key)
    with pytest.raises(SigningFault):
        broken.blind_sign(request_from_seed(SEED, signer.public).blinded)


def test_values_out_of_range_are_programming_errors(signer: PrivateKey) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        request_from_seed(bytes(31), signer.public)
    with pytest.raises(ValueError, match="32 bytes"):
        prepare(b"message", bytes(31))
    for salt, factor in ((bytes(47), 5), (bytes(48), 0), (bytes(48), signer.public.modulus)):
        with pytest.raises(ValueError, match="out of range"):
            blind(signer.public, bytes(64), salt, factor)


def test_a_key_is_read_back_from_its_jwk_and_named_by_rfc_7638(signer: PrivateKey) -> None:
    assert PublicKey.from_jwk(signer.public.jwk) == signer.public
    assert signer.public.fingerprint == RSAKey.import_key({**signer.public.jwk}).thumbprint()
    assert PublicKey.from_jwk({**signer.public.jwk, "kid": "x"}) == signer.public


@pytest.mark.parametrize(
    "change",
    [
        {"kty": "EC"},
        {"kty": None},
        {"e": "Aw"},
        {"e": "AAEAAQ"},
        {"n": "AQAB"},
        {"n": ""},
        {"n": "%"},
        {"n": 7},
    ],
)
def test_unsound_keys_are_refused(signer: PrivateKey, change: dict[str, Any]) -> None:
    with pytest.raises(KeyUnusable):
        PublicKey.from_jwk({**signer.public.jwk, **change})


def test_a_key_has_one_way_to_be_written(signer: PrivateKey) -> None:
    with pytest.raises(KeyUnusable):
        PublicKey.from_jwk({**signer.public.jwk, "n": signer.public.jwk["n"] + "="})


def test_short_and_foreign_private_keys_are_refused() -> None:
    short = rsa.generate_private_key(65537, 2048)
    with pytest.raises(KeyUnusable):
        PrivateKey(short)
    foreign = ed25519.Ed25519PrivateKey.generate()
    for der in (
        foreign.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        b"not a key",
    ):
        with pytest.raises(KeyUnusable):
            PrivateKey.from_der(der)


def _xor(first: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(first, right, strict=True))


def _below(signer: PrivateKey, blinded: bytes) -> bytes:
    number = int.from_bytes(blinded, "big") % signer.public.modulus
    return number.to_bytes(signer.public.size, "big")
