/** Taking money for the cart: every step is written down before it is sent and repeated with the same identifiers. */

import { del, get, put, Unreached } from "./api.js";
import { withApproval } from "./approval.js";
import { cart, cartBody, freshCart, keep } from "./cart.js";
import { newId } from "./ids.js";
import { dollars } from "./money.js";
import { patience, signal } from "./signal.js";
import { acceptSale, schedule, sendNow, sync } from "./sync.js";
import { tablet } from "./tablet.js";

const changes = signal();
export const listenCheckout = changes.listen;
/** `unknown` holds words while nobody knows whether the last step was carried out; `trouble` holds a refusal. */
export const checkout = { busy: false, unknown: "", trouble: "", done: () => {}, wait: patience(changes.tell) };
sync.completed = finished;

export const heldTenders = () => sync.sale?.tenders.filter((tender) => tender.status !== "released") ?? [];

/** Completes the sale with cash: `tendered_cents` is what the client hands over; `shown_cents` what the screen asked for. */
export function payCash(tendered_cents, shown_cents) {
  return pay(cashTender(tendered_cents), (sale) => {
    const due = sale.cash_due_cents ?? sale.due_cents;
    return due === shown_cents || (tendered_cents > shown_cents && tendered_cents >= due);
  });
}

/** Completes the sale with a check or another terminal for all that is due. */
export function payWith(kind, shown_cents) {
  return pay({ kind, amount_cents: shown_cents }, (sale) => sale.due_cents === shown_cents);
}

export const payNothing = () => pay(null, (sale) => sale.due_cents === 0);

/** Takes a part of what is due; completes the sale when the part covers the rest. */
export async function payPart(kind, amount_cents) {
  if (!(await sendNow())) return;
  const due = kind === "cash" ? (sync.sale.cash_due_cents ?? sync.sale.due_cents) : sync.sale.due_cents;
  const tender = kind === "cash" ? cashTender(amount_cents) : { kind, amount_cents };
  const steps = [tenderStep(tender)];
  if (amount_cents >= due) steps.push(completion());
  await begin(steps);
}

export async function dropPart(id) {
  await guarded(async () =>
    acceptSale((await del(`sales/${cart.id}/tenders/${id}`)) ?? (await get(`sales/${cart.id}`))),
  );
}

export const tryAgain = () => carryOut();

async function pay(tender, stillRight) {
  if (checkout.busy || cart.finishing) return;
  if (!(await sendNow())) return;
  if (!stillRight(sync.sale)) {
    checkout.trouble = `The total is now ${dollars(sync.sale.due_cents)}. Choose again.`;
    changes.tell();
    return;
  }
  if (tender && heldTenders().length) return void (await begin([tenderStep(tender), completion()]));
  if (heldTenders().length) return void (await begin([completion()]));
  const tenders = tender ? [{ id: newId(), ...tender }] : [];
  await begin([{ path: `sales/${cart.id}`, body: { ...cartBody(sync.sale.tip_cents), tenders, complete: true } }]);
}

/** Nothing handed over is left out: after cash rounding not even a cent may be due. */
const cashTender = (tendered_cents) => ({
  kind: "cash",
  ...(tendered_cents && { tendered_cents }),
  drawer_session: tablet.drawer?.id ?? null,
});
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
      cart.finishing.steps.shift();
      acceptSale(sale);
    }
    keep({ finishing: null });
    if (sync.sale && sync.sale.status !== "open") finished(sync.sale);
  });
}

/** One step; a clean no forgets the plan, so that another way of paying can be chosen. */
async function take(step, first) {
  try {
    return await withApproval((approval) => put(step.path, approval ? { ...step.body, approval } : step.body));
  } catch (error) {
    const undecided = error instanceof Unreached || (error.status === 401 && !first);
    if (!undecided) keep({ finishing: null });
    throw error;
  }
}

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
    changes.tell();
  }
}

async function explain(error) {
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
  checkout.done(sale);
}
