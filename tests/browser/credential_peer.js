// In Chromium, makes tests/vectors/blindrsa-ts.json with the peer. See make_peer_vectors.py.
import { RSABSSA } from "/peer/index.js";
import { finalize, requestFromSeed } from "/credential.js";

const suite = RSABSSA.SHA384.PSS.Randomized();
const hex = (data) => [...data].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const unhex = (text) => Uint8Array.from(text.match(/../g), (pair) => Number.parseInt(pair, 16));

async function keys(privateJwk) {
  const how = { name: "RSA-PSS", hash: "SHA-384" };
  const { kty, n, e } = privateJwk;
  return {
    secret: await crypto.subtle.importKey("jwk", privateJwk, how, true, ["sign"]),
    open: await crypto.subtle.importKey("jwk", { kty, n, e }, how, true, ["verify"]),
    jwk: { e, kty, n },
  };
}

/** The peer does all; the salt is what it drew first while blinding. */
export async function requestOfThePeer(privateJwk, message) {
  const { secret, open } = await keys(privateJwk);
  const prepared = suite.prepare(unhex(message));
  const drawn = [];
  const draw = crypto.getRandomValues;
  crypto.getRandomValues = (array) => {
    draw.call(crypto, array);
    drawn.push(new Uint8Array(array.buffer.slice(0)));
    return array;
  };
  const { blindedMsg, inv } = await suite.blind(open, prepared);
  crypto.getRandomValues = draw;
  const blindSignature = await suite.blindSign(secret, blindedMsg);
  const signature = await suite.finalize(open, prepared, blindSignature, inv);
  return {
    prepared: hex(prepared),
    salt: hex(drawn[0]),
    inverse: hex(inv),
    blinded: hex(blindedMsg),
    blind_signature: hex(blindSignature),
    signature: hex(signature),
  };
}

/** Ours asks, the peer signs and judges the result. */
export async function requestOfOurs(privateJwk, seed) {
  const { secret, open, jwk } = await keys(privateJwk);
  const request = await requestFromSeed(unhex(seed), jwk);
  const blindSignature = await suite.blindSign(secret, request.blinded);
  const signature = await finalize(request, blindSignature, jwk);
  if (!(await suite.verify(open, signature, request.prepared))) throw new Error("not accepted");
  return {
    seed,
    prepared: hex(request.prepared),
    blinded: hex(request.blinded),
    blind_signature: hex(blindSignature),
    signature: hex(signature),
  };
}
