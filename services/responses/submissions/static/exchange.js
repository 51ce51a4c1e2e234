// All that this page says to servers, and to whom. The ticket goes to campaigns only, the answer to
// responses only; neither goes with a cookie or the address of this page.

import { echoFromSeed, finalize, fromBase64url, requestFromSeed, toBase64url } from "./credential.js";
import { language } from "./dom.js";

const PATIENCE_MS = 20_000;

/** The server understood and said no: `sentence` and `wayOut` are for the member. */
export class Refused extends Error {
  constructor(status, { detail, way_out: wayOut, errors }) {
    super(`refused (${status})`);
    Object.assign(this, { status, sentence: detail, wayOut, errors: errors ?? [] });
  }
}

/** No answer came, or one that only says to come back later. Asking again repeats nothing. */
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
    throw new Unreachable(error.name); // cut off in the middle is cut off
  }
}

const here = (projectId) => `/answer/${encodeURIComponent(projectId)}`;

/** The project, its key and its questionnaire: the same for everybody. */
export const about = () => ask(`${location.pathname.replace(/\/$/, "")}/about.json`);

/**
 * The credential that the seed gives: what was prepared and its signature, checked with the key
 * that everybody has. Asking again gives the same. Throws CredentialError when it was another key.
 */
export async function obtain({ project_id, credentials_url, credential_key }, ticket, seed) {
  const request = await requestFromSeed(fromBase64url(seed), credential_key);
  const { signature } = await ask(credentials_url, {
    ticket, project_id, request: toBase64url(request.blinded),
  });
  const unblinded = await finalize(request, fromBase64url(signature), credential_key);
  return { prepared: toBase64url(request.prepared), signature: toBase64url(unblinded) };
}

/** The receipt this answer has or will have: known before asking, from the credential alone. */
export async function receiptOf(prepared) {
  const hash = await crypto.subtle.digest("SHA-256", fromBase64url(prepared));
  const bits = [...new Uint8Array(hash).slice(0, 7)].map((byte) => byte.toString(2).padStart(8, "0"));
  return bits.join("").match(/.{5}/g).slice(0, 10)
    .map((five) => "abcdefghijklmnopqrstuvwxyz234567"[Number.parseInt(five, 2)]).join("");
}

/** Without asking campaigns: what the seed prepares. */
export async function preparedFrom(seed, jwk) {
  return toBase64url((await requestFromSeed(fromBase64url(seed), jwk)).prepared);
}

/** What only this device knows its contribution by; null where the seed is not kept. */
export async function echoFrom(seed, jwk) {
  return seed ? toBase64url(await echoFromSeed(fromBase64url(seed), jwk)) : null;
}

/**
 * What became of the contribution that has this echo: "counted", "read", "personal_cases", or null.
 * The whole list comes to every device, so that asking tells nothing about who asks. It has hashes:
 * copied from there, nothing shows whose contribution it is.
 */
export async function became(projectId, echo) {
  const lists = await ask(`${here(projectId)}/echoes.json`);
  const hash = toBase64url(new Uint8Array(await crypto.subtle.digest("SHA-256", fromBase64url(echo))));
  return ["personal_cases", "read", "counted"].find((list) => lists[list].includes(hash)) ?? null;
}

/** `first` is false when an answer with this credential was there before. */
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
