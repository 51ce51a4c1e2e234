// All requests of this page. The ticket is sent to campaigns only, the response to responses only;
// neither comes with a cookie or the address of this page.

import { echoFromSeed, finalize, fromBase64url, requestFromSeed, toBase64url } from "./credential.js";
import { language } from "./dom.js";

const PATIENCE_MS = 20_000;

/** The server refused: `sentence` and `wayOut` are for the member. */
export class Refused extends Error {
  constructor(status, { detail, way_out: wayOut, errors }) {
    super(`refused (${status})`);
    Object.assign(this, { status, sentence: detail, wayOut, errors: errors ?? [] });
  }
}

/** The server did not respond, or asked to retry later. All requests are idempotent. */
export class Unreachable extends Error {}

async function ask(url, body) {
  let answer;
  try {
    answer = await fetch(url, {
      method: body ? "POST" : "GET",
      body: body && JSON.stringify(body),
      headers: {
        Accept: "application/json",
        "Accept-Language": language,
        ...(body && { "Content-Type": "application/json" }),
      },
      credentials: "omit",
      referrerPolicy: "no-referrer",
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (answer.status >= 500 || [408, 429].includes(answer.status)) throw new Unreachable(answer.status);
    const said = await answer.json();
    if (answer.ok) return { status: answer.status, ...said };
    throw new Refused(answer.status, said);
  } catch (error) {
    if (error instanceof Refused || error instanceof Unreachable) throw error;
    if (answer && !answer.ok) throw new Refused(answer.status, {});
    throw new Unreachable(error.name); // a truncated response counts as none
  }
}

const here = (projectId) => `/answer/${encodeURIComponent(projectId)}`;

/** The project, its key and its questionnaire: the same for everybody. */
export const about = () => ask(`${location.pathname.replace(/\/$/, "")}/about.json`);

/**
 * The credential for the seed: prepared message and signature, verified with the project's public key.
 * Idempotent. Throws CredentialError for a signature of another key.
 */
export async function obtain({ project_id, credentials_url, credential_key }, ticket, seed) {
  const request = await requestFromSeed(fromBase64url(seed), credential_key);
  const { signature } = await ask(credentials_url, {
    ticket, project_id, request: toBase64url(request.blinded),
  });
  const unblinded = await finalize(request, fromBase64url(signature), credential_key);
  return { prepared: toBase64url(request.prepared), signature: toBase64url(unblinded) };
}

/** The receipt of the response, computed from the credential before it is sent. */
export async function receiptOf(prepared) {
  const hash = await crypto.subtle.digest("SHA-256", fromBase64url(prepared));
  const bits = [...new Uint8Array(hash).slice(0, 7)].map((byte) => byte.toString(2).padStart(8, "0"));
  return bits.join("").match(/.{5}/g).slice(0, 10)
    .map((five) => "abcdefghijklmnopqrstuvwxyz234567"[Number.parseInt(five, 2)]).join("");
}

/** The prepared message for the seed, without a request to campaigns. */
export async function preparedFrom(seed, jwk) {
  return toBase64url((await requestFromSeed(fromBase64url(seed), jwk)).prepared);
}

/** The echo, by which only this device recognises its contribution; null without a stored seed. */
export async function echoFrom(seed, jwk) {
  return seed ? toBase64url(await echoFromSeed(fromBase64url(seed), jwk)) : null;
}

/**
 * The outcome of the contribution with this echo: "counted", "read", "personal_cases", or null. Every
 * device gets the whole list, so the request reveals nothing. It holds hashes: a copy of one does not
 * prove whose contribution it is.
 */
export async function became(projectId, echo) {
  const lists = await ask(`${here(projectId)}/echoes.json`);
  const hash = toBase64url(new Uint8Array(await crypto.subtle.digest("SHA-256", fromBase64url(echo))));
  return ["personal_cases", "read", "counted"].find((list) => lists[list].includes(hash)) ?? null;
}

/** `first` is false when a response with this credential had arrived before. */
export async function contribute(projectId, contribution) {
  const { status, receipt } = await ask(`${here(projectId)}/contributions`, contribution);
  return { receipt, first: status === 201 };
}

export async function counted(projectId, receipt) {
  try {
    return (await ask(`${here(projectId)}/receipts/${encodeURIComponent(receipt)}`)).counted === true;
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return false;
    throw error;
  }
}
