/** Choosing one reason out of several, for discounts and for money given back. */

import { h } from "./dom.js";

/** The reasons as chips, the chosen one marked. */
export function reasonChips({ reasons, chosen, choose }) {
  const chip = ({ code, name }) =>
    h(
      "button",
      {
        class: "chip",
        key: code,
        "aria-pressed": chosen === code,
        "data-test": `reason-${code}`,
        onclick: () => choose(code),
      },
      name,
    );
  return h(
    "fieldset",
    { class: "plain", key: "reasons", "data-test": "reasons" },
    h("legend", null, "Reason"),
    h("div", { class: "chips wrap" }, reasons.map(chip)),
  );
}
