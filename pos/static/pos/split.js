/** Paying in parts: an amount by a kind, what is left, and parts that can be let go. */

import { moneyButton, round } from "./buttons.js";
import { checkout, dropPart, heldTenders, listenCheckout, payPart } from "./checkout.js";
import { alertBox, h, icon } from "./dom.js";
import { askGiveUp } from "./giveup.js";
import { moneyPad, typed } from "./keypad.js";
import { dollars, keyed } from "./money.js";
import { Panel } from "./panel.js";
import { readers, withReader } from "./readers.js";
import { openSheet } from "./sheet.js";
import { sync } from "./sync.js";
import { tablet, wayOf } from "./tablet.js";

const HOW = "Enter an amount, then choose how it is paid. Without an amount it is all that is left.";

export function partsList() {
  const parts = heldTenders();
  return parts.length ? h("ul", { class: "parts", key: "parts", "data-test": "parts" }, parts.map(partRow)) : null;
}

function partRow(part) {
  const name = wayOf(part);
  const amount = dollars(part.amount_cents);
  const isPaid = !part.charge || part.charge.state === "paid";
  const look = { class: "round", disabled: checkout.busy, "aria-label": `Remove ${name} ${amount}` };
  const remove = () => (part.charge && isPaid ? askGiveUp() : dropPart(part));
  return h(
    "li",
    { key: part.id },
    h("span", null, icon(isPaid ? "check" : "wait"), name),
    h("span", { class: "num" }, amount),
    moneyButton("part-remove", look, remove, icon("close")),
    isPaid ? null : h("p", { class: "soft" }, part.charge.sentence),
  );
}

/** Opens the sheet for taking a part; it stays open until nothing is left or somebody closes it. */
export function openSplit() {
  const split = new Split({ cents: 0, cards: [], redraw: () => sheet.redraw() });
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

  /** What is left to pay beside the parts that cards shall pay in the end. */
  rest(kind) {
    const onCards = this.cards.reduce((sum, card) => sum + card.amount_cents, 0);
    const due = kind === "cash" && !onCards ? sync.sale?.cash_due_cents : sync.sale?.due_cents; // cash may be rounded
    return (due ?? sync.sale?.due_cents ?? 0) - onCards;
  }

  take(kind, amount_cents) {
    const rest = this.rest(kind);
    if (kind !== "cash" && amount_cents > rest) return this.set({ trouble: `Only ${dollars(rest)} is left to pay.` });
    if (kind === "card") return withReader((reader) => this.takeCard({ reader, amount_cents }, rest));
    const cards = amount_cents < rest ? [] : this.cards;
    if (cards.length) this.cards = [];
    this.cents = 0;
    return payPart({ kind, amount_cents, cards });
  }

  /** Cards are asked when all the rest is there: what has left the building is hard to bring back. */
  takeCard(card, rest) {
    const cards = [...this.cards, card];
    if (card.amount_cents < rest) return this.set({ cards, cents: 0 });
    Object.assign(this, { cards: [], cents: 0 });
    return payPart({ cards });
  }

  view() {
    const due = this.rest();
    const isOffered = ({ code, at_once }) => at_once && (code !== "cash" || tablet.drawer);
    const ways = tablet.catalog.tender_kinds.filter(isOffered);
    const kinds = readers.list.length ? [{ code: "card", name: "Card reader" }, ...ways] : ways;
    const output = { class: "total-amount num", "aria-live": "polite", "data-test": "split-due" };
    return h(
      "div",
      { class: "two" },
      h(
        "div",
        { class: "stack" },
        h("p", { class: "split-left" }, "Still due", h("output", output, dollars(due))),
        partsList(),
        this.cardsList(),
        h("p", { class: "soft" }, HOW),
        alertBox(this.trouble || checkout.trouble),
        kinds.map((kind) => this.kindButton(kind, due)),
      ),
      moneyPad({ label: "Part to pay", cents: this.cents, press: this.press, test: "split-pad" }),
    );
  }

  cardsList() {
    if (!this.cards.length) return null;
    return h("ul", { class: "parts", key: "cards", "data-test": "cards-to-ask" }, this.cards.map(this.cardRow));
  }

  cardRow = (card, place) => {
    const amount = dollars(card.amount_cents);
    const forget = () => this.set({ cards: this.cards.filter((_, other) => other !== place) });
    return h(
      "li",
      { key: `card ${place} ${amount}` },
      h("span", null, icon("card"), "Card, asked last"),
      h("span", { class: "num" }, amount),
      round("card-forget", `Remove card ${amount}`, forget, icon("close")),
    );
  };

  kindButton({ code, name }, due) {
    const rest = this.rest(code);
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
