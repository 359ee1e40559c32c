/** Who may do a treatment and who does it by default. */

import { tablet } from "./tablet.js";

const KEY = "footfall.therapists";
const KEPT = 12;

/** Therapists with the qualification that the item requires; everybody when it requires none. */
export function qualified(item) {
  const needed = item?.required_qualification;
  return tablet.catalog.therapists.filter((therapist) => !needed || therapist.qualifications.includes(needed));
}

let preferred = null;

/** Proposes this therapist for new lines, before all others; nobody for null. */
export const prefer = (id) => (preferred = id);

/** Whom the client likes, if they qualify, else the last used therapist who does, else the person signed on, else the first who does; null for retail. */
export function defaultTherapist(item, inCart) {
  if (item.kind === "retail") return null;
  const able = qualified(item).map((therapist) => therapist.id);
  return [preferred, ...inCart, ...recent(), tablet.person?.id, ...able].find((id) => able.includes(id)) ?? null;
}

export function remember(id) {
  try {
    localStorage.setItem(KEY, JSON.stringify([id, ...recent().filter((other) => other !== id)].slice(0, KEPT)));
  } catch {
    // A full or blocked store only costs the default.
  }
}

function recent() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? [];
  } catch {
    return [];
  }
}
