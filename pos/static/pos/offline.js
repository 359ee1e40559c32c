/** A strip of words while the studio's server can not be reached, or while sales that were made without it wait. */

import { h, icon } from "./dom.js";
import { signal } from "./signal.js";
import { sync } from "./sync.js";

const changes = signal();
export const listenOffline = changes.listen;
export const tellOffline = changes.tell;
for (const event of ["online", "offline"]) addEventListener(event, changes.tell);

/**
 * What can be done without the server. `terms` are the limits, once they are kept on this tablet; `why` says why the
 * cart can not be sold now; `waiting` and `review` count sales, `unsent` those that wait and were not refused.
 * `sell` and `finish` come with the modules that know how.
 */
export const offline = {
  terms: null,
  why: "",
  waiting: 0,
  unsent: 0,
  refused: "",
  review: 0,
  sell: null,
  finish: null,
};

export const isAway = () => !navigator.onLine || sync.isAway;

/** A place for the words, empty while there is a connection and nothing waits. */
export function offlineBanner() {
  const words = [isAway() ? awayWords() : null, waitingWords(), refusedWords(), reviewWords()].filter(Boolean);
  return h("div", { class: "away", role: "status", key: "away" }, words.length ? strip(words) : null);
}

const strip = (words) =>
  h("div", { class: "banner", "data-test": "offline" }, icon(isAway() ? "away" : "receipts"), h("p", null, words));

function awayWords() {
  const cash = offline.terms && ` Cash only, at list prices, up to $${offline.terms.most_cents / 100} a sale. `;
  const kept = " The sale is kept on this tablet. No payment can be taken until the server answers, not even cash. ";
  return [h("b", null, "Offline."), offline.why ? ` ${offline.why} ` : (cash ?? kept)];
}

function waitingWords() {
  const { waiting } = offline;
  if (!waiting) return null;
  const words = waiting === 1 ? "1 sale waits" : `${waiting} sales wait`;
  return [h("b", { "data-test": "waiting-sales" }, words), " to be sent. Leave this tablet on. "];
}

const refusedWords = () => (offline.refused ? ["The server did not take one of them: ", offline.refused, " "] : null);

function reviewWords() {
  const { review } = offline;
  if (!review) return null;
  const words = review === 1 ? "1 sale needs a look" : `${review} sales need a look`;
  return [h("b", { "data-test": "review-sales" }, words), ": a manager decides in the back office. "];
}
