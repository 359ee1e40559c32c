/** One sale as its receipt tells it. */

import { button } from "./buttons.js";
import { alertBox, h, icon, rows } from "./dom.js";
import { handedOver, onCards } from "./effect.js";
import { handoutButtons } from "./handout.js";
import { dollars } from "./money.js";
import { moment, nameOfClient, wayOf } from "./tablet.js";

/** Statuses of sales that have a receipt, in the words that stand out on it. */
export const STATUS = { completed: "", partly_refunded: "Partly refunded", refunded: "Refunded", voided: "Voided" };
const PICTURES = { given_back: "check" };
let trouble = { sale: null, words: "" };

/** The receipt with what can be done with it; `refund` and `undoAll` are left out when the person may not. */
export function receiptView({ sale, redraw, refund, undoAll }) {
  const said = (words) => {
    trouble = { sale: sale.id, words };
    redraw();
  };
  const isWhole = sale.status === "completed";
  const mayRefund = refund && (isWhole || sale.status === "partly_refunded");
  return h(
    "article",
    { class: "card receipt", key: `receipt ${sale.id}`, "data-test": "receipt" },
    heading(sale),
    h("ul", { class: "receipt-lines" }, sale.lines.map(lineRow)),
    rows(sums(sale), "facts sums", "sums"),
    sale.refunds?.length || sale.void ? rows(takenBack(sale), "facts sums brick", "taken-back") : null,
    cardsBack(sale).map(cardBack),
    alertBox(trouble.sale === sale.id ? trouble.words : ""),
    h(
      "div",
      { class: "row" },
      handoutButtons({ sale, said }),
      mayRefund ? button("refund", "btn danger", refund, icon("refund"), "Refund") : null,
      undoAll && isWhole ? button("void", "btn danger", undoAll, icon("close"), "Void") : null,
    ),
  );
}

function heading(sale) {
  const badge = STATUS[sale.status];
  const facts = [nameOfClient(sale.client), moment(sale.completed_at ?? sale.opened_at), sale.completed_by?.name];
  return [
    h(
      "h2",
      null,
      sale.receipt?.title ?? "Sale",
      badge ? h("span", { class: "badge bad", "data-test": "status" }, badge) : null,
    ),
    h("p", { class: "soft" }, facts.filter(Boolean).join(" · ")),
  ];
}

function lineRow(line) {
  return h(
    "li",
    { key: line.id },
    h("b", null, line.quantity > 1 ? `${line.quantity} × ${line.name}` : line.name),
    h("b", { class: "num" }, dollars(line.list_cents)),
    line.therapist ? h("span", { class: "soft" }, `with ${line.therapist.name}`) : null,
  );
}

function sums(sale) {
  const tenders = sale.tenders.filter((tender) => tender.status !== "released");
  const row = (label, cents, look) => (cents || look ? [label, dollars(cents), look] : null);
  return [
    row("Discount", -sale.discount_cents),
    ...sale.taxes.map((tax) => row(`Tax ${tax.jurisdiction}`, tax.amount_cents)),
    ...sale.tips.map((tip) => row(`Tip ${tip.therapist.name}`, tip.amount_cents)),
    row("Cash rounding", sale.rounding_cents),
    row("Total", sale.total_cents, "strong"),
    ...tenders.map((tender) => row(wayOf(tender), tender.tendered_cents)),
    row("Change", sale.change_cents),
  ];
}

/** What the bank says of the money that goes back to cards: `{state, sentence}`. */
export function cardsBack(sale) {
  if (sale.void) return onCards(sale.tenders.filter(({ status }) => status === "given_back"));
  return sale.refunds.flatMap((refund) => onCards(refund.tenders));
}

function cardBack({ state, sentence }) {
  if (state === "failed") return alertBox(sentence);
  return h("p", { class: "info", role: "status", "data-test": "card-back" }, icon(PICTURES[state] ?? "wait"), sentence);
}

function takenBack(sale) {
  const refunds = sale.refunds.map((refund) => [
    `Refunded ${refund.receipt?.title ?? ""}`,
    dollars(-handedOver(refund.tenders)),
  ]);
  return sale.void ? [...refunds, ["Voided", dollars(-sale.total_cents)]] : refunds;
}
