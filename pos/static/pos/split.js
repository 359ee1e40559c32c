/** Paying in parts: an amount by a kind, what is left, and parts that can be let go. */

import { moneyButton } from "./buttons.js";
import { checkout, dropPart, heldTenders, listenCheckout, payPart } from "./checkout.js";
import { alertBox, h, icon } from "./dom.js";
import { moneyPad, typed } from "./keypad.js";
import { dollars, keyed } from "./money.js";
import { Panel } from "./panel.js";
import { openSheet } from "./sheet.js";
import { sync } from "./sync.js";
import { tablet, tenderName } from "./tablet.js";

const HOW = "Enter an amount, then choose how it is paid. Without an amount it is all that is left.";

export function partsList() {
  const parts = heldTenders();
  return parts.length ? h("ul", { class: "parts", key: "parts", "data-test": "parts" }, parts.map(partRow)) : null;
}

function partRow(part) {
  const name = tenderName(part.kind);
  const amount = dollars(part.amount_cents);
  const look = { class: "round", disabled: checkout.busy, "aria-label": `Remove ${name} ${amount}` };
  return h(
    "li",
    { key: part.id },
    h("span", null, icon("check"), name),
    h("span", { class: "num" }, amount),
    moneyButton("part-remove", look, () => dropPart(part.id), icon("close")),
  );
}

/** Opens the sheet for taking a part; it stays open until nothing is left or somebody closes it. */
export function openSplit() {
  const split = new Split({ cents: 0, redraw: () => sheet.redraw() });
  const sheet = openSheet({
    title: "Split the payment",
    wide: true,
    test: "split-sheet",
    onkeydown: typed(split.press),
    onClose: () => stop(),
    content: () => split.view(),
  });
  const stop = listenCheckout(() => {
    if (!sync.sale || checkout.unknown) sheet.close();
    else sheet.redraw();
  });
}

class Split extends Panel {
  press = (key) => this.set({ cents: keyed(this.cents, key), trouble: "" });

  take(kind, amount_cents) {
    const { due_cents } = sync.sale;
    if (kind !== "cash" && amount_cents > due_cents)
      return this.set({ trouble: `Only ${dollars(due_cents)} is left to pay.` });
    this.cents = 0;
    return payPart(kind, amount_cents);
  }

  view() {
    const due = sync.sale?.due_cents ?? 0;
    const kinds = tablet.catalog.tender_kinds.filter((kind) => kind.code !== "cash" || tablet.drawer);
    const output = { class: "total-amount num", "aria-live": "polite", "data-test": "split-due" };
    return h(
      "div",
      { class: "two" },
      h(
        "div",
        { class: "stack" },
        h("p", { class: "split-left" }, "Still due", h("output", output, dollars(due))),
        partsList(),
        h("p", { class: "soft" }, HOW),
        alertBox(this.trouble || checkout.trouble),
        kinds.map((kind) => this.kindButton(kind, due)),
      ),
      moneyPad({ label: "Part to pay", cents: this.cents, press: this.press, test: "split-pad" }),
    );
  }

  kindButton({ code, name }, due) {
    const rest = code === "cash" ? (sync.sale?.cash_due_cents ?? due) : due; // cash may be rounded
    const amount = this.cents || rest;
    const finishes = amount >= rest;
    const look = {
      class: finishes ? "btn primary big" : "btn big",
      key: `${code} ${amount}`,
      disabled: checkout.busy || !due,
    };
    const words = `${name} ${dollars(amount)}${finishes ? " · finish" : ""}`;
    return moneyButton(`split-${code}`, look, () => this.take(code, amount), words);
  }
}
