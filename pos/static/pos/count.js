/** Closing a drawer by a blind count: the total, what stays in it, and a note when the server asks for one. */

import { withApproval } from "./approval.js";
import { put } from "./api.js";
import { alertBox, h } from "./dom.js";
import { moneyPad, typed } from "./keypad.js";
import { dollars, keyed } from "./money.js";
import { deliberate } from "./taps.js";

const NOTES = ["Wrong change given", "Cash paid out", "Not found"];

/** Asks for the count; `closed(session)` hears what was expected, `leave()` that it was given up. */
export class CountPanel {
  constructor({ session, name, redraw, closed, leave }) {
    Object.assign(this, { session, name, redraw, closed, leave, field: "counted", counted: 0, left: null });
    Object.assign(this, { note: "", noteAsked: "", trouble: "", busy: false });
    this.press = this.press.bind(this);
    this.onkeydown = typed(this.press, () => this.send());
  }

  set(facts) {
    Object.assign(this, facts);
    this.redraw();
  }

  press(key) {
    if (this.busy) return;
    if (this.field === "left") this.set({ left: keyed(this.left ?? 0, key), trouble: "" });
    else this.set({ counted: keyed(this.counted, key), trouble: "" });
  }

  /** What stays: the float, unless less was counted or something else was entered. */
  leftCents() {
    return this.left ?? Math.min(this.session.float_cents, this.counted);
  }

  body() {
    const note = this.note.trim();
    return { counted_cents: this.counted, left_cents: this.leftCents(), ...(note && { note }) };
  }

  async send() {
    if (this.busy) return;
    this.set({ busy: true, trouble: "" });
    const path = `drawer-sessions/${this.session.id}/close`;
    try {
      this.closed(await withApproval((approval) => put(path, { ...this.body(), ...(approval && { approval }) })));
    } catch (error) {
      const asked = error.code === "note_needed";
      this.set(asked ? { busy: false, noteAsked: error.message } : { busy: false, trouble: error.message });
    }
  }

  view() {
    const left = this.field === "left";
    return h(
      "section",
      { class: "card two", key: "count", "data-test": "drawer-count" },
      h(
        "div",
        { class: "stack" },
        h("h2", null, `Count: ${this.name}`),
        this.amount("counted", "Cash counted", this.counted),
        this.amount("left", "Stays in the drawer", this.leftCents()),
        h("p", { class: "soft num" }, `To take out: ${dollars(Math.max(0, this.counted - this.leftCents()))}`),
        this.noteAsked ? this.noteField() : null,
        alertBox(this.trouble),
        this.sendButton(),
        h("button", { class: "btn quiet", disabled: this.busy, onclick: this.leave }, "Not now"),
      ),
      moneyPad({
        label: left ? "Stays in the drawer" : "Cash counted",
        cents: left ? this.leftCents() : this.counted,
        press: this.press,
        test: "count-pad",
      }),
    );
  }

  /** One of the two amounts; the pad writes into the chosen one. */
  amount(name, label, cents) {
    return h(
      "button",
      {
        class: "field",
        key: name,
        "aria-pressed": this.field === name,
        "data-test": `field-${name}`,
        onclick: () => this.set({ field: name, left: name === "left" ? null : this.left }),
      },
      h("span", null, label),
      " ",
      h("b", { class: "num" }, dollars(cents)),
    );
  }

  noteField() {
    const chip = (words) =>
      h(
        "button",
        { class: "chip", key: words, "aria-pressed": this.note === words, onclick: () => this.set({ note: words }) },
        words,
      );
    return h(
      "div",
      { class: "stack", key: "note", "data-test": "note" },
      alertBox(this.noteAsked),
      h("div", { class: "chips wrap" }, NOTES.map(chip)),
      h("label", { for: "count-note" }, "Note"),
      h("input", {
        id: "count-note",
        maxlength: "300",
        autocomplete: "off",
        value: this.note,
        oninput: (event) => (this.note = event.target.value),
      }),
    );
  }

  sendButton() {
    return h(
      "button",
      {
        class: "btn primary big money",
        disabled: this.busy,
        "data-test": "submit-count",
        onclick: deliberate(() => this.send()),
      },
      this.busy ? "Closing…" : "Submit count",
    );
  }
}
