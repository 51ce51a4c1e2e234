// What this device keeps for one participation: seed, credential, draft, receipt. Nothing leaves it
// from here. Two members of one household have two drawers: a drawer is named for the invitation.

import { SEED_BYTES, fromBase64url } from "./credential.js";

/** The ticket and, from a private link, the seed, as the address carries them after "#". */
export function fromAddress(fragment) {
  const parts = fragment.replace(/^#/, "").split(".");
  const last = parts.length > 1 ? parts.at(-1) : "";
  const hasSeed = last.length === Math.ceil((SEED_BYTES * 4) / 3) && parts.length !== 3;
  return { ticket: (hasSeed ? parts.slice(0, -1) : parts).join("."), seed: hasSeed ? last : null };
}

export class Device {
  #name;
  #kept = {};
  /** Whether the browser keeps anything; it may refuse, or be full. */
  lasting = true;

  constructor(projectId, ticket) {
    this.#name = `answer/${projectId}/${invitation(ticket)}`;
    try {
      this.#kept = JSON.parse(localStorage.getItem(this.#name) ?? "{}");
    } catch {
      this.lasting = false; // a refusal; or a drawer nobody can read, which is left as it is
    }
  }

  get name() {
    return this.#name;
  }

  get kept() {
    return this.#kept;
  }

  /** Undefined values are forgotten. */
  keep(changes) {
    this.#kept = { ...this.#kept, ...changes };
    if (!this.lasting) return;
    try {
      localStorage.setItem(this.#name, JSON.stringify(this.#kept));
    } catch {
      this.lasting = false;
    }
  }

  forget() {
    this.#kept = {};
    if (this.lasting) localStorage.removeItem(this.#name);
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
