/** More ways to pay: what the client has here, a card on file, and a link that the client's own phone pays by. */

import { get } from "./api.js";
import { button, moneyButton } from "./buttons.js";
import { cart } from "./cart.js";
import { payBy } from "./checkout.js";
import { alertBox, h } from "./dom.js";
import { dollars } from "./money.js";
import { Panel } from "./panel.js";
import { openSheet } from "./sheet.js";
import { sync } from "./sync.js";

/** These are asked of the bank, so the desk waits for the answer. */
const ASKED = ["saved_card", "pay_link"];

export function openMorePay() {
  const more = new MorePay({ offers: null, redraw: () => sheet.redraw() });
  const sheet = openSheet({ title: "More ways to pay", test: "more-pay-sheet", content: () => more.view() });
  more.close = sheet.close;
  more.load();
}

class MorePay extends Panel {
  load() {
    if (!cart.client) return this.set({ offers: [] });
    return this.attempt(async () => {
      const { results } = await get(`clients/${cart.client}/holdings`);
      this.offers = results.filter(({ can_pay, items }) => can_pay && !items.length);
      this.redraw();
    });
  }

  take(tender) {
    this.close();
    return payBy(tender, { isAsked: ASKED.includes(tender.kind), shown_cents: sync.sale.due_cents });
  }

  view() {
    const due = sync.sale?.due_cents ?? 0;
    return h(
      "div",
      { class: "stack" },
      alertBox(this.trouble),
      this.offers ? this.offers.map((offer) => this.offerButton(offer, due)) : h("p", { class: "soft" }, this.words()),
      cart.client ? null : h("p", { class: "soft" }, "Choose a client to use store credit or a card on file."),
      h("a", { class: "btn", href: "#cards", key: "gift-code", "data-test": "gift-by-code", onclick: () => this.close() }, "Gift card by its code"),
      this.way("pay-link", { kind: "pay_link", amount_cents: due }, "Pay link", "By the client’s phone: a code, or e-mail"),
    );
  }

  words() {
    return this.busy ? "Looking what the client has…" : "";
  }

  offerButton({ kind, instrument, name, left, amount_cents: has }, due) {
    const amount_cents = has === null ? due : Math.min(has, due);
    return this.way(`offer-${kind}`, { kind, instrument, amount_cents }, name, left);
  }

  way(test, tender, name, more) {
    const words = [h("b", null, `${name} · ${dollars(tender.amount_cents)}`), h("small", { class: "soft" }, more)];
    const look = { class: "btn stacked", key: `${test} ${tender.instrument} ${tender.amount_cents}` };
    return moneyButton(test, { ...look, disabled: !tender.amount_cents }, () => this.take(tender), words);
  }
}

export const moreButton = (disabled) =>
  button("more-pay", { class: "btn", key: "more-pay", disabled }, openMorePay, "More");
