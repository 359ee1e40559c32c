/** All sessions that a client has and had: given to somebody else, taken back, given back after a missed appointment. */

import { del, get, put } from "./api.js";
import { button, chip, moneyButton } from "./buttons.js";
import { askClient } from "./choosing.js";
import { openConfirm } from "./confirm.js";
import { dayName } from "./days.js";
import { alertBox, h } from "./dom.js";
import { newId } from "./ids.js";
import { dollars } from "./money.js";
import { Panel } from "./panel.js";
import { openSheet } from "./sheet.js";
import { may } from "./tablet.js";

const STATES = {
  used: "Used up",
  converted: "Now store credit",
  expired: "Expired",
  refunded: "Refunded",
  transferred: "Given away",
  upgraded: "Gone into another package",
  revoked: "Taken back",
};
const WHY = ["Was ill", "Our mistake", "Goodwill"];
const sessions = (count) => (count === 1 ? "1 session" : `${count} sessions`);

/** The sheet; `done` hears that something has changed. */
export function openLots(client, done) {
  const list = new Lots({ client, done, lots: null, redraw: () => sheet.redraw() });
  const title = `Sessions of ${client.name}`;
  const sheet = openSheet({ title, wide: true, test: "lots-sheet", content: () => list.view() });
  list.load();
}

class Lots extends Panel {
  async load() {
    try {
      const { results } = await get(`clients/${this.client.id}/lots`);
      this.set({ lots: results, trouble: "" });
    } catch (error) {
      this.set({ trouble: error.message });
    }
  }

  changed = async () => {
    await Promise.all([this.load(), this.done()]);
  };

  view() {
    const { lots, trouble } = this;
    if (!lots) return alertBox(trouble) ?? h("p", { class: "soft", role: "status" }, "Looking them up …");
    if (!lots.length) return h("p", { class: "empty" }, "No sessions yet.");
    return [alertBox(trouble), h("ul", { class: "lots", key: "lots" }, lots.map(this.lotView))];
  }

  lotView = (lot) => {
    const left = lot.status === "open" ? `${sessions(lot.units)} left of ${lot.granted_units}` : STATES[lot.status];
    const until = lot.status === "open" && lot.expires_on ? ` · before ${dayName(lot.expires_on)}` : "";
    return h(
      "li",
      { key: lot.id, "data-test": "lot" },
      h("p", null, h("b", null, lot.name), ` · ${left}${until} · worth ${dollars(lot.value_cents)}`),
      h("ul", { class: "effect" }, lot.moves.map((move) => this.moveView(move))),
      this.acts(lot),
    );
  };

  moveView(move) {
    const count = move.units ? sessions(Math.abs(move.units)) : "";
    const words = [dayName(move.at.slice(0, 10)), move.what, count, move.why];
    const back = () => askWhy(move, this.changed);
    return h(
      "li",
      { key: `${move.at} ${move.what}` },
      words.filter(Boolean).join(" · "),
      move.waivable && may("refund") ? button("waive-no-show", "btn quiet", back, "Give it back") : null,
    );
  }

  acts(lot) {
    const free = lot.units - lot.held_units;
    const give = () =>
      askClient({
        title: `Give ${lot.name} to whom?`,
        but: this.client.id,
        choose: (to) => openGiving({ lot, to, free, done: this.changed }),
      });
    const undo = () => openUndoing(lot, this.changed);
    const isOpen = lot.status === "open" && free > 0;
    const isWhole = isOpen && lot.came_from && free === lot.granted_units;
    return h(
      "div",
      { class: "row", key: "acts" },
      isOpen ? button("give-sessions", "btn", give, "Give to somebody else") : null,
      isWhole ? button("undo-transfer", "btn quiet", undo, "Back to who gave them") : null,
    );
  }
}

/** How many, and what that does; both clients are told by mail. */
function openGiving({ lot, to, free, done }) {
  const id = newId();
  const form = new Panel({ units: free, redraw: () => sheet.redraw() });
  const path = `lots/${lot.id}/transfers/${id}`;
  const give = () =>
    form.attempt(async () => {
      await put(path, { client: to.id, units: form.units });
      sheet.close();
      await done();
    });
  const words = () => `Give ${sessions(form.units)} to ${to.name}`;
  const pick = (step) => form.set({ units: Math.min(free, Math.max(1, form.units + step)), trouble: "" });
  const sheet = openSheet({
    title: `Give to ${to.name}`,
    test: "give-sheet",
    content: () => [
      h("p", null, h("b", null, lot.name), ` · ${sessions(free)} can be given. Both get a mail.`),
      h(
        "div",
        { class: "row", key: "units" },
        button("fewer", { class: "btn", "aria-label": "One fewer" }, () => pick(-1), "−"),
        h("b", { class: "num", role: "status" }, sessions(form.units)),
        button("more", { class: "btn", "aria-label": "One more" }, () => pick(1), "+"),
      ),
      alertBox(form.trouble),
      moneyButton("give", { class: "btn primary big", disabled: form.busy }, give, words()),
    ],
  });
}

function openUndoing(lot, done) {
  openConfirm({
    title: "Back to who gave them",
    test: "undo-transfer-sheet",
    words: `${sessions(lot.units)} of ${lot.name} go back to the client who gave them. Both get a mail.`,
    label: "Take them back",
    act: () => del(`lots/${lot.came_from}/transfers/${lot.id}`),
    done,
  });
}

/** A session that was taken for a missed appointment comes back, with a reason; within a week. */
function askWhy(move, done) {
  const form = new Panel({ why: WHY[0], redraw: () => sheet.redraw() });
  const back = () =>
    form.attempt(async () => {
      await put(`no-shows/${move.waivable}/waiver`, { why: form.why });
      sheet.close();
      await done();
    });
  const reason = (why, place) => chip(`why-${place}`, form.why === why, () => form.set({ why }), why);
  const sheet = openSheet({
    title: "Give the session back",
    test: "waive-sheet",
    content: () => [
      h("p", null, `It was taken on ${dayName(move.at.slice(0, 10))}: ${move.why}.`),
      h("div", { class: "chips wrap", key: "why" }, WHY.map(reason)),
      alertBox(form.trouble),
      moneyButton("waive", { class: "btn primary big", disabled: form.busy }, back, "Give it back"),
    ],
  });
}
