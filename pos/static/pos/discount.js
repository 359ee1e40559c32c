/** A discount on the whole sale: how much and why. */

import { cart, setDiscount } from "./cart.js";
import { alertBox, h, icon } from "./dom.js";
import { moneyPad, typed } from "./keypad.js";
import { dollars, keyed } from "./money.js";
import { reasonChips } from "./reasons.js";
import { openSheet } from "./sheet.js";
import { sync } from "./sync.js";
import { tablet } from "./tablet.js";

const PERCENTS = [5, 10, 15, 20];

/** The discount of the cart with what it takes off, a way to change it and one to remove it; null without one. */
export function discountRow() {
  const [discount] = cart.discounts;
  if (!discount) return null;
  const value = sync.sale?.discount_cents;
  const remove = () => setDiscount(null);
  return [
    h(
      "button",
      { class: "btn quiet given", key: "change", "data-test": "discount", onclick: askDiscount },
      icon("tag"),
      h(
        "span",
        null,
        `Discount ${amountWords(discount)}`,
        h("small", { class: "soft" }, ` ${reasonName(discount.reason)}`),
      ),
      " ",
      h("span", { class: "num", "data-test": "discount-value" }, value ? dollars(-value) : ""),
    ),
    h(
      "button",
      {
        class: "round",
        key: "remove",
        "aria-label": "Remove discount",
        "data-test": "discount-remove",
        onclick: remove,
      },
      icon("close"),
    ),
  ];
}

/** Opens the sheet that asks for per cent or amount, and for the reason. */
export function askDiscount() {
  const [old] = cart.discounts;
  const form = {
    percent: old?.percent ?? null,
    cents: old?.amount_cents ?? 0,
    reason: old?.reason ?? null,
    trouble: "",
    set(facts) {
      Object.assign(form, { trouble: "" }, facts);
      sheet.redraw();
    },
    press: (key) => form.set({ percent: null, cents: keyed(form.cents, key) }),
    apply() {
      const missing = whatIsMissing(form);
      if (missing) return form.set({ trouble: missing });
      sheet.close();
      return setDiscount({ ...asked(form), reason: form.reason });
    },
  };
  const sheet = openSheet({
    title: "Discount on this sale",
    wide: true,
    test: "discount-sheet",
    onkeydown: typed(form.press, form.apply),
    content: () => formView(form),
  });
}

function formView(form) {
  return h(
    "div",
    { class: "two" },
    h(
      "div",
      { class: "stack" },
      percentChips(form),
      reasonChips({
        reasons: tablet.catalog.discount_reasons,
        chosen: form.reason,
        choose: (reason) => form.set({ reason }),
      }),
      alertBox(form.trouble),
      h(
        "button",
        { class: "btn primary big", "data-test": "discount-apply", onclick: form.apply },
        isGiven(form) ? `Take off ${amountWords(asked(form))}` : "Apply",
      ),
    ),
    moneyPad({ label: "Or an amount", cents: form.cents, press: form.press, test: "discount-pad" }),
  );
}

function percentChips(form) {
  const chip = (percent) =>
    h(
      "button",
      {
        class: "chip",
        key: percent,
        "aria-pressed": form.percent === percent,
        "data-test": `discount-${percent}`,
        onclick: () => form.set({ percent, cents: 0 }),
      },
      `${percent}%`,
    );
  return h(
    "fieldset",
    { class: "plain" },
    h("legend", null, "Per cent"),
    h("div", { class: "chips four" }, PERCENTS.map(chip)),
  );
}

function whatIsMissing(form) {
  if (!isGiven(form)) return "Choose a percentage or enter an amount.";
  return form.reason ? "" : "Choose a reason.";
}

const isGiven = ({ percent, cents }) => percent !== null || cents > 0;
const asked = ({ percent, cents }) => (percent === null ? { amount_cents: cents } : { percent });
const amountWords = ({ percent, amount_cents }) => (percent ? `${percent}%` : dollars(amount_cents));
const reasonName = (code) => tablet.catalog.discount_reasons.find((reason) => reason.code === code)?.name ?? code;
