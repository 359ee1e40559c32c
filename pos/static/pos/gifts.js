/** What a gift card's code does wherever it is scanned: it pays the sale in the cart, is sold with it, or is shown. */

import { get, post } from "./api.js";
import { cart, setInstrument } from "./cart.js";
import { holdGift, paidBy } from "./checkout.js";
import { dollars } from "./money.js";
import { useOffer } from "./sessions.js";
import { toast } from "./toast.js";

const OURS = /^[0-9A-Z]{4}([\s-]?[0-9A-Z]{4}){3}$/i;

/** Whether words look like a code of ours that somebody typed, and not like a name. */
export const isGiftCode = (words) => OURS.test(words) && /\d/.test(words);

/** Does what the code stands for; false when no card has it. Throws the server's sentence for a slip of the finger. */
export async function takeGift(code) {
  try {
    await useGift(await post("codes", { code }));
    return true;
  } catch (error) {
    if (error.code !== "unknown_code") throw error;
    return false;
  }
}

/** Lets the card pay the sale in the cart; without one, or when it pays nothing, it is shown. */
export async function useGift(offer) {
  if (!offer.can_pay) return put(offer);
  if (!cart.lines.length) return show(offer.instrument);
  location.hash = "#sale";
  return offer.items.length ? useOffer(offer) : pay(offer);
}

export const show = (id) => void (location.hash = `#cards/${id}`);

async function pay({ instrument, name, amount_cents }) {
  if (paidBy(instrument)) return toast(`${name} is on this sale already.`);
  const sale = await holdGift(instrument);
  const part = sale?.tenders.find((tender) => tender.instrument === instrument && tender.status === "held");
  if (!part) return undefined; // what was wrong stands above the ways to pay
  const left = dollars(amount_cents - part.amount_cents);
  const rest = sale.due_cents ? `${dollars(sale.due_cents)} to go` : "all is paid";
  return toast(`${name} pays ${dollars(part.amount_cents)}, ${left} left · ${rest}.`);
}

/** A plastic card goes with the gift card that is in the cart without one. */
async function put({ instrument, name }) {
  const waiting = cart.lines.find((line) => line.kind === "gift_card" && !line.instrument);
  const card = waiting && (await get(`gift-cards/${instrument}`));
  if (card?.status !== "inactive") return show(instrument);
  setInstrument(waiting.key, instrument);
  location.hash = "#sale";
  return toast(`${name} is the card that is sold.`);
}
