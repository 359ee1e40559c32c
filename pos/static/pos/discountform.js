/** How much is taken off and why: per cent or an amount, and always a reason. */

import { button, chip, reasonChips } from "./buttons.js";
import { alertBox, h } from "./dom.js";
import { moneyPad } from "./keypad.js";
import { dollars, keyed } from "./money.js";
import { Panel } from "./panel.js";
import { tablet } from "./tablet.js";

const PERCENTS = [5, 10, 15, 20];

/** `old` is the discount so far or null; `done(discount)` takes the new one. */
export class DiscountForm extends Panel {
  constructor({ old, ...facts }) {
    super({ percent: old?.percent ?? null, cents: old?.amount_cents ?? 0, reason: old?.reason ?? null, ...facts });
  }

  press = (key) => this.set({ percent: null, cents: keyed(this.cents, key), trouble: "" });

  apply() {
    if (!this.isGiven()) return this.set({ trouble: "Choose a percentage or enter an amount." });
    if (!this.reason) return this.set({ trouble: "Choose a reason." });
    return this.done({ ...this.asked(), reason: this.reason });
  }

  isGiven() {
    return this.percent !== null || this.cents > 0;
  }

  asked() {
    return this.percent === null ? { amount_cents: this.cents } : { percent: this.percent };
  }

  /** The form beside its key pad; `first` stands above it and `last` below. */
  view({ first = null, last = null } = {}) {
    return h(
      "div",
      { class: "two" },
      h("div", { class: "stack" }, first, this.fields(), last),
      h(
        "div",
        { class: "stack" },
        h("p", { class: "pad-label" }, "Or an amount off"),
        moneyPad({ label: "Amount off", cents: this.cents, press: this.press, test: "discount-pad" }),
      ),
    );
  }

  fields() {
    return [
      this.percentChips(),
      reasonChips({
        reasons: tablet.catalog.discount_reasons,
        chosen: this.reason,
        choose: (reason) => this.set({ reason, trouble: "" }),
      }),
      alertBox(this.trouble),
      button("discount-apply", { class: "btn primary big", key: "apply" }, () => this.apply(), this.applyWords()),
    ];
  }

  percentChips() {
    const one = (percent) =>
      chip(
        `discount-${percent}`,
        this.percent === percent,
        () => this.set({ percent, cents: 0, trouble: "" }),
        `${percent}%`,
      );
    return h(
      "fieldset",
      { class: "plain", key: "percents" },
      h("legend", null, "Discount"),
      h("div", { class: "chips four" }, PERCENTS.map(one)),
    );
  }

  applyWords() {
    return this.isGiven() ? `Take off ${offWords(this.asked())}` : "Take off";
  }
}

export const offWords = ({ percent, amount_cents }) => (percent ? `${percent}%` : dollars(amount_cents));

/** The name of a reason in the words of the price list. */
export function reasonName(code) {
  return tablet.catalog.discount_reasons.find((reason) => reason.code === code)?.name ?? code;
}
