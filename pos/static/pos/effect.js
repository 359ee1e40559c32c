/** What a refund or void would do, in rows: to the client's money and to the books. */

import { h } from "./dom.js";
import { dollars } from "./money.js";

/** Where the money goes: "cash", or each part with its amount. */
export function destination(tenders) {
  if (!tenders.length) return "nothing to pay back";
  if (tenders.length === 1) return tenders[0].name.toLowerCase();
  return tenders.map((tender) => `${tender.name.toLowerCase()} ${dollars(tender.amount_cents)}`).join(", ");
}

/** Items, tax, tip and rounding that go back, and the ways in which they go. */
export function effectRows(effect) {
  return rowsView([
    effect.net_cents ? ["Items", effect.net_cents] : null,
    effect.tax_cents ? ["Tax", effect.tax_cents] : null,
    effect.tip_cents ? ["Tip", effect.tip_cents] : null,
    effect.rounding_cents ? ["Cash rounding", effect.rounding_cents] : null,
    ...wayRows(effect.tenders),
  ]);
}

/** Only the ways in which the money goes back. */
export const wayRowsView = (tenders) => rowsView(wayRows(tenders));

/** What the books would say, for whoever wants to see it. */
export function entryView(entry) {
  if (!entry?.length) return null;
  return h(
    "details",
    { key: "entry" },
    h("summary", null, "In the books"),
    h(
      "dl",
      { class: "facts" },
      entry.map(({ account, amount_cents }) => [
        h("dt", null, account),
        h("dd", { class: "num" }, dollars(amount_cents)),
      ]),
    ),
  );
}

const wayRows = (tenders) =>
  tenders.map(({ name, amount_cents }) => [`Back as ${name.toLowerCase()}`, amount_cents, "strong"]);

function rowsView(rows) {
  return h(
    "dl",
    { class: "facts sums", key: "effect", "data-test": "effect" },
    rows
      .filter(Boolean)
      .map(([label, cents, look = ""]) => [
        h("dt", { class: look }, label),
        h("dd", { class: `num ${look}` }, dollars(cents)),
      ]),
  );
}
