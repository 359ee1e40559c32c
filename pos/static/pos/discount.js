/** A discount on the whole sale: how much and why. */

import { button, chip, reasonChips, reasonWords, round } from "./buttons.js";
import { cart, setDiscount } from "./cart.js";
import { alertBox, h, icon } from "./dom.js";
import { moneyPad, typed } from "./keypad.js";
import { dollars, keyed } from "./money.js";
import { Panel } from "./panel.js";
import { openSheet } from "./sheet.js";
import { sync } from "./sync.js";
import { tablet } from "./tablet.js";

const PERCENTS = [5, 10, 15, 20];

/** The discount of the cart with what it takes off, a way to change it and one to remove it; null without one. */
export function discountRow() {
  const [discount] = cart.discounts;
  if (!discount) return null;
  const value = sync.sale?.discount_cents;
  const reason = tablet.catalog.discount_reasons.find(({ code }) => code === discount.reason)?.name ?? discount.reason;
  return [
    button(
      "discount",
      { class: "btn quiet given", key: "change" },
      askDiscount,
      icon("tag"),
      h("span", null, `Discount ${amountWords(discount)}`, h("small", { class: "soft" }, ` ${reasonWords(reason)}`)),
      " ",
      h("span", { class: "num", "data-test": "discount-value" }, value ? dollars(-value) : ""),
    ),
    round("discount-remove", "Remove discount", () => setDiscount(null), icon("close"), { key: "remove" }),
  ];
}

export function askDiscount() {
  const [old] = cart.discounts;
  const form = new DiscountForm({
    percent: old?.percent ?? null,
    cents: old?.amount_cents ?? 0,
    reason: old?.reason ?? null,
    redraw: () => sheet.redraw(),
    done: (discount) => {
      sheet.close();
      setDiscount(discount);
    },
  });
  const sheet = openSheet({
    title: "Discount on this sale",
    wide: true,
    test: "discount-sheet",
    onkeydown: typed(form.press, () => form.apply()),
    content: () => form.view(),
  });
}

class DiscountForm extends Panel {
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

  view() {
    return h(
      "div",
      { class: "two" },
      h(
        "div",
        { class: "stack" },
        this.percentChips(),
        reasonChips({
          reasons: tablet.catalog.discount_reasons,
          chosen: this.reason,
          choose: (reason) => this.set({ reason, trouble: "" }),
        }),
        alertBox(this.trouble),
        button("discount-apply", "btn primary big", () => this.apply(), this.applyWords()),
      ),
      moneyPad({ label: "Or an amount", cents: this.cents, press: this.press, test: "discount-pad" }),
    );
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
      { class: "plain" },
      h("legend", null, "Per cent"),
      h("div", { class: "chips four" }, PERCENTS.map(one)),
    );
  }

  applyWords() {
    return this.isGiven() ? `Take off ${amountWords(this.asked())}` : "Apply";
  }
}

const amountWords = ({ percent, amount_cents }) => (percent ? `${percent}%` : dollars(amount_cents));
