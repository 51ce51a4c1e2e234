// The questionnaire as a form: questions asked so far, answers, and errors.

import { FIELDS } from "./fields.js";
import { el, plainly, said, t } from "./dom.js";

export class Questionnaire {
  #asked;

  /** `given`: stored answers by question. `changed` is called after each change. */
  constructor({ questionnaire, documents }, given, changed) {
    this.#asked = questionnaire.questions.map((question, place) => {
      const id = `q-${question.id}`;
      const told = () => {
        this.#refresh();
        for (const asked of this.#asked) if (!asked.error.hidden) complain(asked);
        changed();
      };
      const field = FIELDS[question.kind](question, { id, given: given[question.id], changed: told, documents });
      return { question, field, id, ...framed(question, place + 1, field, id, told) };
    });
    this.#refresh();
  }

  get elements() {
    return this.#asked.map(({ frame }) => frame);
  }

  /** All answers for the draft, also of questions that are no longer asked. */
  get typed() {
    return Object.fromEntries(this.#asked.flatMap(({ question, field }) => {
      const answer = field.value();
      return answer === undefined ? [] : [[question.id, answer]];
    }));
  }

  /** The answers to send: of questions that are asked, in their order. */
  get answers() {
    const { typed } = this;
    return new Map(this.#asked
      .filter(({ question, frame }) => !frame.hidden && question.id in typed)
      .map(({ question }) => [question, typed[question.id]]));
  }

  get progress() {
    return { answered: this.answers.size, asked: this.#asked.filter(({ frame }) => !frame.hidden).length };
  }

  /** Whether all reported errors are corrected. */
  get sound() {
    return this.#asked.every(({ error }) => error.hidden);
  }

  /** Shows the error of each question; returns them with the elements to focus. */
  check() {
    return this.#asked.flatMap((asked) => {
      const { question, field } = asked;
      const trouble = complain(asked);
      return trouble ? [{ question: plainly(question.text), trouble, field: field.first() }] : [];
    });
  }

  /** The first question, for a form without answers. */
  get beginning() {
    const { question, field } = this.#asked.find(({ frame }) => !frame.hidden);
    return { question: plainly(question.text), trouble: "", field: field.first() };
  }

  /** Conditions refer to earlier questions, so one pass in order decides for all. */
  #refresh() {
    const shown = new Map();
    for (const { question, field, frame, clear } of this.#asked ?? []) {
      const { only_if: condition } = question;
      const given = condition && shown.get(condition.question);
      frame.hidden = Boolean(condition) && !condition.any_of.some((option) => given?.includes(option));
      const answer = frame.hidden ? undefined : field.value();
      shown.set(question.id, Array.isArray(answer) ? answer : answer?.chosen ?? []);
      if (clear) clear.hidden = answer === undefined;
    }
  }
}

/** Numbered as in the server's refusals: a question that is not asked leaves a gap. */
function framed(question, number, field, id, told) {
  const group = field.role !== null;
  const error = el("p", { class: "error", id: `${id}-error`, hidden: true });
  const help = el("p", { class: "help", id: `${id}-help` }, question.help && said(question.help));
  help.hidden = !question.help;
  const asked = el("span", { class: "asked" }, `${number}. `, said(question.text));
  const need = question.required ? el("span", { class: "need" }, ` ${t("(obligatoire)", "(required)")}`) : null;
  const clear = field.clear && !question.required
    ? el("button", { type: "button", class: "quiet", hidden: true, click: () => {
      field.clear();
      told();
      field.first().focus();
    } }, t("Effacer cette réponse", "Clear this answer"))
    : null;
  const frame = group
    ? el("fieldset", {
      class: "question", role: field.role, "aria-describedby": `${id}-help ${id}-error`,
      "aria-required": field.role === "radiogroup" && question.required && "true",
    }, el("legend", {}, asked, need), help, error, ...field.body.filter(Boolean), clear)
    : el("div", { class: "question" }, el("label", { for: id }, asked, need), help, error, ...field.body);
  return { frame, error, clear };
}

function complain(asked) {
  const { question, field, frame, error } = asked;
  const missing = question.required && field.value() === undefined;
  const trouble = frame.hidden ? null : field.trouble()
    ?? (missing ? t("Cette question demande une réponse.", "This question needs an answer.") : null);
  error.textContent = trouble ?? "";
  error.hidden = !trouble;
  frame.classList.toggle("wrong", Boolean(trouble));
  for (const control of asked.faulty ?? []) restore(control);
  asked.faulty = trouble ? faultyControls(field, frame) : [];
  for (const control of asked.faulty) mark(control, error.id);
  return trouble;
}

/** The elements to mark as invalid: the radio group, and the control that gets the focus. */
function faultyControls(field, frame) {
  const first = field.first();
  const group = field.role === "radiogroup" ? [frame] : [];
  const own = field.role === "radiogroup" ? first.matches("[type=text]") : first.matches("input, textarea");
  return own ? [...group, first] : group;
}

function mark(control, errorId) {
  control.setAttribute("aria-invalid", "true");
  const described = control.getAttribute("aria-describedby") ?? "";
  if (described.split(" ").includes(errorId)) return;
  control.dataset.described = described;
  control.setAttribute("aria-describedby", `${described} ${errorId}`.trim());
}

function restore(control) {
  control.removeAttribute("aria-invalid");
  const { described } = control.dataset;
  if (described === undefined) return;
  if (described) control.setAttribute("aria-describedby", described);
  else control.removeAttribute("aria-describedby");
  delete control.dataset.described;
}
