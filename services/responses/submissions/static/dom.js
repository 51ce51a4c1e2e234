// Texts in the page's language, and elements built without parsing HTML.

export const language = document.documentElement.lang;

export const t = (french, english) => (language === "en" ? english : french.replace(/ ([:;?!])/g, "\u00a0$1"));

export const by = (id) => document.getElementById(id);

/** Creates an element. A function becomes a listener of the event of its name, `true` an empty attribute. */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(key, value === true ? "" : value);
    }
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** A text of the questionnaire; marked as French where the English one is missing. */
export function said(words) {
  if (language === "en" && words.en) return words.en;
  return language === "fr" ? words.fr : el("span", { lang: "fr" }, words.fr);
}

/** The same as plain characters, for names and announcements. */
export const plainly = (words) => (language === "en" && words.en) || words.fr;

/** "24 novembre 2026" for an ISO date; a date has no zone. */
export function longDate(iso) {
  const how = { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" };
  return new Intl.DateTimeFormat(language === "en" ? "en-GB" : "fr-FR", how).format(new Date(iso));
}

/** Text for screen readers only. */
export function announce(sentence) {
  by("announce").textContent = sentence;
}

export const count = (number, one, many) => `${number} ${number === 1 ? one : many}`;
