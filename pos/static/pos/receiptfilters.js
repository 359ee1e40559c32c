/** Which receipts are listed: of some days, the unfinished ones, or those that fit what was typed. */

import { chip, round } from "./buttons.js";
import { daysAfter, today } from "./days.js";
import { h, icon } from "./dom.js";
import { seesClients } from "./names.js";
import { searchField } from "./searchfield.js";

const WHEN = { today: "Today", yesterday: "Yesterday", week: "7 days", open: "Open" };
export const NOTHING = {
  today: "No receipts yet today.",
  yesterday: "No receipts yesterday.",
  week: "No receipts in the last 7 days.",
  open: "No sale is open or parked.",
  day: "No receipts on this day.",
};

/** The question to the list of sales. */
export function queryFor({ when, day }) {
  const now = today();
  if (when === "open") return { unfinished: true };
  if (when === "week") return { from: daysAfter(now, -6), to: daysAfter(now, 1) };
  if (when === "day") return { business_date: day };
  return { business_date: when === "today" ? now : daysAfter(now, -1) };
}

/** The search field and the chips; `type(words)` hears every change, `pick(filter)` a choice. */
export function receiptFilters({ filter, type, find, pick }) {
  const { words, when, day } = filter;
  const one = ([name, label]) => chip(`day-${name}`, !words && when === name, () => pick({ when: name }), label);
  const dated = (event) => event.target.value && pick({ when: "day", day: event.target.value });
  return h(
    "div",
    { class: "filters", key: "filters" },
    search({ words, type, find }),
    h("div", { class: "chips four", role: "group", "aria-label": "Which receipts" }, Object.entries(WHEN).map(one)),
    h(
      "label",
      { class: "day-field" },
      h("span", null, "Another day"),
      h("input", {
        type: "date",
        max: today(),
        value: !words && when === "day" ? day : "",
        "data-test": "day",
        onchange: dated,
      }),
    ),
  );
}

function search({ words, type, find }) {
  return searchField({
    label: seesClients() ? "Number, client, amount, or scan a receipt" : "Number, amount, or scan a receipt",
    words,
    test: "receipt-search",
    type,
    more: { enterkeyhint: "search", onkeydown: (event) => event.key === "Enter" && find() },
    after: words ? round("receipt-search-empty", "Empty the search", () => type(""), icon("close")) : null,
  });
}
