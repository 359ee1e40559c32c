/** Taking money for the cart: every step is written down before it is sent and repeated with the same identifiers. */

import { del, get, put, Unreached } from "./api.js";
import { withApproval } from "./approval.js";
import { cart, cartBody, freshCart, keep } from "./cart.js";
import { askStep, cardStep, collect, endTalk, takeBackStep, talk } from "./charge.js";
import { GIFTS } from "./contents.js";
import { newId } from "./ids.js";
import { dollars } from "./money.js";
import { offline } from "./offline.js";
import { patience, signal } from "./signal.js";
import { acceptSale, meetEnd, schedule, sendNow, sync } from "./sync.js";
import { tablet } from "./tablet.js";

const changes = signal();
export const listenCheckout = changes.listen;
/** `unknown` holds words while nobody knows whether the last step was carried out; `trouble` holds a refusal. */
export const checkout = { busy: false, unknown: "", trouble: "", done: () => {}, wait: patience(changes.tell) };
sync.completed = finished;

/** What is paid already; what covers a line comes and goes with it and is no part of that. */
export const heldTenders = () => sync.sale?.tenders.filter(({ status, line }) => status !== "released" && !line) ?? [];

/** Completes the sale with cash: `tendered_cents` is handed over, `shown_cents` is what the screen asked for. */
export function payCash(tendered_cents, shown_cents) {
  if (sync.sale?.offline) return offline.sell(tendered_cents, shown_cents);
  return pay(() => steps(cashTender({ tendered_cents })), (sale) => {
    const due = sale.cash_due_cents ?? sale.due_cents;
    return due === shown_cents || (tendered_cents > shown_cents && tendered_cents >= due);
  });
}

/** Completes the sale with a check or another terminal for all that is due. */
export function payWith(kind, shown_cents) {
  return pay(() => steps({ kind, amount_cents: shown_cents }), (sale) => sale.due_cents === shown_cents);
}

/** Completes the sale with a card at that reader for all that is due. */
export function payCard(reader, shown_cents) {
  return pay(() => [cardStep(reader, shown_cents), completion()], (sale) => sale.due_cents === shown_cents);
}

/** Pays with what the client has, all that is due or a part of it; `isAsked` when the bank must answer. */
export function payBy(tender, { isAsked, shown_cents }) {
  const step = () => (isAsked ? askStep(tender) : tenderStep(tender));
  const plan = () => [step(), ...(tender.amount_cents < shown_cents ? [] : [completion()])];
  return pay(plan, (sale) => sale.due_cents === shown_cents);
}

/** Lets a gift card pay as much as it may; the answer is the sale then. What is left is paid as ever, or finished. */
export async function holdGift(instrument) {
  if (checkout.busy || cart.finishing || !(await sendNow())) return null;
  await begin([tenderStep({ kind: "gift_card", instrument })]);
  return sync.sale;
}

/** Whether that card pays a part of the sale. */
export const paidBy = (instrument) => heldTenders().some((tender) => tender.instrument === instrument);

export const payNothing = () => pay(() => steps(null), (sale) => sale.due_cents === 0);

/**
 * Takes a part of what is due by `kind`, or none; then `cards`, each `{reader, amount_cents}`, are asked one after the
 * other. Completes the sale when they cover all of it.
 */
export async function payPart({ kind, amount_cents = 0, cards = [] }) {
  if (!(await sendNow())) return;
  const onCards = cards.reduce((sum, card) => sum + card.amount_cents, 0);
  const due = kind === "cash" && !onCards ? (sync.sale.cash_due_cents ?? sync.sale.due_cents) : sync.sale.due_cents;
  const part = kind === "cash" ? cashPart(amount_cents, onCards && due - onCards) : { kind, amount_cents };
  const plan = kind ? [tenderStep(part)] : [];
  plan.push(...cards.map((card) => cardStep(card.reader, card.amount_cents)));
  if (amount_cents + onCards >= due) plan.push(completion());
  await begin(plan);
}

/** Takes a part off again; money on a card is let go at the bank first. */
export async function dropPart(part) {
  if (part.charge) return begin([takeBackStep(part)]);
  return guarded(async () =>
    acceptSale((await del(`sales/${cart.id}/tenders/${part.id}`)) ?? (await get(`sales/${cart.id}`))),
  );
}

/** Gives the whole sale up: what cards have paid goes back to them. Calls `over(sale)` when it is done. */
export async function giveUpSale(over) {
  await guarded(async () => {
    const sale = await put(`sales/${cart.id}/abandonment`, {});
    acceptSale(sale);
    if (sale.status === "open") return; // a card is being let go; asking again goes on
    sync.sale = null;
    freshCart();
    over(sale);
  });
}

export const tryAgain = () => carryOut();

async function pay(plan, stillRight) {
  if (checkout.busy || cart.finishing) return;
  if (!(await sendNow())) return;
  if (!stillRight(sync.sale)) {
    checkout.trouble = `The total is now ${dollars(sync.sale.due_cents)}. Choose again.`;
    changes.tell();
    return;
  }
  const chosen = plan();
  if (chosen.some(({ card }) => card) && cart.lines.some(isGift) && !(await isAllowed())) return;
  await begin(chosen);
}

/** Many gift cards need another person's yes; that is asked for before a card is charged for them. */
function isAllowed() {
  const tender = { id: newId(), kind: "external", amount_cents: sync.sale.due_cents };
  const whole = { ...cartBody(sync.sale.tip_cents), tenders: [tender], complete: true };
  const rehearse = (approval) => put(`sales/${cart.id}`, approval ? { ...whole, approval } : whole, { dry_run: 1 });
  let allowed = false;
  return guarded(async () => {
    await withApproval(rehearse);
    allowed = true;
  }).then(() => allowed);
}

const isGift = ({ kind }) => GIFTS.includes(kind);

/** Pays all that is due: the whole sale in one request, unless parts of it are paid already. */
function steps(tender) {
  if (heldTenders().length) return tender ? [tenderStep(tender), completion()] : [completion()];
  const tenders = tender ? [{ id: newId(), ...tender }] : [];
  return [{ path: `sales/${cart.id}`, body: { ...cartBody(sync.sale.tip_cents), tenders, complete: true } }];
}

/** Nothing handed over is left out: after cash rounding not even a cent may be due. */
const cashTender = ({ tendered_cents, amount_cents }) => ({
  kind: "cash",
  ...(amount_cents && { amount_cents }),
  ...(tendered_cents && { tendered_cents }),
  drawer_session: tablet.drawer?.id ?? null,
});
/** What cards shall pay afterwards is not what the cash is for, however much is handed over. */
const cashPart = (tendered_cents, most_cents) =>
  cashTender({ tendered_cents, ...(most_cents && tendered_cents > most_cents && { amount_cents: most_cents }) });
const tenderStep = (tender) => ({ path: `sales/${cart.id}/tenders/${newId()}`, body: tender });
const completion = () => ({ path: `sales/${cart.id}/completion`, body: {} });

async function begin(steps) {
  if (cart.finishing) return;
  keep({ finishing: { steps } });
  await carryOut();
}

async function carryOut() {
  await guarded(async () => {
    while (cart.finishing?.steps.length) {
      const [step] = cart.finishing.steps;
      const first = !step.tried;
      step.tried = true;
      keep();
      const sale = await take(step, first);
      if (sale === undefined) return; // nobody is signed on: the plan waits for whoever comes
      if (sale === null) break; // the card was taken back, and with it the rest of the plan
      cart.finishing.steps.shift();
      acceptSale(sale);
      if (sale.status !== "open") break;
    }
    keep({ finishing: null });
    if (sync.sale && sync.sale.status !== "open") meetEnd(sync.sale);
  });
}

/** One step; a clean no forgets the plan, so that another way of paying can be chosen. */
async function take(step, first) {
  try {
    if (step.card) return await collect(step);
    return await withApproval((approval) => put(step.path, withYes(step, approval)));
  } catch (error) {
    const undecided = error instanceof Unreached || (error.status === 401 && !first);
    if (!undecided) keep({ finishing: null });
    throw error;
  }
}

/** A yes goes with the contents of the sale; its completion finds the one that was given for the sale. */
const withYes = ({ path, body }, approval) => (approval && path === `sales/${cart.id}` ? { ...body, approval } : body);

async function guarded(work) {
  if (checkout.busy) return;
  Object.assign(checkout, { busy: true, unknown: "", trouble: "" });
  checkout.wait.start();
  changes.tell();
  try {
    await work();
  } catch (error) {
    await explain(error);
  } finally {
    checkout.busy = false;
    checkout.wait.stop();
    endTalk();
    changes.tell();
  }
}

async function explain(error) {
  if (error instanceof Unreached) sync.isAway = true;
  if (cart.finishing) checkout.unknown = error.message;
  else checkout.trouble = error.message;
  if (error.status === 409)
    schedule(); // the sale may have moved on: the next answer says how
  else if (!error.status && !(error instanceof Unreached)) throw error;
}

/** The sale is in the books: show it and start the next one. */
function finished(sale) {
  sync.sale = null;
  freshCart();
  checkout.done(sale, talk.step && talk.late ? "The card was charged before it could be taken back." : "");
}
