/** Money buttons take one tap in 400 ms, wherever the second one lands. */

const HOLD_MS = 400;
let until = 0;
let timer = 0;

/** A handler for a money button: runs once, then every money button rests. */
export function deliberate(handler) {
  return (event) => {
    if (performance.now() < until) return;
    hold();
    handler(event);
  };
}

/** Lets money buttons rest for 400 ms from now; used when a new screen slides under the finger. */
export function hold() {
  until = performance.now() + HOLD_MS;
  document.documentElement.dataset.hold = "";
  clearTimeout(timer);
  timer = setTimeout(() => delete document.documentElement.dataset.hold, HOLD_MS);
}
