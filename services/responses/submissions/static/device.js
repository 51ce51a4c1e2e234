// Storage on this device for one participation: seed, credential, draft, receipt. This module sends
// nothing. Two members of one household have two entries: the key contains the invitation.

import { SEED_BYTES, fromBase64url } from "./credential.js";

// A ticket and the seed of a private link have a fixed length, so that a full stop or a bracket that a
// mail programme appended to the address is ignored.
const WHOLE = /^([\w-]+\.[\w-]+\.[\w-]{86})(?:\.([\w-]{43})(?![\w-]))?/;

/**
 * The ticket and, in a private link, the seed, from the address's fragment. `accepted`: the member has
 * just accepted the invitation on this device.
 */
export function fromAddress(address) {
  const accepted = address.startsWith("#accepted.");
  const fragment = address.replace(/^#(accepted\.)?/, "");
  const whole = fragment.match(WHOLE);
  if (whole) return { ticket: whole[1], seed: whole[2] ?? null, accepted };
  const parts = fragment.split(".");
  const last = parts.length > 1 ? parts.at(-1) : "";
  const hasSeed = last.length === Math.ceil((SEED_BYTES * 4) / 3) && parts.length !== 3;
  return { ticket: (hasSeed ? parts.slice(0, -1) : parts).join("."), seed: hasSeed ? last : null, accepted };
}

export class Device {
  #name;
  #kept = {};
  #unreadable = false;
  /** Whether the browser stored everything; it may refuse, or be full. */
  lasting = true;

  constructor(projectId, ticket) {
    this.#name = `answer/${projectId}/${invitation(ticket)}`;
    try {
      this.#kept = JSON.parse(localStorage.getItem(this.#name) ?? "{}");
    } catch {
      this.#unreadable = true; // storage is refused, or the entry is malformed and left unchanged
    }
    this.lasting = !this.#unreadable && keepsAnything();
  }

  get name() {
    return this.#name;
  }

  get kept() {
    return this.#kept;
  }

  /** Undefined values are removed. */
  keep(changes) {
    this.#kept = { ...this.#kept, ...changes };
    if (this.#unreadable) return;
    try {
      localStorage.setItem(this.#name, JSON.stringify(this.#kept));
      this.lasting = true; // space may have been freed
    } catch {
      this.lasting = false;
    }
  }

  forget() {
    this.#kept = {};
    if (this.#unreadable) return;
    try {
      localStorage.removeItem(this.#name);
    } catch {
      this.lasting = false;
    }
  }
}

/** Called before a credential is requested, which would be lost with the page. */
function keepsAnything() {
  try {
    localStorage.setItem("answer/probe", "1");
    localStorage.removeItem("answer/probe");
    return true;
  } catch {
    return false;
  }
}

/** A reminder's link differs from the first one but is about the same invitation. */
function invitation(ticket) {
  try {
    const claims = fromBase64url(ticket.split(".")[1]);
    return JSON.parse(new TextDecoder().decode(claims)).on ?? ticket;
  } catch {
    return ticket;
  }
}
