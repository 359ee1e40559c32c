/** How long somebody has been waiting: nothing to see at first, dimmed after 300 ms, words after 2 s. */

const DIM_MS = 300;
const SLOW_MS = 2_000;

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
      clock.phase = phase;
      tell();
    }, after);
  return clock;
}
