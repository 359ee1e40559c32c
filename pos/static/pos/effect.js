/** What a refund or void would do, in rows: to the client's money and to the books. */

import { h, rows } from "./dom.js";
import { dollars } from "./money.js";

/** What is really handed over: the parts with their cash rounding. */
export const handedOver = (tenders) => tenders.reduce((sum, tender) => sum + tender.amount_cents, 0);

/** Where the money goes: "cash", "Visa ···4242", or each part with its amount. */
export function destination(tenders) {
  if (!tenders.length) return "nothing to pay back";
  if (tenders.length === 1) return wayBack(tenders[0]);
  return tenders.map((tender) => `${wayBack(tender)} ${dollars(tender.amount_cents)}`).join(", ");
}

/** The card that the money goes back to, or the kind in small letters. */
const wayBack = ({ kind, name, charge, reference }) =>
  kind === "card" ? charge?.card || reference || "card" : name.toLowerCase();

/** What the bank says of each part that goes back to a card: `{state, sentence}`. */
export const onCards = (tenders) => tenders.flatMap(({ charge }) => charge ?? []);

export function effectRows({ net_cents, tax_cents, tip_cents, rounding_cents, tenders }) {
  const parts = Object.entries({ Items: net_cents, Tax: tax_cents, Tip: tip_cents, "Cash rounding": rounding_cents });
  const shown = parts.filter(([, cents]) => cents).map(([label, cents]) => [label, dollars(cents)]);
  return rows([...shown, ...ways(tenders)], "facts sums", "effect");
}

export const wayRows = (tenders) => rows(ways(tenders), "facts sums", "effect");

/** What the books would say, for whoever wants to see it. */
export function entryView(entry) {
  if (!entry?.length) return null;
  const postings = entry.map(({ account, amount_cents }) => [account, dollars(amount_cents)]);
  return h("details", { key: "entry" }, h("summary", null, "In the books"), rows(postings));
}

const ways = (tenders) =>
  tenders.map((tender) => [
    `Back ${tender.kind === "card" ? "to" : "as"} ${wayBack(tender)}`,
    dollars(tender.amount_cents),
    "strong",
  ]);
