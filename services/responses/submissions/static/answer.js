// The response page, from the introduction to the receipt. The stored state of this device decides
// which step is shown: closing the page, at any moment, loses nothing.

import { CredentialError, fingerprint, newSeed, toBase64url } from "./credential.js";
import { Device, fromAddress } from "./device.js";
import { announce, by, count, el, longDate, said, t } from "./dom.js";
import * as exchange from "./exchange.js";
import { Refused, Unreachable } from "./exchange.js";
import { inWords } from "./fields.js";
import { Questionnaire } from "./questionnaire.js";

const STEPS = ["before", "credential", "questions", "review", "done", "closed"];
const SENT = { joined: undefined, draft: undefined, agree: undefined, sending: undefined };
const WAITS_SECONDS = [2, 4, 8, 15, 30];

const { ticket, seed: linkSeed, accepted } = fromAddress(location.hash);
// A bookmark must hold neither the tracking that a mail programme added to the link nor the referrer.
if (ticket) history.replaceState(history.state, "", `#${ticket}${linkSeed ? `.${linkSeed}` : ""}`);
let device = null;
let about = null;
let questionnaire = null;
let leaving = new AbortController(); // aborts the requests of a step

// Steps -----------------------------------------------------------------------------------------

const entering = { before, credential, questions, review };

/** Shows a step and moves the focus to its title. `remembered`: the Back button leads to it. */
function go(step, remembered = true) {
  leaving.abort();
  leaving = new AbortController();
  for (const name of ["loading", ...STEPS]) by(name).hidden = name !== step;
  tellKeeping();
  for (const place of document.querySelectorAll("[data-trouble]")) place.replaceChildren();
  entering[step]?.(leaving.signal);
  const title = by(step).querySelector("h1");
  entitle(title.textContent);
  history[remembered ? "pushState" : "replaceState"]({ step }, "");
  window.scrollTo(0, 0);
  title.focus({ preventScroll: true });
}

function entitle(words) {
  document.title = `${words} – ${about?.title ?? t("Panel usagers", "Citizen panel")}`;
}

/** Screen readers say the title first, so it mentions the error. */
function entitleError() {
  entitle(`${t("Erreur : ", "Error: ")}${document.querySelector("section:not([hidden]) h1").textContent}`);
}

function tellKeeping() {
  by("kept-nowhere").hidden = device.lasting;
  by("forgetting").hidden = !device.lasting || !device.kept.seed;
}

/** The step that the stored state allows: no questions without a credential, none after a receipt. */
function allowed(step) {
  if (device.kept.receipt) return "done";
  if (by("closed").dataset.why) return "closed";
  const ready = about.preview || device.kept.signature;
  return !ready && ["questions", "review"].includes(step) ? "before" : step;
}

addEventListener("popstate", ({ state }) => about && go(allowed(state?.step ?? "before"), false));
addEventListener("hashchange", () => location.reload()); // another link was opened in this tab
addEventListener("storage", ({ key }) => { // another tab changed the stored state
  if (key === device?.name) location.reload();
});

for (const button of document.querySelectorAll("[data-go]")) {
  button.addEventListener("click", () => go(allowed(button.dataset.go)));
}

// Trouble ---------------------------------------------------------------------------------------

/** Retries until it works, and shows that. A refusal, or leaving the step, ends it by throwing. */
async function untilReached(action, place, signal, afterwards = "") {
  for (let tried = 0; ; tried += 1) {
    try {
      const done = await action();
      signal.throwIfAborted();
      place.replaceChildren();
      return done;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Unreachable)) throw error;
      await pause(WAITS_SECONDS[Math.min(tried, WAITS_SECONDS.length - 1)], place, signal, afterwards);
    }
  }
}

function pause(seconds, place, signal, afterwards) {
  return new Promise((resolve, reject) => {
    const retry = el("button", { type: "button" }, t("Réessayer maintenant", "Try again now"));
    const timer = setTimeout(resolve, seconds * 1000);
    retry.addEventListener("click", resolve);
    addEventListener("online", resolve, { once: true, signal });
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
    if (place.querySelector("button")) place.querySelector("button").replaceWith(retry);
    else {
      place.replaceChildren(el("div", { class: "warning", role: "alert" },
        el("p", {}, t("Le serveur ne répond pas. La page continue d'essayer ; vous ne perdez rien.",
          "The server does not reply. The page keeps trying; you lose nothing.")),
        afterwards ? el("p", {}, afterwards) : null), el("p", {}, retry));
    }
  });
}

/** The server's sentence for a refusal; our own for a signature of another key. */
function tell(error, place) {
  const sentences = error instanceof Refused
    ? [error.sentence ?? t("Le serveur a refusé.", "The server refused."), error.wayOut, ...error.errors]
    : [t("La signature reçue n'a pas été faite avec la clé commune à tous. Par prudence, la page s'arrête ici : votre anonymat ne serait pas sûr.",
      "The signature received was not made with the key that everybody has. To be safe, the page stops here: your anonymity would not be certain."),
    t("Signalez-le à l'administration ; rien n'a été envoyé.", "Report it to the administration; nothing was sent.")];
  if (!(error instanceof Refused || error instanceof CredentialError)) throw error;
  const told = el("div", { class: "warning", role: "alert", tabindex: -1 },
    ...sentences.filter(Boolean).map((sentence) => el("p", {}, sentence)));
  place.replaceChildren(told);
  return told;
}

const ignoreLeaving = (error) => {
  if (error.name !== "AbortError") throw error;
};

// 1. Before: the same for everybody -------------------------------------------------------------

async function fill() {
  const { title, purpose, decision_maker: decider, personal_cases: elsewhere } = about;
  const floor = about.anonymity_floor;
  const words = {
    title, purpose,
    decider: `${decider.name}, ${decider.role}`,
    ends_on: t(`${longDate(about.ends_on)} inclus (heure de Paris)`, `the end of ${longDate(about.ends_on)} (Paris time)`),
    floor: count(floor, t("participant", "participant"), t("participants", "participants")),
    floor_number: floor,
    personal_cases: said(elsewhere),
    fingerprint: about.credential_key ? await fingerprint(about.credential_key) : "",
  };
  for (const slot of document.querySelectorAll("[data-fill]")) slot.append(words[slot.dataset.fill]);
  by("preview").hidden = !about.preview;
}

/** After accepting on this device, the credential is requested at once, before it can be lost. */
async function before(signal) {
  by("joined").hidden = !device.kept.joined;
  if (!device.kept.joined) return;
  const status = by("joined-status");
  by("joined-private").append(by("private"));
  if (!device.kept.signature && !device.lasting) {
    by("private").hidden = true;
    status.textContent = t("Ce navigateur n'enregistrera pas votre jeton anonyme : il ne vous sera remis qu'à l'étape suivante, avec un lien privé à copier.",
      "This browser will not save your anonymous credential: you will receive it only in the next step, with a private link to copy.");
    return;
  }
  await obtain(signal, status, by("joined").querySelector("[data-trouble]"));
}

// 2. The credential ----------------------------------------------------------------------------------

function privateLink() {
  const { origin, pathname } = location;
  return `${origin}${pathname}#${ticket}.${device.kept.seed}`;
}

async function credential(signal) {
  by("credential-private").append(by("private"));
  await obtain(signal, by("credential-status"), by("credential").querySelector("[data-trouble]"));
}

async function obtain(signal, status, place) {
  const ready = () => {
    status.textContent = about.preview
      ? t("Ici, le membre reçoit son jeton.", "Here, the member receives their credential.")
      : device.lasting
        ? t("Votre jeton est prêt et enregistré sur cet appareil.", "Your credential is ready and saved on this device.")
        : t("Votre jeton est prêt, mais ce navigateur ne l'enregistre pas.", "Your credential is ready, but this browser does not save it.");
    by("answer-now").hidden = false;
    by("private").hidden = about.preview;
    by("private-link").value = privateLink();
  };
  if (about.preview || device.kept.signature) return ready();
  by("answer-now").hidden = true;
  by("private").hidden = true;
  status.textContent = t("Votre appareil prépare votre jeton…", "Your device is preparing your credential…");
  // Stored before it is used: a lost server response can be requested again.
  if (!device.kept.seed) device.keep({ seed: linkSeed ?? toBase64url(newSeed()) });
  try {
    const ask = () => exchange.obtain(about, ticket, device.kept.seed);
    device.keep(await untilReached(ask, place, signal));
    tellKeeping();
    ready();
  } catch (error) {
    if (error === signal.reason) return undefined;
    status.textContent = "";
    tell(error, place);
  }
  return undefined;
}

// 3. Questions -----------------------------------------------------------------------------------------

function questions() {
  if (!questionnaire) {
    const keep = () => {
      device.keep({ draft: questionnaire.typed });
      tellKeeping();
      if (questionnaire.sound) by("errors").hidden = true;
      progress();
    };
    questionnaire = new Questionnaire(about, device.kept.draft ?? {}, keep);
    by("form").replaceChildren(...questionnaire.elements);
  }
  by("errors").hidden = true;
  progress();
}

function progress() {
  const { answered, asked } = questionnaire.progress;
  Object.assign(by("questions").querySelector("progress"), { max: asked, value: answered });
  by("progress-words").textContent = t(
    `${count(answered, "réponse", "réponses")} sur ${count(asked, "question", "questions")}`,
    `${count(answered, "answer", "answers")} to ${count(asked, "question", "questions")}`);
}

by("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const wrong = questionnaire.check();
  if (!wrong.length && questionnaire.answers.size) return go("review");
  const summary = by("errors");
  summary.hidden = false;
  by("errors-title").textContent = wrong.length
    ? count(wrong.length, t("réponse est à revoir", "answer needs another look"), t("réponses sont à revoir", "answers need another look"))
    : t("Répondez à une question au moins", "Answer at least one question");
  const faulty = wrong.length ? wrong : [questionnaire.beginning];
  summary.querySelector("ul").replaceChildren(...faulty.map(({ question, trouble, field }) =>
    el("li", {}, el("a", { href: `#${field.id}`, click: (event) => {
      event.preventDefault(); // the address carries the ticket
      field.focus();
    } }, `${question} ${trouble}`))));
  entitleError();
  summary.focus();
  return undefined;
});

// 4. Review and send -------------------------------------------------------------------------------------

function reading(answers) {
  return [...answers].flatMap(([question, answer]) => [
    el("dt", {}, said(question.text)), el("dd", {}, ...inWords(question, answer, about.documents))]);
}

function review() {
  by("answers").replaceChildren(...reading(questionnaire.answers));
  by("send-status").textContent = "";
  by("floor-error").hidden = true;
  by("send").disabled = about.preview;
  by("send").removeAttribute("aria-disabled");
  by("floor").removeAttribute("aria-invalid");
  by("floor").setAttribute("aria-describedby", "floor-help");
  for (const radio of by("floor").querySelectorAll("input")) {
    radio.checked = device.kept.agree === (radio.value === "yes");
  }
}

by("floor").addEventListener("change", ({ target }) => device.keep({ agree: target.value === "yes" }));

by("send").addEventListener("click", async () => {
  const { agree, prepared, signature } = device.kept;
  const error = by("floor-error");
  error.hidden = agree !== undefined;
  by("floor").removeAttribute("aria-invalid");
  by("floor").setAttribute("aria-describedby", "floor-help");
  if (by("send").getAttribute("aria-disabled")) return; // already being sent
  if (agree === undefined) {
    error.textContent = t("Répondez à cette question avant d'envoyer.", "Answer this question before sending.");
    by("floor").setAttribute("aria-invalid", "true");
    by("floor").setAttribute("aria-describedby", "floor-help floor-error");
    entitleError();
    by("floor").querySelector("input").focus();
    return;
  }
  const { signal } = leaving;
  const place = by("review").querySelector("[data-trouble]");
  const contribution = {
    prepared, signature, agree_below_floor: agree,
    questionnaire_version: about.questionnaire_version,
    echo: await exchange.echoFrom(device.kept.seed, about.credential_key),
    answers: Object.fromEntries([...questionnaire.answers].map(([{ id }, answer]) => [id, answer])),
  };
  device.keep({ sending: true }); // if the server's response is lost, the next visit checks for a receipt
  by("send").setAttribute("aria-disabled", "true"); // unlike `disabled`, it keeps the focus
  by("send-status").textContent = t("Envoi…", "Sending…");
  let attempts = 0;
  const send = () => {
    attempts += 1;
    return exchange.contribute(about.project_id, contribution);
  };
  try {
    const { receipt, first } = await untilReached(send, place, signal, t(
      "Si votre réponse est déjà arrivée, elle compte telle que vous l'avez envoyée.",
      "If your response has already arrived, it counts as you sent it."));
    device.keep({ receipt, ...SENT });
    finish(first || attempts > 1);
  } catch (refusal) {
    if (refusal === signal.reason) return;
    by("send-status").textContent = t("Votre réponse n'a pas été envoyée ; elle reste sur cet appareil.",
      "Your response was not sent; it stays on this device.");
    by("send").removeAttribute("aria-disabled");
    device.keep({ sending: undefined });
    const told = tell(refusal, place);
    entitleError();
    told.focus();
  }
});

// The receipt, and the ends ------------------------------------------------------------------------------

function finish(first = true, remembered = true) {
  by("receipt").textContent = device.kept.receipt;
  by("already").hidden = first;
  go("done", remembered);
}

by("check").addEventListener("click", async () => {
  const place = by("done").querySelector("[data-trouble]");
  try {
    const ask = () => exchange.counted(about.project_id, device.kept.receipt);
    by("checked").textContent = await untilReached(ask, place, leaving.signal)
      ? t("Votre réponse est bien comptée.", "Your response is counted.")
      : t("Le serveur ne trouve pas ce reçu. Signalez-le à l'administration.", "The server cannot find this receipt. Report it to the administration.");
    await tellWhatBecame();
  } catch (error) {
    ignoreLeaving(error);
  }
});

/** Shows the author the outcome of their contribution, as far as the server and this device know. */
async function tellWhatBecame() {
  const echo = await exchange.echoFrom(device.kept.seed, about.credential_key);
  const fate = echo && (await exchange.became(about.project_id, echo));
  by("became-read").hidden = !["read", "personal_cases"].includes(fate);
  by("became-personal").hidden = fate !== "personal_cases";
}

const whatBecameIfReached = () => tellWhatBecame().catch((error) => {
  if (!(error instanceof Unreachable || error instanceof Refused)) throw error; // the button "Check" reports it
});

function close(title, why) {
  by("closed").querySelector("h1").textContent = title;
  by("closed-why").textContent = why;
  by("closed").dataset.why = "said";
  if (device.kept.draft) {
    const { answers } = new Questionnaire(about, device.kept.draft, () => {});
    by("closed-draft").hidden = false;
    by("closed-draft").querySelector("dl").replaceChildren(...reading(answers));
  }
  go("closed", false);
}

function copies(button, read) {
  by(button).addEventListener("click", async () => {
    const { text, field } = read();
    try {
      await navigator.clipboard.writeText(text);
      by(button).textContent = t("Copié", "Copied");
      announce(t("Copié.", "Copied."));
    } catch { // the browser refuses the clipboard: members can still copy by hand
      if (field) field.select();
      else getSelection().selectAllChildren(by("receipt"));
      announce(t("Copiez le texte sélectionné.", "Copy the selected text."));
    }
  });
}

copies("copy-link", () => ({ text: privateLink(), field: by("private-link") }));
copies("copy-receipt", () => ({ text: device.kept.receipt }));

by("forget").addEventListener("click", () => {
  device.forget();
  close(t("Tout est effacé", "Everything is erased"), t(
    "Il ne reste plus rien de cette participation sur cet appareil. Fermez aussi cette page.",
    "Nothing of this participation is left on this device. Close this page too."));
});

// Start ------------------------------------------------------------------------------------------------

async function start() {
  for (const link of document.querySelectorAll("nav a")) link.href += location.hash;
  const place = by("loading").querySelector("[data-trouble]");
  const { signal } = leaving;
  try {
    about = await untilReached(exchange.about, place, signal);
  } catch (error) {
    by("loading").querySelector("h1").textContent = t("Pas pour le moment", "Not for now");
    return tell(error, place);
  }
  device = new Device(about.project_id, about.preview ? "preview" : ticket);
  if (about.preview) device.forget(); // each preview starts empty
  await fill();
  const { receipt, signature, draft, sending } = device.kept;
  if (linkSeed && !signature) device.keep({ seed: linkSeed });
  if (accepted && about.state === "open") device.keep({ joined: true });
  const mayBeThere = sending || (linkSeed && !signature);
  if (receipt || (mayBeThere && await isThere())) {
    finish(true, false);
    return whatBecameIfReached();
  }
  if (about.state === "not_yet" && !about.preview) {
    return close(t("Ce n'est pas encore ouvert", "This is not open yet"), t(
      "Les questions ne sont pas prêtes. Revenez avec le même lien.", "The questions are not ready. Come back with the same link."));
  }
  if (about.state === "over" && !about.preview) {
    return close(t("Cette participation est terminée", "This participation is over"), t(
      `Elle s'est terminée le ${longDate(about.ends_on)} : plus aucune réponse ne peut être reçue.`,
      `It ended on ${longDate(about.ends_on)}: no more responses can be received.`));
  }
  if (!ticket && !about.preview) {
    return close(t("Ce lien est incomplet", "This link is not complete"), t(
      "Ouvrez le lien directement depuis le message que vous avez reçu, ou votre lien privé en entier.",
      "Open the link straight from the message you received, or your whole private link."));
  }
  return go(signature && draft ? "questions" : "before", false);
}

/** Whether a response arrived before: from another device, or just before the browser closed. */
async function isThere() {
  try {
    const prepared = await exchange.preparedFrom(device.kept.seed, about.credential_key);
    const receipt = await exchange.receiptOf(prepared);
    if (!(await exchange.counted(about.project_id, receipt))) return false;
    device.keep({ prepared, receipt, ...SENT });
    return true;
  } catch (error) {
    if (error instanceof Unreachable || error instanceof Refused) return false; // sending will show it
    throw error;
  }
}

await start();
performance.mark("ready");
