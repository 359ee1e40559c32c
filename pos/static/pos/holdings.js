/** What the client of the sale has left to pay treatments with; read again when the sale holds more or less of it. */

import { get } from "./api.js";
import { hold } from "./buttons.js";
import { cart, listenCart } from "./cart.js";
import { isFixed } from "./contents.js";
import { daysAfter, today } from "./days.js";
import { signal } from "./signal.js";
import { listenSync, sync } from "./sync.js";
import { dayWords, listenTablet, tablet, tenderName } from "./tablet.js";

const changes = signal();
export const listenHoldings = changes.listen;
const state = { client: null, asked: "", offers: [] };
listenCart(look);
listenSync(look);
listenTablet(look);

/** Sessions, credits and cards that pay for a treatment, in the order in which they should be used. */
export const sessionsLeft = () => state.offers.filter(({ items, can_pay }) => can_pay && items.length);

/** The gift card or store credit that should pay next: the order is the server's, and each is on a sale once (R4). */
export function nextValue({ tenders }) {
  if (cart.lines.some(isFixed)) return null;
  const used = tenders.filter(({ status }) => status === "held").map(({ kind, instrument }) => `${kind} ${instrument}`);
  const pays = ({ kind, instrument, items, amount_cents, can_pay }) =>
    can_pay && !items.length && amount_cents > 0 && !used.includes(`${kind} ${instrument}`);
  return state.offers.find(pays) ?? null;
}

/** What a line of the cart keeps of an offer that pays for it. */
export const coverBy = ({ kind, instrument }) => ({ kind, instrument });

/** "Use session", "Use member credit". */
export const useWords = ({ kind }) => `Use ${tenderName(kind).toLowerCase()}`;

/** "2 of 5 left · until Mar 14"; the day is the last on which it can be used. */
export const leftWords = ({ left, expires_on }) =>
  expires_on ? `${left} · until ${shortDay(daysAfter(expires_on, -1))}` : left;

/** "Mar 14", with the year when it is not this one. */
function shortDay(day) {
  return day.slice(0, 4) === today().slice(0, 4) ? dayWords(day).replace(/, \d{4}$/, "") : dayWords(day);
}

/** Without an answer the sale goes on without; the next change of the cart asks again. */
async function look() {
  const client = tablet.person && cart.client;
  const asked = client ? `${client} ${heldNow()}` : "";
  if (asked === state.asked) return;
  if (client !== state.client) Object.assign(state, { client, offers: [] });
  state.asked = asked;
  if (!client) return changes.tell();
  const answer = await get(`clients/${client}/holdings`).catch(() => null);
  if (asked !== state.asked) return;
  if (!answer) return void (state.asked = "");
  const isMore = answer.results.length > state.offers.length;
  state.offers = answer.results;
  if (isMore) hold(); // tiles come in under a finger
  changes.tell();
}

/** What the sale in the cart holds of it, as far as the server has said. */
const heldNow = () => (sync.sale?.id === cart.id ? sync.sale.lines.map(({ cover }) => cover?.instrument ?? "").join() : "");
