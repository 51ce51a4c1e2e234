"""The device computes the same bytes as the RFC and the services."""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from services.runtime.crypto.blind_rsa import (
    PrivateKey,
    echo_from_seed,
    finalize,
    request_from_seed,
)
from tests.browser.chromium import FLAGS, site

ROOT = Path(__file__).parents[2]
CREDENTIAL = ROOT / "services/responses/submissions/static/credential.js"
RFC: dict[str, Any] = json.loads((ROOT / "tests/vectors/rfc9474.json").read_text())
PEER: dict[str, Any] = json.loads((ROOT / "tests/vectors/blindrsa-ts.json").read_text())

# Arguments and results are hexadecimal; a refusal is returned as its code.
CALL = """
async ([name, given]) => {
  const credential = await import("/credential.js");
  const hex = (data) => [...data].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const shown = (request) => ({
    prepared: hex(request.prepared),
    blinded: hex(request.blinded),
    inverse: request.inverse.toString(16),
  });
  const calls = {
    blind: async ({ jwk, prepared, salt, factor }) =>
      shown(await credential.blind(
        await credential.readKey(jwk), unhex(prepared), unhex(salt), BigInt("0x" + factor))),
    requestFromSeed: async ({ jwk, seed }) =>
      shown(await credential.requestFromSeed(unhex(seed), jwk)),
    finalize: async ({ jwk, prepared, inverse, answer }) => {
      const request = { prepared: unhex(prepared), inverse: BigInt("0x" + inverse) };
      return hex(await credential.finalize(request, unhex(answer), jwk));
    },
    echoFromSeed: async ({ jwk, seed }) => hex(await credential.echoFromSeed(unhex(seed), jwk)),
    fingerprint: ({ jwk }) => credential.fingerprint(jwk),
    newSeeds: async () => [hex(credential.newSeed()), hex(credential.newSeed())],
    base64url: async ({ data }) => credential.toBase64url(unhex(data)),
    fromBase64url: async ({ text }) => hex(credential.fromBase64url(text)),
  };
  try {
    return await calls[name](given);
  } catch (error) {
    if (error instanceof credential.CredentialError) return { refused: error.code };
    throw error;
  }
}
"""


@pytest.fixture(scope="module")
def signer() -> PrivateKey:
    return PrivateKey.generate()


class Device:
    def __init__(self, page: Page) -> None:
        self._page = page

    def call(self, name: str, **arguments: Any) -> Any:
        return self._page.evaluate(CALL, [name, arguments])


@pytest.fixture(scope="module")
def device(chromium: str) -> Iterator[Device]:
    """A page under the answer page's content policy; the test fails on further requests."""
    requests: list[str] = []
    with site({"/credential.js": CREDENTIAL}) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.goto(url)
        yield Device(page)
        browser.close()
    assert set(requests) <= {f"{url}/", f"{url}/credential.js"}, "the module reached out"


def test_every_value_of_the_rfc_is_reproduced(device: Device) -> None:
    modulus = int(RFC["key"]["n"], 16)
    jwk = {"kty": "RSA", "e": "AQAB", "n": device.call("base64url", data=RFC["key"]["n"])}
    for vector in RFC["vectors"]:
        request = device.call(
            "blind",
            jwk=jwk,
            prepared=vector["input_msg"],
            salt=vector["salt"],
            factor=f"{pow(int(vector['inv'], 16), -1, modulus):x}",
        )
        assert request["blinded"] == vector["blinded_msg"]
        assert int(request["inverse"], 16) == int(vector["inv"], 16)
        signature = device.call(
            "finalize",
            jwk=jwk,
            prepared=vector["input_msg"],
            inverse=vector["inv"],
            answer=vector["blind_sig"],
        )
        assert signature == vector["sig"]


def test_an_independent_implementation_is_understood(device: Device) -> None:
    jwk = PEER["jwk"]
    modulus = PrivateKey.from_der(bytes.fromhex(PEER["key_pkcs8"])).public.modulus
    for peer_request in PEER["requests_of_the_peer"]:
        factor = f"{pow(int(peer_request['inverse'], 16), -1, modulus):x}"
        request = device.call(
            "blind",
            jwk=jwk,
            prepared=peer_request["prepared"],
            salt=peer_request["salt"],
            factor=factor,
        )
        assert request["blinded"] == peer_request["blinded"]
        signature = device.call(
            "finalize", jwk=jwk, **_stored(request), answer=peer_request["blind_signature"]
        )
        assert signature == peer_request["signature"]
    for own_request in PEER["requests_of_ours_signed_by_the_peer"]:
        request = device.call("requestFromSeed", jwk=jwk, seed=own_request["seed"])
        assert request["blinded"] == own_request["blinded"]


def test_device_and_services_compute_the_same_request_and_accept_each_other(
    device: Device, signer: PrivateKey
) -> None:
    jwk = signer.public.jwk
    assert device.call("fingerprint", jwk=jwk) == signer.public.fingerprint
    for seed in (bytes(32), b"\xff" * 32, *(secrets.token_bytes(32) for _ in range(5))):
        expected = request_from_seed(seed, signer.public)
        request = device.call("requestFromSeed", jwk=jwk, seed=seed.hex())
        assert request == {
            "prepared": expected.prepared.hex(),
            "blinded": expected.blinded.hex(),
            "inverse": f"{expected.inverse:x}",
        }
        echo = device.call("echoFromSeed", jwk=jwk, seed=seed.hex())
        assert bytes.fromhex(echo) == echo_from_seed(seed, signer.public)
        answer = signer.blind_sign(bytes.fromhex(request["blinded"]))
        signature = device.call("finalize", jwk=jwk, **_stored(request), answer=answer.hex())
        assert bytes.fromhex(signature) == finalize(signer.public, expected, answer)
        signer.public.verify(bytes.fromhex(request["prepared"]), bytes.fromhex(signature))


def test_a_signature_by_another_key_is_not_trusted(device: Device, signer: PrivateKey) -> None:
    """A signer that gave one member a separate key could recognise the signature later."""
    other = PrivateKey.generate()
    request = device.call("requestFromSeed", jwk=signer.public.jwk, seed="07" * 32)
    number = int(request["blinded"], 16) % other.public.modulus
    answer = other.blind_sign(number.to_bytes(384, "big"))
    refused = device.call(
        "finalize", jwk=signer.public.jwk, **_stored(request), answer=answer.hex()
    )
    assert refused == {"refused": "signature"}


def test_damaged_signatures_are_not_trusted(device: Device, signer: PrivateKey) -> None:
    jwk = signer.public.jwk
    request = device.call("requestFromSeed", jwk=jwk, seed="07" * 32)
    answer = signer.blind_sign(bytes.fromhex(request["blinded"]))
    damaged = [answer[:-1] + bytes([answer[-1] ^ 1]), bytes([answer[0] ^ 128]) + answer[1:]]
    damaged += [b"", answer[:-1], answer + b"\0", bytes(384), b"\xff" * 384]
    for changed in damaged:
        refused = device.call("finalize", jwk=jwk, **_stored(request), answer=changed.hex())
        assert refused == {"refused": "signature"}


@pytest.mark.parametrize(
    "change",
    [
        {"kty": "EC"},
        {"e": "Aw"},
        {"e": "AAEAAQ"},
        {"n": "AQAB"},
        {"n": ""},
        {"n": "%"},
        {"n": 7},
        {"n": None},
    ],
)
def test_unsound_keys_are_refused(
    device: Device, signer: PrivateKey, change: dict[str, Any]
) -> None:
    jwk = {**signer.public.jwk, **change}
    assert device.call("fingerprint", jwk=jwk) == {"refused": "key"}


def test_a_key_has_exactly_one_encoding(device: Device, signer: PrivateKey) -> None:
    jwk = signer.public.jwk
    for encoded in (jwk["n"] + "=", "AA" + jwk["n"], jwk["n"] + "A"):
        assert device.call("fingerprint", jwk={**jwk, "n": encoded}) == {"refused": "key"}


def test_seeds_have_32_bytes_and_differ(device: Device, signer: PrivateKey) -> None:
    first, other = device.call("newSeeds")
    assert first != other
    assert len(first) == len(other) == 64
    for seed in ("", "00" * 31, "00" * 33):
        refused = device.call("requestFromSeed", jwk=signer.public.jwk, seed=seed)
        assert refused == {"refused": "seed"}


def test_base64url_round_trips_and_other_encodings_are_refused(device: Device) -> None:
    for data in ("", "00", "fbff", "ffefbe", "00" * 32):
        encoded = device.call("base64url", data=data)
        assert device.call("fromBase64url", text=encoded) == data
    for text in ("a", "a b", "ab==", "a+b/", "é", None, 7):
        assert device.call("fromBase64url", text=text) == {"refused": "input"}


def _stored(request: dict[str, str]) -> dict[str, str]:
    return {name: request[name] for name in ("prepared", "inverse")}
