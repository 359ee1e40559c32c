/** Asking for the tip: per cent and amount side by side, none of them chosen beforehand. */

import { cart, setTip } from "./cart.js";
import { alertBox, h } from "./dom.js";
import { moneyPad, typed } from "./keypad.js";
import { dollars, keyed, price } from "./money.js";
import { openSheet } from "./sheet.js";
import { sync } from "./sync.js";
import { tablet, therapistOf } from "./tablet.js";

/** The tip chips; nothing while no therapist works in this sale. */
export function tipChips() {
  const people = [...new Set(cart.lines.map((line) => line.therapist).filter((id) => id !== null))];
  if (!people.length) return null;
  const own = cart.tip && cart.tip.percent === undefined ? cart.tip.amount_cents : null;
  return h(
    "fieldset",
    { class: "tip", key: "tip", "data-test": "tip" },
    h("legend", null, people.length === 1 ? `Tip for ${therapistOf(people[0])?.name ?? "the therapist"}` : "Tip"),
    h(
      "div",
      { class: "chips five" },
      chip("none", "None", "", own === 0, () => setTip({ amount_cents: 0 })),
      tablet.catalog.tip_percents.map(percentChip),
      chip("other", "Other", own ? price(own) : "", Boolean(own), askAmount),
    ),
    people.length > 1 ? shares() : null,
  );
}

function percentChip(percent) {
  const offer = sync.sale?.tip_suggestions.find((tip) => Number(tip.percent) === percent);
  return chip(percent, `${percent}%`, offer ? dollars(offer.amount_cents) : "", cart.tip?.percent === percent, () =>
    setTip({ percent }),
  );
}

function chip(name, label, amount, pressed, choose) {
  return h(
    "button",
    { class: "chip", key: name, "aria-pressed": pressed, "data-test": `tip-${name}`, onclick: choose },
    label,
    amount ? h("small", { class: "num" }, " ", amount) : null,
  );
}

function shares() {
  const tips = sync.sale?.tips ?? [];
  const words = tips.map((tip) => `${tip.therapist.name} ${dollars(tip.amount_cents)}`).join(" · ");
  return h(
    "p",
    { class: "shares soft num", "data-test": "tip-shares" },
    words || "Shared by the list price of what each one does.",
  );
}

function askAmount() {
  const state = { cents: cart.tip?.percent === undefined ? (cart.tip?.amount_cents ?? 0) : 0, trouble: "" };
  const press = (key) => {
    Object.assign(state, { cents: keyed(state.cents, key), trouble: "" });
    sheet.redraw();
  };
  const done = () => {
    sheet.close();
    setTip({ amount_cents: state.cents });
  };
  const sheet = openSheet({
    title: "Tip",
    test: "tip-sheet",
    onkeydown: typed(press, done),
    content: () => [
      moneyPad({ label: "Tip", cents: state.cents, press, test: "tip-pad" }),
      alertBox(state.trouble),
      h(
        "button",
        { class: "btn primary big", "data-test": "tip-set", onclick: done },
        state.cents ? `Tip ${dollars(state.cents)}` : "No tip",
      ),
    ],
  });
}
