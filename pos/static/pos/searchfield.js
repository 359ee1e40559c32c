/** A field to search in, with its picture; its label stands in it while it is empty. */

import { h, icon } from "./dom.js";

/** `type(words)` hears every change; `more` are further properties of the field, `after` stands behind it. */
export function searchField({ label, words, test, type, more = {}, after = null }) {
  return h(
    "div",
    { class: "search" },
    icon("search"),
    h("input", {
      type: "search",
      "aria-label": label,
      placeholder: label,
      autocomplete: "off",
      spellcheck: "false",
      ...more,
      value: words,
      "data-test": test,
      oninput: (event) => type(event.target.value),
    }),
    after,
  );
}
