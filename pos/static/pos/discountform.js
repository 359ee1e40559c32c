/** How much is taken off and why: per cent, an amount, or another price altogether, and always a reason. */

import { button, chip, reasonChips } from "./buttons.js";
import { alertBox, h } from "./dom.js";
import { moneyPad } from "./keypad.js";
import { dollars, keyed } from "./money.js";
import { Panel } from "./panel.js";
import { tablet } from "./tablet.js";

const PERCENTS = [5, 10, 15, 20];

/** `old` is the discount or price so far or null; `hasPrice` allows another price; `done(given)` takes the new one. */
export class DiscountForm extends Panel {
  constructor({ old, ...facts }) {
    const isPrice = old?.unit_cents !== undefined;
    const cents = old?.amount_cents ?? old?.unit_cents ?? 0;
    super({ percent: old?.percent ?? null, cents, isPrice, reason: old?.reason ?? null, ...facts });
  }

  press = (key) => this.set({ percent: null, cents: keyed(this.cents, key), trouble: "" });

  apply() {
    if (!this.isGiven()) return this.set({ trouble: "Choose a percentage or enter an amount." });
    if (!this.reason) return this.set({ trouble: "Choose a reason." });
    return this.done({ ...this.asked(), reason: this.reason });
  }

  isGiven() {
    return this.isPrice || this.percent !== null || this.cents > 0;
  }

  asked() {
    if (this.isPrice) return { unit_cents: this.cents };
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
        this.hasPrice ? this.ways() : null,
        h("p", { class: "pad-label" }, this.isPrice ? "Price of one" : "Or an amount off"),
        moneyPad({ label: this.isPrice ? "Price of one" : "Amount off", cents: this.cents, press: this.press, test: "discount-pad" }),
      ),
    );
  }

  /** An amount off, or the price itself; none at all gives the line away. */
  ways() {
    const way = (isPrice) => () => this.set({ isPrice, percent: null, cents: 0, trouble: "" });
    return h(
      "div",
      { class: "chips two", key: "ways", role: "group", "aria-label": "Discount or price" },
      chip("by-discount", !this.isPrice, way(false), "Amount off"),
      chip("by-price", this.isPrice, way(true), "Other price"),
    );
  }

  fields() {
    return [
      this.isPrice ? null : this.percentChips(),
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
    if (this.isPrice) return `Sell at ${dollars(this.cents)}`;
    return this.isGiven() ? `Take off ${offWords(this.asked())}` : "Take off";
  }
}

export const offWords = ({ percent, amount_cents }) => (percent ? `${percent}%` : dollars(amount_cents));

/** The name of a reason in the words of the price list. */
export function reasonName(code) {
  return tablet.catalog.discount_reasons.find((reason) => reason.code === code)?.name ?? code;
}
