/** Cash of any amount, for when none of the presets is what the client hands over. */

import { payCash } from "./checkout.js";
import { alertBox, h } from "./dom.js";
import { moneyPad, typed } from "./keypad.js";
import { dollars, keyed } from "./money.js";
import { openSheet } from "./sheet.js";
import { deliberate } from "./taps.js";

/** Asks how much cash was received and completes the sale with it. */
export function askCash(due_cents) {
  const form = {
    cents: 0,
    trouble: "",
    set(facts) {
      Object.assign(form, facts);
      sheet.redraw();
    },
    press: (key) => form.set({ cents: keyed(form.cents, key), trouble: "" }),
    take() {
      if (form.cents < due_cents)
        return form.set({ trouble: `That is less than ${dollars(due_cents)}. For a part choose Split.` });
      sheet.close();
      return payCash(form.cents, due_cents);
    },
  };
  const sheet = openSheet({
    title: `Cash for ${dollars(due_cents)}`,
    test: "cash-sheet",
    onkeydown: typed(form.press, form.take),
    content: () => cashView(form, due_cents),
  });
}

function cashView({ cents, trouble, press, take }, due_cents) {
  const enough = cents >= due_cents;
  return [
    moneyPad({ label: "Cash received", cents, press, test: "cash-pad" }),
    alertBox(trouble),
    h(
      "button",
      { class: "btn primary big money", "data-test": "cash-take", onclick: deliberate(take) },
      enough ? `Take ${dollars(cents)} · change ${dollars(cents - due_cents)}` : "Take cash",
    ),
  ];
}
