/** What a refund or void would do, in words and rows: to the client's money and to the books. */

import { h, icon, rows } from "./dom.js";
import { dollars } from "./money.js";

/** What is really handed over: the parts with their cash rounding. */
export const handedOver = (tenders) => tenders.reduce((sum, tender) => sum + tender.amount_cents, 0);

/** Where the money goes: "cash", "Visa ···4242", or each part with its amount. */
export function destination(tenders) {
  if (!tenders.length) return "nothing to pay back";
  if (tenders.length === 1) return wayBack(tenders[0]);
  return tenders.map((tender) => `${wayBack(tender)} ${dollars(tender.amount_cents)}`).join(", ");
}

/** "to Visa ···4242", "from the drawer" or "by check". */
export function whereTo(tender) {
  if (tender.kind === "cash") return "from the drawer";
  return `${tender.kind === "card" ? "to" : "by"} ${wayBack(tender)}`;
}

/** A part in a sentence: "$30.00 back to Visa ···4242". */
export function legWords(tender) {
  const way = whereTo(tender);
  return `${dollars(tender.amount_cents)} ${tender.kind === "cash" ? way : `back ${way}`}`;
}

/** On a button: "$100.00 from the drawer", or "$42.00: $30.00 to Visa ···4242, $12.00 from the drawer". */
export function amountAndWay(tenders) {
  const sum = dollars(handedOver(tenders));
  if (!tenders.length) return `${sum} · nothing to pay back`;
  if (tenders.length === 1) return `${sum} ${whereTo(tenders[0])}`;
  return `${sum}: ${tenders.map((tender) => `${dollars(tender.amount_cents)} ${whereTo(tender)}`).join(", ")}`;
}

/** The card that the money goes back to, or the kind in small letters. */
const wayBack = ({ kind, name, charge, reference }) =>
  kind === "card" ? charge?.card || reference || "card" : name.toLowerCase();

/** What the bank says of each part that goes back to a card: `{state, sentence}`. */
export const onCards = (tenders) => tenders.flatMap(({ charge }) => charge ?? []);

/** Each part of the money and where it goes, in words. */
export function legsView(tenders) {
  if (!tenders.length) return h("p", { class: "legs soft", key: "legs" }, "No money goes back.");
  const one = (tender) =>
    h("li", { key: tender.id ?? legWords(tender) }, icon(PICTURES[tender.kind] ?? "refund"), legWords(tender));
  return h("ul", { class: "legs", key: "legs", "data-test": "legs" }, tenders.map(one));
}

const PICTURES = { card: "card", cash: "drawer" };

/** What the money is for. */
export function effectRows({ net_cents, tax_cents, tip_cents, rounding_cents, tenders }) {
  const parts = Object.entries({ Items: net_cents, Tax: tax_cents, Tip: tip_cents, "Cash rounding": rounding_cents });
  const shown = parts.filter(([, cents]) => cents).map(([label, cents]) => [label, dollars(cents)]);
  return rows([...shown, ["Given back", dollars(handedOver(tenders)), "strong"]], "facts sums", "effect");
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
