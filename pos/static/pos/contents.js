/** What a sale holds, in both directions: as the cart keeps it, as the server is asked for it, as it answers. */

import { packageOf } from "./tablet.js";

/** Lines of these kinds are about one thing: there is one of each, at a price that nobody changes at the desk. */
export const SINGLE = ["membership", "dues", "plan_upgrade", "freeze_fee", "exit_fee"];
/** Gift cards and loads of them: no discount, and one card a line. */
export const GIFTS = ["gift_card", "gift_card_load"];
/** Lines of which only the whole can be taken out. */
export const isFixed = ({ kind }) => SINGLE.includes(kind) || GIFTS.includes(kind);
const OF_THIS_SALE = "line:"; // before the line that sells the package and the part of it that pays

/** The lines as the server is asked for them; a package of this very sale goes by its place. */
export const asSent = (lines) =>
  lines.map(({ key, label, cover, ...line }) => ({ ...line, ...(cover && { cover: coverSent(cover, lines) }) }));

function coverSent({ kind, instrument, sold }, lines) {
  return sold ? { kind, line: lines.findIndex(({ key }) => key === sold) } : { kind, instrument };
}

/** The contents of the server's sale as a cart keeps them. */
export function contentsOf(sale) {
  return {
    lines: sale.lines.map((line) => asCartLine(line, sale.discounts)),
    client: sale.client?.id ?? null,
    discounts: sale.discounts.filter((discount) => !discount.line).map(asDiscount),
    exempt: Boolean(sale.tax_exemption),
    tip: asTip(sale),
  };
}

/** The server's line for a line of the cart at this place, once it has priced that very line. */
export function pricedAs(line, priced) {
  const isSame =
    priced &&
    priced.kind === (line.kind ?? "item") &&
    (line.kind || priced.item === line.item) &&
    priced.quantity === line.quantity &&
    Boolean(priced.cover) === Boolean(line.cover);
  return isSame ? priced : null;
}

function asCartLine(line, discounts) {
  const given = discounts.find((discount) => discount.line === line.id);
  const isPrice = given && given.unit_cents !== null;
  const discount = given && !isPrice ? asDiscount(given) : null;
  const price = isPrice ? { unit_cents: given.unit_cents, reason: given.reason } : null;
  const shared = { key: line.id, quantity: line.quantity, therapist: line.therapist?.id ?? null, discount, price };
  const what = SINGLE.includes(line.kind) ? one : (WHAT[line.kind] ?? other);
  return { ...shared, ...what(line), ...(line.cover && { cover: asCover(line.cover) }) };
}

const WHAT = {
  item: ({ item }) => ({ item }),
  custom: ({ name, unit_cents, tax_category }) => ({
    kind: "custom",
    name,
    amount_cents: unit_cents,
    tax_category: tax_category ?? "service",
  }),
  package: ({ kind, instrument, name }) => ({ kind, item: packageOf(instrument)?.code, instrument, label: name }),
};

const one = ({ kind, instrument, name }) => ({ kind, instrument, label: name });
const other = ({ kind, item, instrument, name, unit_cents }) => ({
  kind,
  label: name,
  ...(item ? { item } : { amount_cents: unit_cents }),
  ...(instrument && { instrument }),
});

function asCover({ kind, instrument }) {
  if (!instrument.startsWith(OF_THIS_SALE)) return { kind, instrument };
  return { kind, sold: instrument.split(":")[1] };
}

const asDiscount = ({ percent, amount_cents, reason }) =>
  percent === null ? { amount_cents, reason } : { percent: Number(percent), reason };

/** The tip as it was chosen: a percentage when it is exactly one, else what each therapist gets. */
function asTip({ tips, tip_cents, tip_suggestions }) {
  if (!tip_cents) return null;
  const by = Object.fromEntries(tips.map(({ therapist, amount_cents }) => [therapist.id, amount_cents]));
  const isOffered = ({ amount_cents, shares }) =>
    amount_cents === tip_cents && shares.every((share) => (by[share.therapist.id] ?? 0) === share.amount_cents);
  const offered = tip_suggestions.find(isOffered);
  if (offered) return { percent: Number(offered.percent) };
  return tips.length > 1 ? { by } : { amount_cents: tip_cents };
}
