/** Which sales to list: by day or by the number on the receipt. */

import { h, icon } from "./dom.js";
import { dayOf } from "./tablet.js";

const DAY_MS = 86_400_000;

/** Day chips, a day field and a number field; `choose({day, number})` hears what was asked for. */
export function filterForm({ day, number }, choose) {
  const today = dayOf(new Date());
  const chip = (label, value) =>
    h(
      "button",
      {
        class: "chip",
        key: label,
        "aria-pressed": !number && day === value,
        "data-test": `day-${label.toLowerCase()}`,
        onclick: () => choose({ day: value, number: "" }),
      },
      label,
    );
  return h(
    "div",
    { class: "filters" },
    h(
      "div",
      { class: "chips three", role: "group", "aria-label": "Day" },
      chip("Recent", ""),
      chip("Today", today),
      chip("Yesterday", dayOf(new Date(Date.now() - DAY_MS))),
    ),
    dayField(day, today, choose),
    numberField(number, choose),
  );
}

function dayField(day, today, choose) {
  const pick = (event) => choose({ day: event.target.value, number: "" });
  return h(
    "label",
    { class: "small-field" },
    "Another day",
    h("input", { type: "date", max: today, value: day, "data-test": "day", onchange: pick }),
  );
}

/** Takes "42", "000042" or the whole "UPT-000042". */
function numberField(number, choose) {
  const find = (event) => {
    event.preventDefault();
    const digits = new FormData(event.target).get("number").replace(/^.*-/, "").replace(/\D/g, "");
    choose({ day: "", number: digits ? String(Number(digits)) : "" });
  };
  return h(
    "form",
    { class: "small-field", onsubmit: find },
    h("label", { for: "receipt-number" }, "Receipt number"),
    h("input", {
      id: "receipt-number",
      name: "number",
      inputmode: "numeric",
      autocomplete: "off",
      value: number,
      "data-test": "receipt-number",
    }),
    h("button", { type: "submit", class: "round", "aria-label": "Find", "data-test": "find-receipt" }, icon("search")),
  );
}
