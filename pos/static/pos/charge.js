/** A card at the reader, from the first asking until it is known: one charge, however often it is asked about. */

import { del, get, put, Refused, Unreached } from "./api.js";
import { cart, keep } from "./cart.js";
import { newId } from "./ids.js";
import { signal } from "./signal.js";
import { acceptSale } from "./sync.js";
import { tablet } from "./tablet.js";

const POLL_MS = 2_000;
const LONGEST_MS = 15_000;
const FOREVER = 0;
const UNDER_WAY = ["waiting", "checking", "cancelling"];
const NOT_YET = ["reader_busy", "charge_in_flight"]; // refusals that time or another reader mends
const AWAY = "The card may be charged; checking as soon as it is back.";
const changes = signal();
let wake = () => {};
export const listenCharge = changes.listen;
/**
 * `step` is the card step under way, or null. `charge` is what the server said of it last, `asking` that an answer to
 * what the desk wants is awaited, `refused` and `away` why there is none, `late` that the card was faster than that.
 */
export const talk = { step: null, charge: null, asking: false, refused: "", away: "", late: false };

addEventListener("online", () => wake());
document.addEventListener("visibilitychange", () => wake());

/** A step of a payment plan: have a card pay so much at that reader. */
export function cardStep({ id, label }, amount_cents) {
  const path = `sales/${cart.id}/tenders/${newId()}`;
  return { path, body: { kind: "card", reader: id, amount_cents }, card: { reader: { id, label }, wish: "pay" } };
}

/** The same for a saved card or a pay link, which need no reader. */
export const askStep = (tender) => ({
  path: `sales/${cart.id}/tenders/${newId()}`,
  body: tender,
  card: { reader: null, wish: "pay" },
});

/** A step that takes a card's part off the sale again. */
export function takeBackStep({ id, amount_cents, charge }) {
  const card = { reader: charge?.reader, wish: "back", isSeen: true };
  return { path: `sales/${cart.id}/tenders/${id}`, body: { amount_cents }, card, isOnlyLook: true };
}

/**
 * Carries out a card step. Resolves to the sale when the card has paid or the sale has ended, to null when the card was
 * taken back, and to undefined when nobody is signed on any more: the step stays written down for whoever is next.
 */
export async function collect(step) {
  Object.assign(talk, { step, charge: null, asking: true, refused: "", away: "", late: false });
  changes.tell();
  for (let failed = 0; tablet.person; ) {
    const asked = nextOf(step.card);
    try {
      const end = hear(step, await request(step, asked), asked);
      if (end !== undefined) return end;
      failed = 0;
    } catch (error) {
      if (error.status === 401) return undefined; // the lock screen is up
      failed = meet(step, error) ? failed + 1 : 0;
    }
    changes.tell();
    if (failed) await pause(Math.min(POLL_MS * 2 ** (failed - 1), LONGEST_MS));
    else if (step.card.isSeen && !talk.asking) await pause(POLL_MS);
    while (!step.card.isSeen && !failed && !talk.asking) await pause(FOREVER); // not taken on: the desk chooses
  }
  return undefined;
}

/** What the desk wants next: "again", on that reader, or "back". It is written down before it is sent. */
export function want(wish, reader) {
  const { step, charge } = talk;
  if (!step || (talk.asking && wish === step.card.wish)) return;
  Object.assign(step.card, { wish, reader: reader ?? step.card.reader });
  if (wish === "again") againStep(step, charge);
  keep();
  Object.assign(talk, { asking: true, refused: "" });
  changes.tell();
  wake();
}

/** Looks at once instead of after the pause. */
export const lookNow = () => wake();

/** The plan is done or given up: nothing is waited for. */
export function endTalk() {
  if (!talk.step) return;
  talk.step = null;
  changes.tell();
}

/** The next try of the same intent; a payment that was never taken on is asked for anew instead. */
function againStep({ card, body }, charge) {
  if (card.isSeen) return void (card.n = (charge?.tries ?? card.n ?? 1) + 1);
  card.wish = "pay";
  if (card.reader) body.reader = card.reader.id;
}

/** What to ask for now; what may still be on its way to the server is asked for again before it is taken back. */
const nextOf = ({ wish, isSent, isSeen }) => (isSent && !isSeen ? "pay" : wish);

function request({ path, body, card, isOnlyLook }, asked) {
  if (asked === "back") return del(path);
  if (asked === "again") return put(`${path}/tries/${card.n}`, card.reader ? { reader: card.reader.id } : {});
  if (isOnlyLook) return get(`sales/${cart.id}`);
  card.isSent = true;
  keep();
  return put(path, body);
}

/** Takes an answer; undefined while it is not known how the charge ends. */
function hear(step, sale, asked) {
  const { card } = step;
  const tender = sale.tenders.find(({ id, status }) => step.path.endsWith(id) && status !== "released");
  acceptSale(sale);
  if (sale.status !== "open") return sale;
  if (!tender) return null;
  const { state } = tender.charge;
  Object.assign(talk, { charge: tender.charge, away: "", refused: UNDER_WAY.includes(state) ? "" : talk.refused });
  changes.tell();
  if (state === "paid") return sale;
  if (card.wish === asked) answered(card, state); // else the desk wanted something else meanwhile
  card.isSeen = true;
  keep();
  return undefined;
}

function answered(card, state) {
  const isEnded = state === "cancelled"; // somebody else took it back: it only has to come off the sale
  talk.asking = isEnded && card.wish !== "back";
  if (isEnded) card.wish = "back";
  else if (card.wish === "again") card.wish = "pay";
}

/** Takes a failure; true when nobody answered. What was never taken on and can not be is thrown. */
function meet(step, error) {
  if (error instanceof Unreached) {
    talk.away = `${error.message.replace(" Nothing is lost here.", "")} ${AWAY}`;
    return true;
  }
  const { card } = step;
  if (!(error instanceof Refused)) throw error;
  if (!card.isSeen && !NOT_YET.includes(error.code) && error.status !== 403) throw error;
  const isLate = error.code === "card_was_charged";
  Object.assign(card, { wish: "pay", isSent: false });
  keep();
  Object.assign(talk, { asking: isLate, away: "", refused: isLate ? "" : error.message, late: talk.late || isLate });
  return false;
}

function pause(millis) {
  return new Promise((done) => {
    const timer = millis === FOREVER ? 0 : setTimeout(done, millis);
    wake = () => {
      clearTimeout(timer);
      done();
    };
  });
}
