/** Showing amounts; every amount is a whole number of cents, and the server does the sums. */

const forms = {};

export function useCurrency(currency) {
  const style = { style: "currency", currency: currency.toUpperCase() };
  forms.exact = new Intl.NumberFormat("en-US", style);
  forms.whole = new Intl.NumberFormat("en-US", { ...style, minimumFractionDigits: 0, maximumFractionDigits: 0 });
}

/** "$1,234.50", with a true minus for amounts below zero. */
export const dollars = (cents) => signed(forms.exact, cents);

/** "$120" for whole dollars, else "$120.50". */
export const price = (cents) => signed(cents % 100 ? forms.exact : forms.whole, cents);

const signed = (form, cents) => `${cents < 0 ? "−" : ""}${form.format(Math.abs(cents) / 100)}`;

const NOTES = [500, 1000, 2000, 5000, 10_000];
const PRESETS = 4;

/** The exact amount and the next round ones in $5, $10, $20 and, to fill up, larger notes: what a client hands over. */
export function cashPresets(due_cents) {
  const above = NOTES.map((note) => (Math.floor(due_cents / note) + 1) * note);
  return [...new Set([due_cents, ...above])].slice(0, PRESETS);
}

/** The amount after one more key of a money pad: a digit, "00", "back" or "clear"; at most $99,999.99. */
export function keyed(cents, key) {
  if (key === "clear") return 0;
  if (key === "back") return Math.floor(cents / 10);
  const next = key === "00" ? cents * 100 : cents * 10 + Number(key);
  return next > 9_999_999 ? cents : next;
}
