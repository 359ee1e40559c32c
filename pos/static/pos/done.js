/** The end of a sale or refund: what to hand over, in letters that can be read across the desk. */

import { button } from "./buttons.js";
import { alertBox, h, icon, patch } from "./dom.js";
import { handedOver } from "./effect.js";
import { cashHints, giftButtons } from "./giftdone.js";
import { handoutButtons } from "./handout.js";
import { dollars } from "./money.js";
import { openSheetScreen } from "./sheet.js";
import { wayOf } from "./tablet.js";

const AUTO_MS = 10_000;
let last = null;

/** What the last sale on this tablet came to, for whoever turned away too early. */
export function lastSaleNote() {
  if (!last) return null;
  return h(
    "div",
    { class: "last-sale", key: "last", "data-test": "last-sale" },
    h("p", null, h("span", { class: "soft" }, "Last sale"), " ", h("b", { class: "num" }, last.title)),
    h("a", { class: "btn", href: `#receipts/${last.id}` }, "Receipt"),
  );
}

export const forgetLastSale = () => (last = null);

/** "Change $16.00" over everything, with a `note` when there is more to say; it goes by the next tap or ten seconds. */
export function showPaid(sale, { note, next }) {
  const live = sale.tenders.filter((tender) => tender.status !== "released" && !tender.line);
  const cash = live.filter((tender) => tender.kind === "cash");
  const taken = live
    .map((tender) => `${wayOf(tender)} ${dollars(tender.tendered_cents ?? tender.amount_cents)}`)
    .join(", ");
  const paid = handedOver(live);
  const change = sale.change_cents ?? 0;
  const title = change ? `Change ${dollars(change)}` : paidWords(sale, paid);
  last = { id: sale.id, title };
  show({
    test: "done-screen",
    title,
    facts: [
      change ? `${taken} for ${dollars(paid)}` : cash.length ? `${taken} · no change` : taken,
      ...ahead(sale),
      sale.receipt ? `Receipt ${sale.receipt.title}` : "",
      note,
    ],
    actions: (hooks) => [handoutButtons({ sale, ...hooks }), giftButtons({ sale, ...hooks })],
    then: "New sale",
    hints: cashHints(sale),
    next,
  });
}

const paidWords = (sale, paid) => (paid || !coversOf(sale).length ? `Paid ${dollars(paid)}` : "Nothing to pay");
const coversOf = (sale) => sale.tenders.filter((tender) => tender.status !== "released" && tender.line);

/** What is left of what paid for a treatment, and what was bought for later. */
function ahead(sale) {
  const nameOf = ({ line }) => sale.lines.find(({ id }) => id === line).name;
  const used = coversOf(sale).map((tender) => `${wayOf(tender)} for ${nameOf(tender)} · ${tender.reference}`);
  const bought = sale.lines.filter(({ reference }) => reference).map(({ name, reference }) => `${name} · ${reference}`);
  return [...used, ...giftsLeft(sale), ...bought];
}

/** "Gift card ···2TRW, $90.00 left" of each card that paid. */
function giftsLeft({ tenders }) {
  const paid = tenders.filter(({ kind, status }) => kind === "gift_card" && status !== "released");
  return paid.map((tender) => `${wayOf(tender)} ${tender.reference}`);
}

/** "Give back $120.00" after a refund or void; the next tap goes on. With `trouble` it stays until then. */
export function showGivenBack({ title, facts, url, trouble, next }) {
  const paper = url
    ? h(
        "a",
        { class: "btn", href: url, target: "_blank", rel: "noopener", "data-test": "print", onclick: keepOpen },
        icon("print"),
        "Print",
      )
    : null;
  show({ test: "given-back-screen", title, facts, trouble, actions: () => paper, then: "Done", next });
}

/** "Change $16.00" after a sale that the server does not know yet. */
export function showKept({ title, facts }) {
  show({ test: "kept-screen", title, facts, actions: () => null, then: "New sale" });
}

const keepOpen = (event) => event.stopPropagation();

function show({ test, title, facts, actions, then, hints, trouble = "", next = () => {} }) {
  let told = [];
  const stay = () => clearTimeout(timer);
  const said = (words) => {
    trouble = words;
    patch(body, view());
  };
  const view = () => [
    h("div", { class: "mark" }, icon("mark")),
    h("h2", { id: "done-title", class: "done-title num", "data-test": "done-title" }, title),
    facts.filter(Boolean).map((fact) => h("p", { class: "soft num" }, fact)),
    told.map(hintRow),
    alertBox(trouble),
    h(
      "div",
      { class: "row" },
      actions({ said, touched: stay }),
      button("done-next", { class: "btn primary big", autofocus: true }, () => screen.close(), then),
    ),
    h("p", { class: "soft hint" }, "Tap anywhere to go on."),
  ];
  const body = h("div", { class: "done-body" }, view());
  const screen = openSheetScreen({ labelledby: "done-title", test, body, onClose: () => (stay(), next()) });
  const timer = setTimeout(() => trouble || screen.close(), AUTO_MS);
  hints?.then((found) => {
    told = found;
    if (!told.length) return;
    stay();
    patch(body, view());
  });
}

/** What the holder of a card may have in cash, and the way to the card. */
function hintRow({ id, words }) {
  return h(
    "p",
    { class: "info", key: `hint ${id}`, role: "status", "data-test": "cash-hint" },
    words,
    " ",
    h("a", { class: "btn", href: `#cards/${id}`, "data-test": "cash-hint-go" }, "To the card"),
  );
}
