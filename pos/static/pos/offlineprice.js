/** What the cart comes to without the server: list prices, tax and tips, reckoned as the server does (R5, R7). */

const MILLION = 1_000_000;
const SERVICES = ["treatment", "addon"];

/** The cart as the server would answer it, marked `offline`; `{why}` when it can not be sold without the server. */
export function priceAway(cart, { catalog, terms }) {
  const why = obstacle(cart, catalog);
  if (why) return { why };
  const lines = cart.lines.map((line) => lineOf(line, itemIn(catalog, line)));
  const tax_cents = taxOf(lines, terms);
  const list_cents = sum(lines, "list_cents");
  const tip_suggestions = suggestions(lines, catalog);
  const tips = tipsOf(cart, lines, tip_suggestions, catalog);
  const tip_cents = sum(tips, "amount_cents");
  const due_cents = list_cents + (terms.prices_include_tax ? 0 : tax_cents) + tip_cents;
  const cash_due_cents = terms.cash_rounding === "nickel" ? 5 * Math.round(due_cents / 5) : due_cents;
  const sums = { list_cents, tax_cents, tip_cents, total_cents: due_cents, due_cents, cash_due_cents };
  const sale = { id: cart.id, status: "open", offline: true, lines, tips, tip_suggestions, ...sums };
  const beyond = tooMuch(sale, terms);
  return beyond ? { why: beyond } : { sale: { ...sale, discounts: [], tenders: [], client: null } };
}

/** The rates that the sale was reckoned by, as they are sent with it. */
export function ratesOf(sale, terms) {
  const used = new Set(sale.lines.map((line) => line.tax_category));
  return terms.rates.filter((rate) => used.has(rate.tax_category));
}

function obstacle(cart, catalog) {
  const { lines } = cart;
  if (cart.discounts.length || lines.some((line) => line.discount)) return "Discounts need the server.";
  if (lines.some((line) => line.kind || line.cover)) return "Only what is on the price list can be sold now.";
  const missing = lines.find((line) => !isHere(itemIn(catalog, line)));
  if (missing) return `“${missing.item}” is not on the price list of this tablet.`;
  const alone = lines.find((line) => line.therapist === null && SERVICES.includes(itemIn(catalog, line).kind));
  return alone ? `Say who gives ${itemIn(catalog, alone).name}.` : "";
}

const itemIn = (catalog, line) => catalog.items.find(({ code }) => code === line.item);
const isHere = (item) => item?.is_available && item.price_cents !== null;

function tooMuch({ due_cents }, { most_cents }) {
  if (!due_cents) return "There is nothing to pay on this sale.";
  return due_cents > most_cents ? `At most $${most_cents / 100} a sale can be taken now.` : "";
}

function lineOf({ key, item: code, quantity, therapist }, item) {
  const list_cents = quantity * item.price_cents;
  return {
    id: key,
    kind: "item",
    item: code,
    name: item.name,
    category: item.kind,
    tax_category: item.tax_category,
    therapist: therapist === null ? null : { id: therapist },
    quantity,
    unit_cents: item.price_cents,
    list_cents,
    discount_cents: 0,
    cover: null,
  };
}

/** The tax in cents: half up on the combined rate, once per category or per line, on top of the price or within it. */
export function taxOf(lines, { rates, prices_include_tax, tax_rounding }) {
  const bundles = tax_rounding === "item" ? lines.map((line) => [line]) : byCategory(lines);
  const taxes = bundles.map((bundle) => {
    const rate = combined(rates, bundle[0].tax_category);
    const cents = sum(bundle, "list_cents");
    return prices_include_tax ? halfUp(cents * rate, MILLION + rate) : halfUp(cents * rate, MILLION);
  });
  return taxes.reduce((total, cents) => total + cents, 0);
}

function byCategory(lines) {
  const names = [...new Set(lines.map((line) => line.tax_category))];
  return names.map((name) => lines.filter((line) => line.tax_category === name));
}

/** The rates of a category together, in millionths: whole numbers, so that nothing is lost. */
function combined(rates, category) {
  const own = rates.filter((one) => one.tax_category === category);
  return own.reduce((total, { rate }) => total + Math.round(rate * MILLION), 0);
}

const halfUp = (numerator, denominator) => Math.floor((2 * numerator + denominator) / (2 * denominator));
const sum = (rows, name) => rows.reduce((total, row) => total + row[name], 0);

function suggestions(lines, catalog) {
  const served = servedBy(lines);
  const total = sum(served, "cents");
  if (!total) return [];
  return catalog.tip_percents.map((percent) => {
    const amount_cents = halfUp(total * percent, 100);
    return { percent, amount_cents, shares: shared(amount_cents, served, catalog) };
  });
}

/** The list price of services by therapist, in the order of the lines. */
function servedBy(lines) {
  const served = new Map();
  for (const { category, therapist, list_cents } of lines)
    if (SERVICES.includes(category)) served.set(therapist.id, (served.get(therapist.id) ?? 0) + list_cents);
  return [...served].map(([id, cents]) => ({ id, cents }));
}

function shared(amount_cents, served, catalog) {
  const parts = shareOut(amount_cents, served.map(({ cents }) => cents));
  return served.map(({ id }, place) => ({ therapist: personIn(catalog, id), amount_cents: parts[place] }));
}

const personIn = (catalog, id) => ({ id, name: catalog.therapists.find((person) => person.id === id)?.name ?? "" });

/** An amount by weights: largest remainder, ties to the first; when every weight is zero the first takes all. */
export function shareOut(total, weights) {
  const whole = weights.reduce((all, weight) => all + weight, 0);
  if (!whole) return weights.map((_, place) => (place ? 0 : total));
  const shares = weights.map((weight) => Math.floor((total * weight) / whole));
  const left = total - shares.reduce((all, share) => all + share, 0);
  const remainder = (place) => (total * weights[place]) % whole;
  const order = weights.map((_, place) => place).sort((a, b) => remainder(b) - remainder(a));
  for (const place of order.slice(0, left)) shares[place] += 1;
  return shares;
}

function tipsOf({ tip }, lines, offers, catalog) {
  if (!tip) return [];
  const offer = offers.find((one) => one.percent === tip.percent);
  return (tip.by ? byName(tip.by, catalog) : (offer?.shares ?? split(tip, lines, catalog))).filter(isSome);
}

const byName = (by, catalog) =>
  Object.entries(by).map(([id, amount_cents]) => ({ therapist: personIn(catalog, Number(id)), amount_cents }));

function split({ amount_cents = 0 }, lines, catalog) {
  const served = servedBy(lines);
  return served.length ? shared(amount_cents, served, catalog) : [];
}

const isSome = ({ amount_cents }) => amount_cents > 0;
