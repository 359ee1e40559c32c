/** Paying in parts: an amount by a kind, what is left, and parts that can be let go. */

import { checkout, dropPart, heldTenders, listenCheckout, payPart } from "./checkout.js";
import { alertBox, h, icon } from "./dom.js";
import { moneyPad, typed } from "./keypad.js";
import { dollars, keyed } from "./money.js";
import { openSheet } from "./sheet.js";
import { sync } from "./sync.js";
import { tablet, tenderName } from "./tablet.js";
import { deliberate } from "./taps.js";

/** The parts taken so far, each with a way to let it go. */
export function partsList() {
  const parts = heldTenders();
  if (!parts.length) return null;
  return h(
    "ul",
    { class: "parts", key: "parts", "data-test": "parts" },
    parts.map((part) =>
      h(
        "li",
        { key: part.id },
        h("span", null, icon("check"), tenderName(part.kind)),
        h("span", { class: "num" }, dollars(part.amount_cents)),
        h(
          "button",
          {
            class: "round money",
            disabled: checkout.busy,
            "aria-label": `Remove ${tenderName(part.kind)} ${dollars(part.amount_cents)}`,
            "data-test": "part-remove",
            onclick: deliberate(() => dropPart(part.id)),
          },
          icon("close"),
        ),
      ),
    ),
  );
}

/** Opens the sheet for taking a part; it stays open until nothing is left or somebody closes it. */
export function openSplit() {
  const state = { cents: 0, trouble: "" };
  const press = (key) => {
    Object.assign(state, { cents: keyed(state.cents, key), trouble: "" });
    sheet.redraw();
  };
  const sheet = openSheet({
    title: "Split the payment",
    wide: true,
    test: "split-sheet",
    onkeydown: typed(press),
    onClose: () => stop(),
    content: () => splitView(state, press, take),
  });
  const stop = listenCheckout(() => {
    if (!sync.sale || checkout.unknown) sheet.close();
    else sheet.redraw();
  });

  async function take(kind, amount_cents) {
    const due = sync.sale.due_cents;
    if (kind !== "cash" && amount_cents > due) {
      state.trouble = `Only ${dollars(due)} is left to pay.`;
      return sheet.redraw();
    }
    state.cents = 0;
    return payPart(kind, amount_cents);
  }
}

function splitView(state, press, take) {
  const due = sync.sale?.due_cents ?? 0;
  const kinds = tablet.catalog.tender_kinds.filter((kind) => kind.code !== "cash" || tablet.drawer);
  return [
    h(
      "div",
      { class: "two" },
      h(
        "div",
        { class: "split-state" },
        h(
          "p",
          { class: "split-left" },
          "Still due",
          h("output", { class: "total-amount num", "aria-live": "polite", "data-test": "split-due" }, dollars(due)),
        ),
        partsList(),
        h(
          "p",
          { class: "soft" },
          "Enter an amount, then choose how it is paid. Without an amount it is all that is left.",
        ),
        alertBox(state.trouble || checkout.trouble),
        h(
          "div",
          { class: "split-kinds" },
          kinds.map((kind) => partButton(kind, state.cents || restIn(kind, due), due, take)),
        ),
      ),
      moneyPad({ label: "Part to pay", cents: state.cents, press, test: "split-pad" }),
    ),
  ];
}

function partButton(kind, amount, due, take) {
  const finishes = amount >= restIn(kind, due);
  return h(
    "button",
    {
      class: finishes ? "btn primary big money" : "btn big money",
      key: `${kind.code} ${amount}`,
      disabled: checkout.busy || !due,
      "data-test": `split-${kind.code}`,
      onclick: deliberate(() => take(kind.code, amount)),
    },
    `${kind.name} ${dollars(amount)}${finishes ? " · finish" : ""}`,
  );
}

/** All that is left in this kind: for cash after cash rounding. */
const restIn = (kind, due) => (kind.code === "cash" ? (sync.sale?.cash_due_cents ?? due) : due);
