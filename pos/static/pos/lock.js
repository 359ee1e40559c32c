/** The lock screen, fast switch and the lock after ten idle minutes; none of them touches the cart. */

import { del, post } from "./api.js";
import { h, icon, patch } from "./dom.js";
import { PinPanel } from "./pin.js";
import { closeAll } from "./sheet.js";
import { sync } from "./sync.js";
import { setPerson, tablet } from "./tablet.js";

const IDLE_MS = Number(document.body.dataset.idleSeconds || 600) * 1000;
const CHECK_MS = 5_000;
let touched_at = Date.now();

/** Shows who may sign on; `opened()` is called when somebody has. */
export function mountLock(host, opened) {
  const enter = async (person, pin) => {
    const session = await post("staff-sessions/", { staff: person.id, pin });
    await opened(session.staff);
  };
  const panel = new PinPanel({
    people: tablet.device.staff.filter((person) => person.has_pin !== false),
    enter,
    redraw: draw,
    question: "Who is at the desk?",
    none: "Nobody has a PIN for this location yet. Set one in the back office under Staff.",
  });

  function draw() {
    patch(host, view());
  }

  const view = () =>
    h(
      "main",
      { class: "door", "data-test": "lock-screen", onkeydown: panel.onkeydown },
      h(
        "div",
        { class: "door-card" },
        h("div", { class: "mark" }, icon("mark")),
        h("h1", null, tablet.device.business.name),
        h(
          "p",
          { class: "soft place" },
          tablet.device.location.name,
          tablet.device.demo ? h("span", { class: "badge" }, "Demo") : null,
        ),
        panel.view(),
      ),
    );

  draw();
  const onKey = (event) => !host.contains(event.target) && panel.onkeydown(event);
  document.addEventListener("keydown", onKey);
  return () => document.removeEventListener("keydown", onKey);
}

/** Locks at once; the server is told too, but the tablet does not wait for it. */
export function lock() {
  if (!tablet.person) return;
  closeAll();
  setPerson(null);
  del("staff-sessions/current").catch(() => {});
}

/** Locks here when the server has signed the person out. */
export function lockHere() {
  closeAll();
  setPerson(null);
}

/** Locks by itself after ten minutes without a touch; not while the server is away, which alone can unlock. */
export function watchIdle() {
  const touch = () => (touched_at = Date.now());
  for (const kind of ["pointerdown", "keydown"])
    document.addEventListener(kind, touch, { capture: true, passive: true });
  setInterval(() => tablet.person && !sync.isAway && Date.now() - touched_at >= IDLE_MS && lock(), CHECK_MS);
}
