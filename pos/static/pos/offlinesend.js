/** Sending what was sold without the server; each sale under its own id, so that twice is once. */

import { get, put, Refused, Unreached } from "./api.js";
import { countedSince } from "./contact.js";
import { offline, tellOffline } from "./offline.js";
import { dequeue, noteRefusal, queued } from "./offlinestore.js";
import { may, tablet } from "./tablet.js";

let sending = null;

/** Sends all that waits, oldest first; true when the server was there, or nothing had to be asked. */
export function sendQueue() {
  sending ??= sendAll().finally(() => (sending = null));
  return sending;
}

async function sendAll() {
  const queue = await queued();
  let isThere = true;
  let came = false;
  for (const sale of queue) {
    isThere = await send(sale);
    came ||= isThere;
    if (!isThere) break;
  }
  await countQueue();
  if (came || !queue.length) await looksAtReview();
  return isThere;
}

/** How many wait, for the strip of words. */
export async function countQueue() {
  const left = await queued();
  const refused = left.filter((sale) => sale.refused);
  const unsent = left.length - refused.length;
  Object.assign(offline, { waiting: left.length, unsent, refused: refused[0]?.refused ?? "" });
  tellOffline();
}

/** One sale; false when nobody knows whether the server has it. What the server refuses stays here, with its words. */
async function send(sale) {
  const body = { ...sale.body, sent_at: new Date().toISOString(), ago_ms: countedSince(sale.from) };
  try {
    await put(`offline-sales/${sale.id}`, body);
  } catch (error) {
    if (error instanceof Unreached) return false;
    if (!(error instanceof Refused)) throw error;
    await noteRefusal(sale, error.message);
    return true;
  }
  await dequeue(sale.id);
  return true;
}

/** How many sales of this place somebody must look at. */
export async function looksAtReview() {
  if (!tablet.person || !may("see_sales")) return;
  const rows = await get("offline-sales/", { status: "review" }).catch(() => null);
  if (!rows) return;
  offline.review = rows.length;
  tellOffline();
}
