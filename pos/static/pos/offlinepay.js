/** Taking cash without the server: the sale is on the tablet's disk before the change is said. */

import { cart, freshCart } from "./cart.js";
import { checkout } from "./checkout.js";
import { countFrom, lastContact } from "./contact.js";
import { showKept } from "./done.js";
import { newId } from "./ids.js";
import { dollars } from "./money.js";
import { offline } from "./offline.js";
import { priceAway, ratesOf } from "./offlineprice.js";
import { countQueue, sendQueue } from "./offlinesend.js";
import { enqueue } from "./offlinestore.js";
import { showCart } from "./sale.js";
import { closeAll } from "./sheet.js";
import { sync } from "./sync.js";
import { tablet } from "./tablet.js";
import { showTab } from "./tiles.js";

let taking = false;

/** Sells the cart for that much cash; `shown_cents` is what the screen asked for. */
export function sellAway(tendered_cents, shown_cents) {
  const sale = sync.sale;
  if (!sale?.offline || (sale.cash_due_cents !== shown_cents && tendered_cents < sale.cash_due_cents)) return;
  return take(sale, { id: newId(), tendered_cents });
}

/** The payment that has no answer, if it is all cash and could have been taken here: its words, and the act. */
export function finishable() {
  const [step, ...more] = cart.finishing?.steps ?? [];
  const [tender, ...others] = step?.body?.tenders ?? [];
  const isWhole = !more.length && !others.length && step?.body?.complete && !tender?.amount_cents;
  if (!isWhole || tender?.kind !== "cash") return null;
  const { sale } = priceAway(cart, { catalog: tablet.catalog, terms: offline.terms });
  const tendered_cents = tender.tendered_cents ?? sale?.cash_due_cents;
  if (!sale || !tablet.drawer || tendered_cents < sale.cash_due_cents) return null;
  if (sync.sale && !sync.sale.offline && sync.sale.total_cents !== sale.total_cents) return null; // a member's price
  return { cents: sale.cash_due_cents, act: () => take(sale, { id: tender.id, tendered_cents }) };
}

async function take(sale, { id, tendered_cents }) {
  if (taking) return;
  taking = true;
  try {
    await enqueue(recordOf(sale, { id, tendered_cents }));
    over(sale, tendered_cents);
    await countQueue();
    sendQueue();
  } finally {
    taking = false;
  }
}

function recordOf(sale, { id, tendered_cents }) {
  const cash = { id, amount_cents: sale.cash_due_cents, tendered_cents, drawer_session: tablet.drawer.id };
  const body = {
    lines: sale.lines.map(({ item, quantity, unit_cents, therapist }) => ({
      item,
      quantity,
      unit_cents,
      therapist: therapist?.id ?? null,
    })),
    rates: ratesOf(sale, offline.terms),
    tips: sale.tips.map(({ therapist, amount_cents }) => ({ therapist: therapist.id, amount_cents })),
    client: cart.client,
    tax_cents: sale.tax_cents,
    total_cents: sale.total_cents,
    cash,
    staff: tablet.person.id,
    sold_at: new Date().toISOString(),
    contact_at: lastContact(),
  };
  return { id: cart.id, from: countFrom(), body };
}

function over(sale, tendered_cents) {
  const change = tendered_cents - sale.cash_due_cents;
  Object.assign(checkout, { unknown: "", trouble: "" });
  Object.assign(sync, { sale: null, trouble: null });
  freshCart();
  closeAll();
  showTab();
  showCart(false);
  showKept({
    title: change ? `Change ${dollars(change)}` : `Paid ${dollars(sale.cash_due_cents)}`,
    facts: [
      `Cash ${dollars(tendered_cents)}${change ? ` for ${dollars(sale.cash_due_cents)}` : " · no change"}`,
      "Kept on this tablet until the server answers. The receipt’s number follows.",
    ],
  });
}
