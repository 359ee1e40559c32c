/** A strip of words while the studio's server can not be reached: what still works and what does not. */

import { h, icon } from "./dom.js";
import { signal } from "./signal.js";
import { sync } from "./sync.js";

const changes = signal();
export const listenOffline = changes.listen;
for (const event of ["online", "offline"]) addEventListener(event, changes.tell);

/** A place for the words, empty while there is a connection. */
export function offlineBanner() {
  const isAway = !navigator.onLine || sync.isAway;
  return h("div", { class: "away", role: "status", key: "away" }, isAway ? words() : null);
}

function words() {
  return h(
    "div",
    { class: "banner", "data-test": "offline" },
    icon("away"),
    h(
      "p",
      null,
      h("b", null, "Offline."),
      " The sale is kept on this tablet and sent as soon as the server answers.",
      " No payment can be taken until then, not even cash.",
    ),
  );
}
