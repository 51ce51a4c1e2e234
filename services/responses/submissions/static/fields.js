// One function for each kind of question. Its arguments are the element id, the stored answer
// (`given`) and a callback (`changed`). A field has:
//   role     "group" or "radiogroup" for several controls, null for one
//   body     its elements
//   value    the answer as it is sent, or undefined
//   trouble  a sentence on an invalid answer, or null
//   first    the element that gets the focus after an error
//   clear    removes the answer, where the controls themselves cannot

import { documentTest } from "./document_test.js";
import { announce, by, el, plainly, said, t } from "./dom.js";

const OTHER = "other"; // id of the own answer; an option may have the same id

function freeText(question, { id, given, changed }) {
  const area = el("textarea", {
    id, rows: 5, "aria-describedby": `${id}-help ${id}-error`, input: changed,
    "aria-required": question.required && "true", // announced, and checked by this page instead of the browser
  });
  area.value = given ?? "";
  return {
    role: null,
    body: [area],
    value: () => (area.value.trim() ? area.value : undefined),
    trouble: () => null,
    first: () => area,
  };
}

function choice(type) {
  return (question, { id, given, changed }) => {
    const single = type === "radio";
    const option = (name, label, checked) => {
      const input = el("input", { type, name: id, id: `${id}-${name}`, change: changed });
      input.checked = checked;
      return [input, el("label", { class: "option" }, input, el("span", {}, label))];
    };
    const options = question.options.map(({ id: name, label }) => [
      name, ...option(`option-${name}`, said(label), given?.chosen.includes(name) ?? false),
    ]);
    const body = options.map(([, , label]) => label);
    let own = null;
    let words = null;
    if (question.other) {
      const [input, label] = option(OTHER, t("Autre réponse", "Another answer"), Boolean(given?.other));
      words = el("input", {
        type: "text", id: `${id}-words`, "aria-label": t("Votre autre réponse", "Your other answer"),
        input: () => {
          own.checked = true;
          changed();
        },
      });
      words.value = given?.other ?? "";
      own = input;
      body.push(el("div", { class: "own" }, label, words));
    }
    const chosen = () => options.filter(([, input]) => input.checked).map(([name]) => name);
    const other = () => (own?.checked ? words.value.trim() : "");
    const first = () => options[0][1];
    return {
      role: single ? "radiogroup" : "group",
      body,
      value: () => (chosen().length || other() ? { chosen: chosen(), other: other() } : undefined),
      trouble: () => {
        if (own?.checked && !other()) return t("Écrivez votre autre réponse.", "Write your other answer.");
        const most = question.at_most;
        return !single && most && chosen().length + (other() ? 1 : 0) > most
          ? t(`Choisissez ${most} réponses au plus.`, `Choose ${most} answers at most.`) : null;
      },
      first: () => (own?.checked && !other() ? words : first()),
      clear: single && (() => {
        for (const [, input] of options) input.checked = false;
        if (own) own.checked = false;
      }),
    };
  };
}

function scale(question, { id, given, changed }) {
  const { low, high, low_label: least, high_label: most } = question;
  const label = (number) => {
    const end = { [low]: least, [high]: most }[number];
    return end ? `${number}, ${plainly(end)}` : null;
  };
  const inputs = Array.from({ length: high - low + 1 }, (_, i) => {
    const input = el("input", {
      type: "radio", name: id, id: `${id}-${low + i}`, value: low + i, change: changed,
      "aria-label": label(low + i),
    });
    input.checked = given === low + i;
    return input;
  });
  const points = inputs.map((input) =>
    el("label", { class: "point" }, input, el("span", {}, input.value)));
  const ends = least || most
    ? el("p", { class: "ends", "aria-hidden": "true" },
      el("span", {}, least && said(least)), el("span", {}, most && said(most)))
    : null;
  const chosen = () => inputs.find((input) => input.checked);
  return {
    role: "radiogroup",
    body: [el("div", { class: "scale" }, ...points), ends],
    value: () => chosen() && Number(chosen().value),
    trouble: () => null,
    first: () => inputs[0],
    clear: () => {
      for (const input of inputs) input.checked = false;
    },
  };
}

/** Starts without an order, which could bias the answer: the member builds it. */
function ranking(question, { id, given, changed }) {
  const labels = new Map(question.options.map(({ id: name, label }) => [name, label]));
  let order = (given ?? []).filter((name) => labels.has(name));
  const ranked = el("ol", { class: "ranked", "aria-label": t("Votre ordre", "Your order") });
  const waiting = el("ul", { class: "waiting", "aria-label": t("À classer", "To be ranked") });
  const left = () => [...labels.keys()].filter((name) => !order.includes(name));
  const place = (name) =>
    t(`${plainly(labels.get(name))} : rang ${order.indexOf(name) + 1} sur ${labels.size}.`,
      `${plainly(labels.get(name))}: rank ${order.indexOf(name) + 1} of ${labels.size}.`);

  function button(name, action, sign, words, act, off = false) {
    return el("button", {
      type: "button", id: `${id}-${action}-${name}`, class: "sign",
      "aria-label": words, title: words, "aria-disabled": off && "true",
      click: () => off || act(),
    }, sign);
  }

  function change(next, name, focus) {
    order = next;
    draw();
    changed();
    announce(order.includes(name) ? place(name) : t("Retiré du classement.", "Taken out of the order."));
    (by(focus) ?? ranked.querySelector("button") ?? waiting.querySelector("button")).focus();
  }

  function move(name, step) {
    const next = order.filter((other) => other !== name);
    next.splice(order.indexOf(name) + step, 0, name);
    change(next, name, `${id}-${step < 0 ? "up" : "down"}-${name}`);
  }

  function draw() {
    ranked.replaceChildren(...order.map((name, at) => {
      const words = plainly(labels.get(name));
      return el("li", {}, el("span", {}, said(labels.get(name))), el("span", { class: "signs" },
        button(name, "up", "↑", t(`Monter : ${words}`, `Move up: ${words}`),
          () => move(name, -1), at === 0),
        button(name, "down", "↓", t(`Descendre : ${words}`, `Move down: ${words}`),
          () => move(name, 1), at === order.length - 1),
        button(name, "out", "×", t(`Retirer : ${words}`, `Take out: ${words}`),
          () => change(order.filter((other) => other !== name), name, `${id}-add-${name}`))));
    }));
    waiting.replaceChildren(...left().map((name, at, all) => {
      const next = all[at + 1] ?? all[0];
      return el("li", {}, el("button", {
        type: "button", id: `${id}-add-${name}`,
        click: () => change([...order, name], name, `${id}-add-${next}`),
      }, said(labels.get(name))));
    }));
    ranked.hidden = order.length === 0;
    waiting.hidden = left().length === 0;
  }

  draw();
  return {
    role: "group",
    body: [
      el("p", { class: "help" }, t(
        "Choisissez dans l'ordre, le plus important d'abord. Arrêtez-vous quand le reste vous est égal.",
        "Choose in order, the most important first. Stop when the rest is all the same to you.")),
      ranked, waiting,
    ],
    value: () => (order.length ? order : undefined),
    trouble: () => null,
    first: () => (left().length ? waiting : ranked).querySelector("button"),
  };
}

export const FIELDS = {
  free_text: freeText,
  single_choice: choice("radio"),
  multiple_choice: choice("checkbox"),
  scale,
  ranking,
  document_test: documentTest,
};

/** An answer as text, for its author to review. */
export function inWords(question, answer, documents) {
  const labels = new Map((question.options ?? []).map(({ id, label }) => [id, label]));
  switch (question.kind) {
    case "free_text": return [el("p", { class: "own-words" }, answer)];
    case "scale": return [el("p", {}, `${answer} (${question.low}–${question.high})`)];
    case "ranking": return [el("ol", {}, ...answer.map((id) => el("li", {}, said(labels.get(id)))))];
    case "document_test": return documentTest.inWords(question, answer, documents);
    default: return [el("ul", {},
      ...answer.chosen.map((id) => el("li", {}, said(labels.get(id)))),
      answer.other ? el("li", { class: "own-words" }, answer.other) : null)];
  }
}
