/** What is to be heeded about a line of the cart: never why, only who is to be asked and what could be had instead. */

import { button, moneyButton } from "./buttons.js";
import { cart, swapItem } from "./cart.js";
import { h, icon } from "./dom.js";
import { sync } from "./sync.js";
import { itemOf } from "./tablet.js";

/** The warnings about the line that the server priced as `priced`. */
export function warningsOf(line, priced) {
  const found = priced ? (sync.sale?.warnings ?? []).filter((warning) => warning.line === priced.id) : [];
  return found.map((warning) => warningView(line, warning));
}

/** The sheet is fetched when it is first wanted: most sales never ask for it. */
async function check() {
  const { openTherapistCheck } = await import("./healthsheet.js");
  await openTherapistCheck();
}

function warningView(line, { code, sentence, open, swaps }) {
  const look = { class: open ? "line-warning open" : "line-warning", key: code, "data-test": "line-warning" };
  const busy = Boolean(cart.finishing);
  return h(
    "div",
    look,
    h("p", { role: "status" }, icon(open ? "alert" : "person"), sentence),
    open ? moneyButton("therapist-ok", { class: "btn", disabled: busy }, check, "Therapist’s OK") : null,
    open ? swaps.map((swap) => swapButton(line, swap)) : null,
  );
}

function swapButton(line, { item, name }) {
  const ware = itemOf(item);
  if (!ware) return null;
  return button(`swap-${item}`, { class: "btn", key: item }, () => swapItem(line.key, ware), `Swap to ${name}`);
}
