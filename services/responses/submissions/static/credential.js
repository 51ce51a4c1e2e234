// The member's part of a blind signature: RFC 9474, RSABSSA-SHA384-PSS-Randomized.
//
// The administration signs a blinded number; this device turns the result into a signature that the
// administration can verify and cannot link to the number it signed.
// The same seed and key give the same bytes as services/runtime/crypto/blind_rsa.py, function by function.
// This module uses neither network nor page: it only computes.
//
// Time: BigInt arithmetic depends on its operands. The blinding factor is used once, here, on the
// member's own device, and never with other data.

const HASH_BYTES = 48; // SHA-384; also the length of the salt (RFC 9474, section 5)
const WIDE_BYTES = 16; // more than the modulus has: the blinding factor's bias is below 2^-128
const LABEL = "citizen-panel blind-rsa v1 ";
const ECHO_BYTES = 16;
export const SEED_BYTES = 32;

/** Its `code` is "key", "seed", "input" or "signature". */
export class CredentialError extends Error {
  constructor(code, message) {
    super(message);
    this.name = "CredentialError";
    this.code = code;
  }
}

/** A public key read from its JWK. Throws CredentialError "key": 3072 to 4096 bits, e = 65537. */
export async function readKey(jwk) {
  let modulus = 0n;
  try {
    modulus = integer(fromBase64url(jwk.n));
  } catch {
    throw new CredentialError("key", "the key's modulus cannot be read");
  }
  const bits = modulus.toString(2).length;
  const sound = bits >= 3072 && bits <= 4096 && bits % 8 === 0 && modulus % 2n === 1n;
  if (jwk.kty !== "RSA" || jwk.e !== "AQAB" || !sound) {
    throw new CredentialError("key", "an RSA key of 3072 to 4096 bits with exponent 65537 is needed");
  }
  const size = bits / 8;
  const n = toBase64url(bytes(modulus, size));
  if (n !== jwk.n) throw new CredentialError("key", "the key's modulus is not in its shortest form");
  // RFC 7638: these three members, in this order, without spaces.
  const thumbprint = await digest("SHA-256", text(`{"e":"AQAB","kty":"RSA","n":"${n}"}`));
  const verifier = await crypto.subtle.importKey(
    "jwk", { kty: "RSA", e: "AQAB", n }, { name: "RSA-PSS", hash: "SHA-384" }, false, ["verify"],
  );
  return { modulus, exponent: 65537n, size, thumbprint, verifier };
}

/** The key's fingerprint, the same for everybody: members can compare it with the published one. */
export async function fingerprint(jwk) {
  return toBase64url((await readKey(jwk)).thumbprint);
}

export function newSeed() {
  return crypto.getRandomValues(new Uint8Array(SEED_BYTES));
}

/**
 * The request for a seed and a key, always the same; only `blinded` is sent.
 * Throws CredentialError "key" or "seed".
 */
export async function requestFromSeed(seed, jwk) {
  const key = await readKey(jwk);
  const derive = await deriving(seed, key);
  const prepared = concat(await derive("prefix", 32), await derive("message", 32));
  const wide = integer(await derive("factor", key.size + WIDE_BYTES));
  return blind(key, prepared, await derive("salt", HASH_BYTES), (wide % (key.modulus - 1n)) + 1n);
}

/**
 * The echo, by which only this device recognises its contribution: indistinguishable from random even
 * with everything else derived from the seed. Throws CredentialError "key" or "seed".
 */
export async function echoFromSeed(seed, jwk) {
  return (await deriving(seed, await readKey(jwk)))("echo", ECHO_BYTES);
}

async function deriving(seed, key) {
  if (!(seed instanceof Uint8Array) || seed.length !== SEED_BYTES) {
    throw new CredentialError("seed", `a seed has ${SEED_BYTES} bytes`);
  }
  const material = await crypto.subtle.importKey("raw", seed, "HKDF", false, ["deriveBits"]);
  return async (label, length) => {
    const info = text(LABEL + label);
    const how = { name: "HKDF", hash: "SHA-384", salt: key.thumbprint, info };
    return new Uint8Array(await crypto.subtle.deriveBits(how, material, 8 * length));
  };
}

/** RFC 9474, section 4.2, with given random values: salt and factor (0 < r < n). */
export async function blind(key, prepared, salt, factor) {
  if (salt.length !== HASH_BYTES || factor <= 0n || factor >= key.modulus) {
    throw new CredentialError("input", "salt or blinding factor out of range");
  }
  const encoded = integer(await encode(prepared, salt, key.size));
  const hidden = (encoded * power(factor, key.exponent, key.modulus)) % key.modulus;
  return { prepared, blinded: bytes(hidden, key.size), inverse: invert(factor, key.modulus) };
}

/**
 * RFC 9474, section 4.4: the signature, verified with the public key of the project.
 * Throws CredentialError "signature" for a signature of another key, "key".
 */
export async function finalize(request, blindSignature, jwk) {
  const key = await readKey(jwk);
  if (blindSignature.length !== key.size) {
    throw new CredentialError("signature", "the answer has not the length of a signature");
  }
  const signature = bytes((integer(blindSignature) * request.inverse) % key.modulus, key.size);
  const how = { name: "RSA-PSS", saltLength: HASH_BYTES };
  if (!(await crypto.subtle.verify(how, key.verifier, signature, request.prepared))) {
    throw new CredentialError("signature", "the answer was not signed with the project's key");
  }
  return signature;
}

/** EMSA-PSS-ENCODE (RFC 8017, section 9.1.1) for a modulus of `size` whole bytes. */
async function encode(message, salt, size) {
  const hashed = await digest("SHA-384", message);
  const hash = await digest("SHA-384", concat(new Uint8Array(8), hashed, salt));
  const block = new Uint8Array(size - HASH_BYTES - 1);
  block[block.length - HASH_BYTES - 1] = 1;
  block.set(salt, block.length - HASH_BYTES);
  for (let at = 0, counter = 0; at < block.length; at += HASH_BYTES, counter += 1) {
    const mask = await digest("SHA-384", concat(hash, bytes(BigInt(counter), 4))); // MGF1
    for (let i = 0; i < HASH_BYTES && at + i < block.length; i += 1) block[at + i] ^= mask[i];
  }
  block[0] &= 0x7f; // one bit less than the modulus, so that the number is below it
  return concat(block, hash, Uint8Array.of(0xbc));
}

function power(base, exponent, modulus) {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus;
    if (bit === "1") result = (result * base) % modulus;
  }
  return result;
}

/** Extended Euclid. No inverse would mean that the number divides the modulus. */
function invert(number, modulus) {
  let [previous, current] = [modulus, number];
  let [before, now] = [0n, 1n];
  while (current > 0n) {
    const quotient = previous / current;
    [previous, current] = [current, previous - quotient * current];
    [before, now] = [now, before - quotient * now];
  }
  if (previous !== 1n) throw new CredentialError("input", "the blinding factor has no inverse");
  return before < 0n ? before + modulus : before;
}

async function digest(algorithm, data) {
  return new Uint8Array(await crypto.subtle.digest(algorithm, data));
}

function integer(data) {
  let hex = "0x0";
  for (const byte of data) hex += byte.toString(16).padStart(2, "0");
  return BigInt(hex);
}

function bytes(number, size) {
  const hex = number.toString(16).padStart(2 * size, "0");
  return Uint8Array.from({ length: size }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

function text(words) {
  return new TextEncoder().encode(words);
}

function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** RFC 4648, section 5, without padding. */
export function toBase64url(data) {
  const plain = btoa(String.fromCharCode(...data));
  return plain.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Throws CredentialError "input". */
export function fromBase64url(words) {
  if (typeof words !== "string" || !/^[A-Za-z0-9_-]*$/.test(words) || words.length % 4 === 1) {
    throw new CredentialError("input", "not base64url");
  }
  const plain = atob(words.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}
