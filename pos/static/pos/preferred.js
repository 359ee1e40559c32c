/** The therapist whom the client of the cart likes: proposed for each new line. */

import { get } from "./api.js";
import { cart, listenCart } from "./cart.js";
import { prefer } from "./therapists.js";

let asked = null;

/** Asks once for each client that comes into the cart; without an answer nobody is proposed. */
export function watchPreferred() {
  listenCart(() => {
    if (cart.client === asked) return;
    asked = cart.client;
    prefer(null);
    if (asked) look(asked).catch(() => {});
  });
}

async function look(client) {
  const { therapist } = await get(`clients/${client}/preferences`);
  if (client === cart.client) prefer(therapist?.id ?? null);
}
