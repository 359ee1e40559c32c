/** One sale as its receipt tells it. */

import { button } from "./buttons.js";
import { alertBox, h, icon, rows } from "./dom.js";
import { handedOver, onCards } from "./effect.js";
import { handoutButtons } from "./handout.js";
import { exemptWords } from "./exempt.js";
import { dollars } from "./money.js";
import { qrFigure } from "./qrcode.js";
import { isUnfinished, stateBadges } from "./receiptrows.js";
import { resume, resumeWords } from "./resume.js";
import { moment, nameOfClient, wayOf } from "./tablet.js";

const PICTURES = { given_back: "check", paid_otherwise: "check" };
const SLOWEST_FIRST = ["failed", "sending", "on_its_way", "paid_otherwise"];
let said = { sale: null, words: "", note: "" };

/** What can still be given back, and how. */
export const mayGiveBack = ({ status, lines, tips }) => ({
  refund:
    ["completed", "partly_refunded"].includes(status) &&
    (lines.some((line) => line.refundable_quantity > 0) || tips.some((tip) => tip.refundable_cents > 0)),
  void: status === "completed",
});

/** The receipt with what can be done with it; `refund` and `undoAll` are left out when the person may not. */
export function receiptView({ sale, qr, redraw, refund, undoAll }) {
  return h(
    "article",
    { class: "card receipt", key: `receipt ${sale.id}`, "data-test": "receipt" },
    h(
      "header",
      { class: "receipt-top", key: "top" },
      h(
        "div",
        { class: "stack" },
        heading(sale),
        isUnfinished(sale) ? goOn(sale) : actions({ sale, redraw, refund, undoAll }),
      ),
      // Its room is kept until it comes: no button moves under a finger.
      sale.receipt?.url ? qrFigure(qr, `Code with the link to receipt ${sale.receipt.title}`, "Scan to keep this receipt") : null,
    ),
    h("ul", { class: "receipt-lines" }, sale.lines.map((line) => lineRow(line, sale))),
    rows(sums(sale), "facts sums", "sums"),
    agreed(sale),
    sale.refunds.length || sale.void ? rows(takenBack(sale), "facts sums brick", "taken-back") : null,
    cardsBack(sale).map(cardBack),
  );
}

function actions({ sale, redraw, refund, undoAll }) {
  const hear = (facts) => {
    said = { sale: sale.id, words: "", note: "", ...facts };
    redraw();
  };
  const mine = said.sale === sale.id ? said : { words: "", note: "" };
  return [
    alertBox(mine.words),
    mine.note ? h("p", { class: "info", key: "note", role: "status", "data-test": "note" }, mine.note) : null,
    h(
      "div",
      { class: "row", key: "actions" },
      // Without its link the receipt bears a name that this person may not see.
      sale.receipt?.url ? handoutButtons({ sale, said: (words) => hear({ words }), noted: (note) => hear({ note }) }) : null,
      pdfLink(sale),
      refund ? button("refund", "btn danger", refund, icon("refund"), "Refund") : null,
      undoAll ? button("void", "btn danger", undoAll, icon("close"), "Void") : null,
    ),
  ];
}

function pdfLink({ receipt }) {
  if (!receipt?.pdf_url) return null;
  const look = { class: "btn", href: receipt.pdf_url, target: "_blank", rel: "noopener", "data-test": "pdf" };
  return h("a", look, icon("file"), "PDF");
}

/** A sale that is not paid yet can be put into the cart again. */
function goOn(sale) {
  const go = { class: "btn primary big", key: "resume" };
  return [
    h("p", { class: "soft", key: "resume-words" }, resumeWords(sale)),
    button("resume", go, () => resume(sale), icon("sale"), "Go on with this sale"),
  ];
}

function heading(sale) {
  const { client } = sale;
  const named = client?.name ? h("a", { href: `#clients/${client.id}` }, client.name) : nameOfClient(client);
  const at = moment(sale.completed_at ?? sale.parked_at ?? sale.opened_at);
  const by = sale.completed_by ? `served by ${sale.completed_by.name}` : `begun by ${sale.opened_by.name}`;
  return [
    h("h2", { "data-test": "status" }, sale.receipt?.title ?? sale.label ?? "Sale", stateBadges({ ...sale, card_back: slowest(sale) })),
    h("p", { class: "soft", "data-test": "receipt-head" }, named, ` · ${at} · ${by}`),
  ];
}

function lineRow(line, { discounts }) {
  const isChanged = line.discount_cents || discounts.some((given) => given.line === line.id);
  const facts = [line.therapist ? `with ${line.therapist.name}` : "", isChanged ? line.why : "", line.reference];
  const words = facts.filter(Boolean).join(" · ");
  return h(
    "li",
    { key: line.id },
    h("b", null, line.quantity > 1 ? `${line.quantity} × ${line.name}` : line.name),
    h("b", { class: "num" }, dollars(worthOf(line))),
    words ? h("span", { class: "soft" }, words) : null,
  );
}

/** What the line was sold for before discounts; a covered one what covers it is worth, and what it cost on top. */
const worthOf = ({ cover, list_cents }) => (cover ? cover.covered_cents + cover.upcharge_cents : list_cents);

function sums(sale) {
  const tenders = sale.tenders.filter((tender) => tender.status !== "released");
  const row = (label, cents, look) => (cents || look ? [label, dollars(cents), look] : null);
  return [
    row("Discount", -sale.discount_cents),
    ...sale.taxes.map((tax) => row(`Tax ${tax.jurisdiction}`, tax.amount_cents)),
    ...sale.tips.map((tip) => row(`Tip for ${tip.therapist.name}`, tip.amount_cents)),
    row("Cash rounding", sale.rounding_cents),
    row("Total", sale.total_cents, "strong"),
    ...tenders.map((tender) => row(tenderWords(tender), tender.tendered_cents)),
    row("Change", sale.change_cents),
    row("Still to pay", sale.due_cents),
  ];
}

/** Who said yes to which discount, other price or exemption. */
function agreed(sale) {
  const nameOf = (id) => sale.lines.find((line) => line.id === id)?.name ?? "the sale";
  const given = sale.discounts
    .filter(({ approver }) => approver)
    .map(({ line, value_cents, approver }) => `${dollars(-value_cents)} on ${nameOf(line)}, approved by ${approver.name}`);
  const words = sale.tax_exemption ? [...given, exemptWords(sale)] : given;
  if (!words.length) return null;
  return h("ul", { class: "soft agreed", key: "agreed", "data-test": "agreed" }, words.map((word) => h("li", { key: word }, word)));
}

/** How a part was paid; after a session also how many are left. */
const tenderWords = (tender) => [wayOf(tender), tender.line ? tender.reference : ""].filter(Boolean).join(" · ");

/** What the bank says of the money that goes back to cards: `{state, sentence}`. */
export function cardsBack(sale) {
  if (sale.void) return onCards(sale.tenders.filter(({ status }) => status === "given_back"));
  return sale.refunds.flatMap((refund) => onCards(refund.tenders));
}

/** How far the slowest part is that goes back to a card, as a list of sales tells it. */
const slowest = (sale) => SLOWEST_FIRST.find((state) => cardsBack(sale).some((back) => back.state === state));

function cardBack({ state, sentence }) {
  if (state === "failed") return alertBox(sentence);
  return h("p", { class: "info", role: "status", "data-test": "card-back" }, icon(PICTURES[state] ?? "wait"), sentence);
}

/** Each refund and the void, with who did it and who approved it. */
function takenBack(sale) {
  const row = (words, { requested_by, approver }, cents) => [
    [words, `by ${requested_by.name}`, approver ? `approved by ${approver.name}` : ""].filter(Boolean).join(" · "),
    dollars(cents),
  ];
  const refunds = sale.refunds.map((refund) =>
    row(`Refunded ${refund.receipt?.title ?? ""}`, refund, -handedOver(refund.tenders)),
  );
  return sale.void ? [...refunds, row("Voided", sale.void, -sale.total_cents)] : refunds;
}
