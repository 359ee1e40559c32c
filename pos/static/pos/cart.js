/** The sale at the desk as the cashier wants it: kept on the tablet before it is sent anywhere. */

import { asSent, contentsOf } from "./contents.js";
import { newId } from "./ids.js";
import { signal } from "./signal.js";
import { itemOf } from "./tablet.js";
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
      item.kind !== "treatment" && cart.lines.find((line) => isMoreOf(line, item, therapist));
    if (same) same.quantity += 1;
    else cart.lines.push({ key: newId(), item: item.code, quantity: 1, therapist });
  });
}

/** Puts lines of another day into the cart, as they were; a missing therapist is the one at hand. */
export function addAgain(lines) {
  change(() => {
    for (const { item, quantity, therapist } of lines)
      cart.lines.push({ key: newId(), item, quantity, therapist: therapist ?? defaultTherapist(itemOf(item), []) });
  });
}

export function addCustom({ name, amount_cents, tax_category }) {
  change(() =>
    cart.lines.push({ key: newId(), kind: "custom", name, amount_cents, tax_category, quantity: 1, therapist: null }),
  );
}

/** Puts a treatment into the cart that a session, a credit or a card of the client's pays for. */
export function addCovered(item, cover) {
  const inCart = cart.lines.map((line) => line.therapist).reverse();
  const therapist = defaultTherapist(item, inCart);
  change(() => cart.lines.push({ key: newId(), item: item.code, quantity: 1, therapist, cover }));
}

/** Puts a package, a membership or a due into the cart; a package that is there already becomes one more. */
export function addPrepaid({ kind, item, instrument, label }) {
  change(() => {
    const same = cart.lines.find((line) => line.kind === kind && line.item === item && line.instrument === instrument);
    if (same && kind === "package") same.quantity += 1;
    else if (!same) cart.lines.push({ key: newId(), kind, item, instrument, label, quantity: 1, therapist: null });
  });
}

/** Puts a gift card into the cart, or a load of one; each is a line of its own. `instrument` names one in the hand. */
export function addGift({ kind = "gift_card", amount_cents, item, instrument, label }) {
  change(() => cart.lines.push({ key: newId(), kind, amount_cents, item, instrument, label, quantity: 1, therapist: null }));
}

/** Names the plastic card that a line sells. */
export const setInstrument = (key, instrument) => change(() => (lineOf(key).instrument = instrument));

/** Lets one of a line be paid by what the client has, or by money again without a cover. */
export function setCover(key, cover) {
  change(() => {
    const line = lineOf(key);
    if (line.quantity === 1) return void (line.cover = cover);
    line.quantity -= 1;
    cart.lines.splice(cart.lines.indexOf(line) + 1, 0, { ...line, key: newId(), quantity: 1, cover });
  });
}

/** Puts another treatment in the place of a line's; what covered the old one pays no more. */
export function swapItem(key, item) {
  change(() => {
    const line = lineOf(key);
    Object.assign(line, { item: item.code, cover: undefined, therapist: defaultTherapist(item, [line.therapist]) });
  });
}

/** Sets how many of a line; none takes the line out. */
export function setQuantity(key, quantity) {
  change(() => {
    if (quantity < 1) cart.lines = cart.lines.filter((line) => line.key !== key);
    else lineOf(key).quantity = quantity;
  });
}

export function setTherapist(key, therapist) {
  change(() => {
    const line = lineOf(key);
    const before = line.therapist;
    line.therapist = therapist;
    if (cart.tip?.by && !peopleOf(cart.lines).includes(before)) handOverTip(before, therapist);
  });
  if (therapist !== null) remember(therapist);
}

/** Chooses the client; what another one has left pays no more. */
export function setClient(id) {
  change(() => {
    for (const line of cart.lines) if (line.cover?.instrument) line.cover = undefined;
    Object.assign(cart, { client: id, exempt: false });
  });
}

/** Gives a line a discount or another price as `{unit_cents, reason}`, never both; null for neither. */
export const setLineDiscount = (key, given) =>
  change(() => Object.assign(lineOf(key), given?.unit_cents === undefined ? { discount: given, price: null } : { discount: null, price: given }));
export const setExempt = (exempt) => change(() => (cart.exempt = exempt));
/** A tip as `{percent}`, `{amount_cents}` or `{by: {therapist: cents}}`, or null when nobody was asked yet. */
export const setTip = (tip) => change(() => (cart.tip = tip));
export const setDiscount = (discount) => change(() => (cart.discounts = discount ? [discount] : []));
export const clearCart = () => change(() => Object.assign(cart, { lines: [], client: null, discounts: [], tip: null, exempt: false }));

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
  startOver();
}

/** Goes on with the same contents under a new identifier, because the old sale was given up. */
export function renumberCart() {
  Object.assign(cart, { id: newId(), revision: null, finishing: null });
  keep();
}

/** Takes over the contents of the sale as the server has it. */
export function adoptSale(sale) {
  change(() => Object.assign(cart, contentsOf(sale)));
}

/** Goes on with a sale that was put aside or lies on another tablet, instead of what was in the cart. */
export function takeUpSale(sale) {
  Object.assign(cart, blank(), contentsOf(sale), { id: sale.id, revision: sale.revision });
  startOver();
}

/** Lets the sale be another tablet's; what was in the cart comes back by Undo, as a sale of its own. */
export function leaveSale() {
  const before = snapshot();
  Object.assign(cart, blank());
  startOver(before);
}

/** The discounts and prices of the cart as they are, to be given again. */
export const discountsNow = () => ({
  ofSale: cart.discounts,
  ofLines: Object.fromEntries(cart.lines.map((line) => [line.key, { discount: line.discount ?? null, price: line.price ?? null }])),
  exempt: cart.exempt,
});

/** Gives those discounts instead of the present ones; none to a line that had none then. */
export function setDiscountsTo({ ofSale, ofLines, exempt }) {
  change(() => {
    Object.assign(cart, { discounts: ofSale, exempt });
    for (const line of cart.lines) Object.assign(line, ofLines[line.key] ?? { discount: null, price: null });
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
  const tip = cart.tip?.by ? { tips: tipsOf(cart.tip.by) } : { tip_cents };
  const body = { client: cart.client, lines: asSent(cart.lines), discounts: cart.discounts, tax_exempt: cart.exempt, ...tip };
  return cart.revision === null ? body : { ...body, revision: cart.revision };
}

function change(edit) {
  if (cart.finishing) return;
  history.push(snapshot());
  history.splice(0, history.length - UNDO_DEPTH);
  edit();
  for (const line of cart.lines) if (line.cover?.sold && !lineOf(line.cover.sold)) line.cover = undefined;
  if (!cart.lines.length) cart.discounts = [];
  cart.tip = fittingTip(peopleOf(cart.lines));
  keep();
  changes.tell();
}

const snapshot = () =>
  JSON.stringify({ lines: cart.lines, client: cart.client, discounts: cart.discounts, tip: cart.tip, exempt: cart.exempt });

function startOver(...past) {
  history.splice(0, history.length, ...past);
  keep();
  changes.tell();
}

/** The therapists of these lines, each once, in the order of the lines. */
export const peopleOf = (lines) => [...new Set(lines.map((line) => line.therapist).filter((id) => id !== null))];

/** The tip without those who do nothing in this sale any more. */
function fittingTip(people) {
  if (!people.length) return null;
  if (!cart.tip?.by) return cart.tip;
  const kept = people.filter((id) => id in cart.tip.by).map((id) => [id, cart.tip.by[id]]);
  if (people.length === 1 && kept.length) return { amount_cents: kept[0][1] };
  return kept.length ? { by: Object.fromEntries(kept) } : null;
}

function handOverTip(from, to) {
  const { [from]: cents = 0, ...others } = cart.tip.by;
  cart.tip = { by: to === null ? others : { ...others, [to]: (others[to] ?? 0) + cents } };
}

const tipsOf = (by) => Object.entries(by).map(([id, amount_cents]) => ({ therapist: Number(id), amount_cents }));

const isMoreOf = (line, item, therapist) =>
  !line.kind && line.item === item.code && line.therapist === therapist && !line.discount && !line.price;

function load() {
  try {
    return { ...blank(), ...JSON.parse(localStorage.getItem(KEY)) };
  } catch {
    return blank();
  }
}

function blank() {
  return { id: newId(), revision: null, lines: [], client: null, discounts: [], tip: null, exempt: false, finishing: null };
}

const lineOf = (key) => cart.lines.find((line) => line.key === key);
