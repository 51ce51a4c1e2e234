// A letter or form to test: each sentence can be marked as clear, unclear or incomplete, with a
// comment. A sentence is a checkbox, so that it flows with the text and can be reached by keyboard.

import { by, el, said, t } from "./dom.js";

const MARKS = {
  clear: t("C'est clair", "It is clear"),
  unclear: t("Ce n'est pas clair", "It is not clear"),
  missing: t("Il manque quelque chose", "Something is missing"),
};
const ABBREVIATION = /(?:^|[\s(])(?:M|MM|Mme|Mmes|Dr|Me|art|n°|cf|p|etc|Mr|Mrs|Ms|No)\.?\s*$/u;

/** Sentences of the plain text by paragraph; offsets in code points, as they are sent. */
export function sentences(text) {
  const segmenter = new Intl.Segmenter("fr", { granularity: "sentence" });
  let place = 0;
  return text.split("\n").map((line) => {
    const found = [];
    for (const { segment } of segmenter.segment(line)) {
      const last = found.at(-1);
      const start = place;
      place += [...segment].length;
      if (last && ABBREVIATION.test(last.text)) Object.assign(last, { text: last.text + segment, end: place });
      else if (segment.trim()) found.push({ text: segment, start, end: place });
    }
    place += 1; // the line break
    return found;
  }).filter((line) => line.length);
}

export function documentTest(question, { id, given, changed, documents }) {
  const { title, text, url, media_type: type } = documents.find(({ id: one }) => one === question.document_id);
  const before = new Map((given?.passages ?? []).map((passage) => [passage.start, passage]));
  const passages = [];
  const lines = sentences(text ?? "").map((line) => el("div", { class: "line" },
    ...line.flatMap((sentence) => {
      const passage = markable(sentence, `${id}-${sentence.start}`, before.get(sentence.start), changed);
      passages.push(passage);
      return [passage.sentence, passage.panel];
    })));
  const comment = el("textarea", { id: `${id}-comment`, rows: 3, input: changed });
  comment.value = given?.comment ?? "";
  const marked = () => passages.filter((passage) => passage.box.checked);
  return {
    role: "group",
    body: [
      lines.length ? el("p", { class: "help" }, t("Choisissez une phrase pour dire ce que vous en pensez.",
        "Choose a sentence to say what you think of it.")) : null,
      el("div", { class: "document", lang: "fr", role: "group", "aria-label": title },
        el("p", { class: "document-title" }, title), ...lines,
        !text && type.startsWith("image/") ? el("img", { src: url, alt: title }) : null),
      el("p", {}, el("a", { href: url, target: "_blank", rel: "noopener" },
        t("Voir le document d'origine (nouvel onglet)", "See the original document (new tab)"))),
      el("p", { class: "label" }, el("label", { for: comment.id }, t(
        "Sur l'ensemble du document", "On the document as a whole"))),
      comment,
    ],
    value: () => {
      const answer = { passages: marked().map((passage) => passage.value()), comment: comment.value.trim() };
      return answer.passages.length || answer.comment ? answer : undefined;
    },
    trouble: () => (marked().some((passage) => !passage.value().mark)
      ? t("Dites pour chaque phrase choisie si elle est claire.", "Say of each chosen sentence whether it is clear.")
      : null),
    first: () => marked().find((passage) => !passage.value().mark)?.first ?? passages[0]?.box ?? comment,
  };
}

documentTest.inWords = (question, { passages, comment }, documents) => {
  const text = [...(documents.find(({ id }) => id === question.document_id).text ?? "")];
  return [
    el("ul", {}, ...passages.map(({ start, end, mark, comment: words }) => el("li", {},
      el("q", { lang: "fr" }, text.slice(start, end).join("").trim()), ` ${MARKS[mark]}`,
      words ? el("p", { class: "own-words" }, words) : null))),
    comment ? el("p", { class: "own-words" }, comment) : null,
  ].filter((node) => node?.childNodes.length);
};

function markable({ text, start, end }, id, given, changed) {
  const box = el("input", { type: "checkbox", class: "unseen", id, change: () => {
    panel.hidden = !box.checked;
    changed();
  } });
  box.checked = Boolean(given);
  const chosen = () => radios.find((radio) => radio.checked)?.value;
  const show = () => {
    sentence.dataset.mark = chosen() ?? "";
    changed();
  };
  const radios = Object.keys(MARKS).map((mark) => {
    const radio = el("input", { type: "radio", name: `${id}-mark`, value: mark, change: show });
    radio.checked = given?.mark === mark;
    return radio;
  });
  const comment = el("textarea", { id: `${id}-words`, rows: 2, input: changed });
  comment.value = given?.comment ?? "";
  const sentence = el("label", { class: "sentence", "data-mark": given?.mark ?? "" }, text, box);
  const language = document.documentElement.lang; // the document itself is in French
  const panel = el("div", { class: "mark", hidden: !given, lang: language },
    el("fieldset", {},
      el("legend", {}, t("Cette phrase : ", "This sentence: "), el("q", { lang: "fr", class: "unseen" }, text)),
      ...radios.map((radio) => el("label", { class: "option" }, radio, el("span", {}, MARKS[radio.value])))),
    el("label", { for: comment.id }, t("Pourquoi ? (facultatif)", "Why? (optional)")), comment);
  return {
    sentence, panel, box, first: radios[0],
    value: () => ({ start, end, mark: chosen(), comment: comment.value.trim() }),
  };
}
