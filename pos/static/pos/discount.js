/** A discount on the whole sale: how much and why. */

import { button, reasonWords, round } from "./buttons.js";
import { cart, setDiscount } from "./cart.js";
import { DiscountForm, offWords, reasonName } from "./discountform.js";
import { h, icon } from "./dom.js";
import { typed } from "./keypad.js";
import { dollars } from "./money.js";
import { openSheet } from "./sheet.js";
import { sync } from "./sync.js";

/** The discount of the cart with what it takes off, a way to change it and one to remove it; null without one. */
export function discountRow() {
  const [discount] = cart.discounts;
  if (!discount) return null;
  const given = sync.sale?.discounts.find(({ line }) => !line);
  const who = given?.approver ? `, approved by ${given.approver.name}` : "";
  return [
    button(
      "discount",
      { class: "btn quiet given", key: "change" },
      askDiscount,
      icon("tag"),
      h(
        "span",
        null,
        `Discount ${offWords(discount)}`,
        h("small", { class: "soft" }, ` ${reasonWords(reasonName(discount.reason))}${who}`),
      ),
      " ",
      h("span", { class: "num", "data-test": "discount-value" }, given ? dollars(-given.value_cents) : ""),
    ),
    round("discount-remove", "Remove discount", () => setDiscount(null), icon("close"), { key: "remove" }),
  ];
}

export function askDiscount() {
  const form = new DiscountForm({
    old: cart.discounts[0] ?? null,
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
