/** Sales in a list: day by day with totals, each with time, client, what, amount and what became of it. */

import { button } from "./buttons.js";
import { dayName, timeOf } from "./days.js";
import { h, icon } from "./dom.js";
import { dollars } from "./money.js";
import { dayOf, nameOfClient, tenderName } from "./tablet.js";

const STATES = {
  open: { words: "Open", picture: "wait" },
  parked: { words: "Parked", picture: "pause" },
  partly_refunded: { words: "Partly refunded", picture: "refund", look: "bad" },
  refunded: { words: "Refunded", picture: "refund", look: "bad" },
  voided: { words: "Voided", picture: "close", look: "bad" },
};
const WAITING = { words: "On its way to the card", picture: "card" };
const ON_CARDS = {
  sending: WAITING,
  on_its_way: WAITING,
  paid_otherwise: { words: "Paid back otherwise", picture: "check" },
  failed: { words: "Did not reach the card", picture: "alert", look: "bad" },
};
const UNFINISHED = ["open", "parked"];
export const isUnfinished = (sale) => UNFINISHED.includes(sale.status);

/** What became of a sale, in words with a picture; nothing for one that is simply paid. */
export const stateBadges = ({ status, card_back = "" }) =>
  [STATES[status], ON_CARDS[card_back]].filter(Boolean).map(({ words, picture, look = "" }) =>
    h("span", { class: `badge ${look}`, key: words, "data-test": "state" }, icon(picture), words),
  );

/** The rows under their days; `isWhole` says that no row of the last day is still missing. */
export function salesByDay({ sales, chosen, open, isWhole }) {
  const days = grouped(sales);
  const last = [...days.keys()].at(-1);
  return [...days].map(([day, rows]) =>
    h(
      "section",
      { class: "day", key: day, "aria-label": dayName(day) },
      dayHead(day, rows, isWhole || day !== last),
      saleRows({ sales: rows, chosen, open }),
    ),
  );
}

export const saleRows = ({ sales, chosen, open, dated }) =>
  h(
    "ul",
    { class: "rows", "data-test": "receipt-rows" },
    sales.map((sale) => row({ sale, chosen, open, dated })),
  );

function row({ sale, chosen, open, dated }) {
  const badges = stateBadges(sale);
  const at = sale.completed_at ?? sale.parked_at ?? sale.opened_at;
  const when = dated ? `${dayName(dayOfSale(sale))}, ${timeOf(at)}` : timeOf(at);
  const tenders = sale.tenders.map(tenderName).join(", ");
  return h(
    "li",
    { key: sale.id },
    button(
      "receipt-row",
      { class: "receipt-row", "aria-current": sale.id === chosen ? "true" : null },
      () => open(sale.id),
      h("b", null, dated ? when : nameOfClient(sale.client)),
      h("b", { class: "num" }, dollars(sale.total_cents)),
      h("span", { class: "soft" }, sale.label ? `“${sale.label}” · ${sale.lines_summary}` : sale.lines_summary),
      h("span", { class: "soft" }, tenders),
      h("span", { class: "soft num" }, [dated ? "" : when, sale.receipt_title].filter(Boolean).join(" · ")),
      badges.length ? h("span", { class: "badges" }, badges) : null,
    ),
  );
}

function dayHead(day, rows, isWhole) {
  return h(
    "header",
    { class: "day-head" },
    h("h2", null, dayName(day)),
    h("p", { class: "soft num", "data-test": "day-total" }, `${totalWords(rows)}${isWhole ? "" : " so far"}`),
  );
}

/** Voided sales count nothing, and what went back is taken off; what is still open stands by itself. */
function totalWords(rows) {
  const open = rows.filter(isUnfinished).length;
  const sold = rows.filter((sale) => !isUnfinished(sale) && sale.status !== "voided");
  const cents = sold.reduce((sum, sale) => sum + sale.total_cents - (sale.back_cents ?? 0), 0);
  const sales = `${sold.length} ${sold.length === 1 ? "sale" : "sales"} · ${dollars(cents)}`;
  return [rows.length > open ? sales : "", open ? `${open} not finished` : ""].filter(Boolean).join(" · ");
}

const dayOfSale = (sale) => sale.business_date ?? dayOf(new Date(sale.completed_at ?? sale.opened_at));

function grouped(sales) {
  const days = new Map();
  for (const sale of sales) days.set(dayOfSale(sale), [...(days.get(dayOfSale(sale)) ?? []), sale]);
  return days;
}
