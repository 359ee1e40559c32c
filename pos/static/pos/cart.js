/** The sale at the desk as the cashier wants it: kept on the tablet before it is sent anywhere. */

import { newId } from "./ids.js";
import { signal } from "./signal.js";
import { defaultTherapist, remember } from "./therapists.js";

const KEY = "footfall.cart";
const UNDO_DEPTH = 30;
const changes = signal();
const history = [];
export const listenCart = changes.listen;
export const cart = load();

/** Puts an item into the cart; another piece of an add-on or product joins its line, a treatment opens a new one. */
export function addItem(item) {
  const inCart = cart.lines.map((line) => line.therapist).reverse();
  const therapist = defaultTherapist(item, inCart);
  change(() => {
    const same =
      item.kind !== "treatment" && cart.lines.find((line) => line.item === item.code && line.therapist === therapist);
    if (same) same.quantity += 1;
    else cart.lines.push({ key: newId(), item: item.code, quantity: 1, therapist });
  });
}

export function addCustom({ name, amount_cents, tax_category }) {
  change(() =>
    cart.lines.push({ key: newId(), kind: "custom", name, amount_cents, tax_category, quantity: 1, therapist: null }),
  );
}

/** Sets how many of a line; none takes the line out. */
export function setQuantity(key, quantity) {
  change(() => {
    if (quantity < 1) cart.lines = cart.lines.filter((line) => line.key !== key);
    else lineOf(key).quantity = quantity;
  });
}

export function setTherapist(key, therapist) {
  change(() => (lineOf(key).therapist = therapist));
  if (therapist !== null) remember(therapist);
}

export const setClient = (id) => change(() => (cart.client = id));
/** A tip as `{percent}`, as `{amount_cents}`, or null when nobody was asked yet. */
export const setTip = (tip) => change(() => (cart.tip = tip));
export const setDiscount = (discount) => change(() => (cart.discounts = discount ? [discount] : []));
export const clearCart = () => change(() => Object.assign(cart, { lines: [], client: null, discounts: [], tip: null }));

export const canUndo = () => history.length > 0 && !cart.finishing;

export function undo() {
  if (!canUndo()) return;
  Object.assign(cart, JSON.parse(history.pop()));
  keep();
  changes.tell();
}

/** Starts the next sale with an identifier of its own. */
export function freshCart() {
  Object.assign(cart, blank());
  history.length = 0;
  keep();
  changes.tell();
}

/** Goes on with the same contents under a new identifier, because the old sale was given up. */
export function renumberCart() {
  Object.assign(cart, { id: newId(), revision: null, finishing: null });
  keep();
}

/** Takes over the contents of the sale as the server has it. */
export function adoptSale(sale) {
  change(() => {
    cart.lines = sale.lines.map(asCartLine);
    cart.client = sale.client?.id ?? null;
    cart.discounts = sale.discounts
      .filter((discount) => !discount.line)
      .map(({ percent, amount_cents, reason }) =>
        percent === null ? { amount_cents, reason } : { percent: Number(percent), reason },
      );
    cart.tip = sale.tip_cents ? { amount_cents: sale.tip_cents } : null;
  });
}

/** Writes down what the server and the cart agreed on, or a payment that is under way. */
export function keep(facts) {
  Object.assign(cart, facts);
  try {
    localStorage.setItem(KEY, JSON.stringify(cart));
  } catch {
    // A full or blocked store costs the cart only when the page is reloaded.
  }
}

export function cartBody(tip_cents) {
  const body = { client: cart.client, lines: cart.lines.map(asSent), discounts: cart.discounts, tip_cents };
  return cart.revision === null ? body : { ...body, revision: cart.revision };
}

function change(edit) {
  if (cart.finishing) return;
  history.push(JSON.stringify({ lines: cart.lines, client: cart.client, discounts: cart.discounts, tip: cart.tip }));
  history.splice(0, history.length - UNDO_DEPTH);
  edit();
  if (!cart.lines.length) cart.discounts = [];
  if (!cart.lines.some((line) => line.therapist !== null)) cart.tip = null;
  keep();
  changes.tell();
}

function asSent(line) {
  return { ...line, key: undefined }; // the key is this page's own and not sent
}

function asCartLine(line) {
  const shared = { key: line.id, quantity: line.quantity, therapist: line.therapist?.id ?? null };
  if (line.item) return { ...shared, item: line.item };
  return {
    ...shared,
    kind: "custom",
    name: line.name,
    amount_cents: line.unit_cents,
    tax_category: line.tax_category ?? "service",
  };
}

function load() {
  try {
    return { ...blank(), ...JSON.parse(localStorage.getItem(KEY)) };
  } catch {
    return blank();
  }
}

function blank() {
  return { id: newId(), revision: null, lines: [], client: null, discounts: [], tip: null, finishing: null };
}

const lineOf = (key) => cart.lines.find((line) => line.key === key);
