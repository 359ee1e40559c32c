/** Telling listeners that something changed, or that somebody has been waiting for long. */

const DIM_MS = 300;
const SLOW_MS = 2_000;

/** A list of listeners that are told when something changed. */
export function signal() {
  const listeners = new Set();
  return {
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    tell() {
      for (const listener of [...listeners]) listener();
    },
  };
}

/** A clock with a `phase` of "", "waiting", "dim" or "slow"; `tell()` is called when it turns dim or slow. */
export function patience(tell) {
  let timers = [];
  const clock = {
    phase: "",
    start() {
      if (clock.phase) return;
      clock.phase = "waiting";
      timers = [turn("dim", DIM_MS), turn("slow", SLOW_MS)];
    },
    stop() {
      timers.forEach(clearTimeout);
      clock.phase = "";
    },
  };
  const turn = (phase, after) =>
    setTimeout(() => {
      if (clock.phase === "slow") return; // what is slow stays so, whichever turn comes first
      clock.phase = phase;
      tell();
    }, after);
  return clock;
}
