/** Fewer, how many, more. */

import { h, icon } from "./dom.js";

/** Two buttons around a number; without a lower bound the last piece is taken out with a bin. */
export function stepper({ name, quantity, set, least, most = Infinity }) {
  const out = least === undefined && quantity === 1;
  const button = (test, label, picture, disabled, wanted) =>
    h(
      "button",
      { class: "round", "aria-label": `${label} ${name}`, disabled, "data-test": test, onclick: () => set(wanted) },
      icon(picture),
    );
  return h(
    "div",
    { class: "stepper", role: "group", "aria-label": `How many ${name}` },
    button("less", out ? "Remove" : "One less", out ? "trash" : "minus", quantity <= (least ?? 0), quantity - 1),
    h("span", { class: "num", "data-test": "quantity" }, quantity),
    button("more", "One more", "plus", quantity >= most, quantity + 1),
  );
}
