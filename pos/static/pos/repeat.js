/** What a client had last time, sold again in one tap. */

import { get } from "./api.js";
import { button } from "./buttons.js";
import { addAgain, cart } from "./cart.js";
import { dayName } from "./days.js";
import { h, icon } from "./dom.js";
import { signal } from "./signal.js";
import { isSold, itemOf, listenTablet, tablet } from "./tablet.js";
import { qualified } from "./therapists.js";

const changes = signal();
export const listenRepeat = changes.listen;
const known = new Map(); // by client; this page's memory only, and not for long

listenTablet(() => tablet.person || known.clear());

/** A button that names the last visit of the client, and `done()` after it; null while it is not known or was none. */
export function repeatButton(client, { done = () => {} } = {}) {
  const visit = client && lastVisit(client);
  const lines = visit ? soldStill(visit.lines) : [];
  if (!lines.length) return null;
  const words = lines.map(({ name, quantity }) => (quantity > 1 ? `${quantity} × ${name}` : name)).join(", ");
  const again = () => {
    addAgain(lines);
    done();
  };
  return button(
    "repeat-visit",
    { class: "btn big repeat", key: `repeat ${client}`, disabled: Boolean(cart.finishing) },
    again,
    icon("undo"),
    h("span", null, h("b", null, `As on ${dayName(visit.business_date)}`), h("small", { class: "soft" }, ` ${words}`)),
  );
}

/** Asked once for each client until another is chosen. */
function lastVisit(client) {
  if (!known.has(client)) {
    known.clear();
    known.set(client, null);
    get(`clients/${client}/last-visit`).then((visit) => {
      if (!known.has(client)) return;
      known.set(client, visit);
      changes.tell();
    }, () => known.delete(client));
  }
  return known.get(client);
}

/** What is on the price list today, by the same person if they still do it. */
const soldStill = (lines) => lines.filter(({ item }) => itemOf(item) && isSold(itemOf(item))).map(byWhom);

function byWhom(line) {
  const can = qualified(itemOf(line.item)).some(({ id }) => id === line.therapist);
  return { ...line, therapist: can ? line.therapist : null };
}
