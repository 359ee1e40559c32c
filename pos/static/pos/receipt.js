/** One sale as its receipt tells it. */

import { alertBox, h, icon } from "./dom.js";
import { handoutButtons } from "./handout.js";
import { dollars } from "./money.js";
import { moment, nameOfClient, tenderName } from "./tablet.js";

/** Statuses of sales that have a receipt, in the words that stand out on it. */
export const STATUS = { completed: "", partly_refunded: "Partly refunded", refunded: "Refunded", voided: "Voided" };
let trouble = { sale: null, words: "" };

/** The receipt with what can be done with it; `refund` and `undoAll` are left out when the person may not. */
export function receiptView({ sale, redraw, refund, undoAll }) {
  const said = (words) => {
    trouble = { sale: sale.id, words };
    redraw();
  };
  const back = ["completed", "partly_refunded"].includes(sale.status);
  return h(
    "article",
    { class: "card receipt", key: `receipt ${sale.id}`, "data-test": "receipt" },
    heading(sale),
    h("ul", { class: "receipt-lines" }, sale.lines.map(lineRow)),
    h("dl", { class: "facts sums" }, sums(sale)),
    sale.refunds?.length || sale.void ? h("dl", { class: "facts sums brick" }, takenBack(sale)) : null,
    alertBox(trouble.sale === sale.id ? trouble.words : ""),
    h(
      "div",
      { class: "row" },
      handoutButtons({ sale, said }),
      refund && back
        ? h("button", { class: "btn danger", "data-test": "refund", onclick: refund }, icon("refund"), "Refund")
        : null,
      undoAll && sale.status === "completed"
        ? h("button", { class: "btn danger", "data-test": "void", onclick: undoAll }, icon("close"), "Void")
        : null,
    ),
  );
}

function heading(sale) {
  const badge = STATUS[sale.status];
  return [
    h(
      "h2",
      null,
      sale.receipt?.title ?? "Sale",
      badge ? h("span", { class: "badge bad", "data-test": "status" }, badge) : null,
    ),
    h(
      "p",
      { class: "soft" },
      [nameOfClient(sale.client), moment(sale.completed_at ?? sale.opened_at), nameOf(sale.completed_by)]
        .filter(Boolean)
        .join(" · "),
    ),
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
  const rows = [
    sale.discount_cents ? ["Discount", -sale.discount_cents] : null,
    ...sale.taxes.map((tax) => [`Tax ${tax.jurisdiction}`, tax.amount_cents]),
    ...sale.tips.map((tip) => [`Tip ${tip.therapist.name}`, tip.amount_cents]),
    sale.rounding_cents ? ["Cash rounding", sale.rounding_cents] : null,
    ["Total", sale.total_cents, "strong"],
    ...sale.tenders
      .filter((tender) => tender.status !== "released")
      .map((tender) => [tenderName(tender.kind), tender.tendered_cents ?? tender.amount_cents]),
    sale.change_cents ? ["Change", sale.change_cents] : null,
  ];
  return rows
    .filter(Boolean)
    .map(([label, cents, look = ""]) => [
      h("dt", { class: look }, label),
      h("dd", { class: `num ${look}` }, dollars(cents)),
    ]);
}

function takenBack(sale) {
  const refunds = (sale.refunds ?? []).map((refund) => [
    h("dt", null, `Refunded ${refund.receipt?.title ?? ""}`),
    h("dd", { class: "num" }, dollars(-refund.total_cents)),
  ]);
  return sale.void
    ? [...refunds, h("dt", null, "Voided"), h("dd", { class: "num" }, dollars(-sale.total_cents))]
    : refunds;
}

const nameOf = (person) => person?.name ?? "";
