/** Closing a drawer by a blind count: the total, what stays in it, and a note when the server asks for one. */

import { put } from "./api.js";
import { withApproval } from "./approval.js";
import { button, chip, moneyButton } from "./buttons.js";
import { alertBox, h } from "./dom.js";
import { moneyPad, typed } from "./keypad.js";
import { dollars, keyed } from "./money.js";
import { Panel } from "./panel.js";

const NOTES = ["Wrong change given", "Cash paid out", "Not found"];

/** Asks for the count; `closed(session)` hears what was expected, `leave()` that it was given up. */
export class CountPanel extends Panel {
  constructor(facts) {
    super({ field: "counted", counted: 0, left: null, note: "", noteAsked: "", ...facts });
    this.press = this.press.bind(this);
    this.onkeydown = typed(this.press, () => this.send());
  }

  press(key) {
    if (this.busy) return;
    this.set({ [this.field]: keyed(this[this.field] ?? 0, key), trouble: "" });
  }

  leftCents() {
    return this.left ?? Math.min(this.session.float_cents, this.counted);
  }

  body(approval) {
    const note = this.note.trim();
    return {
      counted_cents: this.counted,
      left_cents: this.leftCents(),
      ...(note && { note }),
      ...(approval && { approval }),
    };
  }

  send() {
    const path = `drawer-sessions/${this.session.id}/close`;
    return this.attempt(async () => {
      try {
        this.closed(await withApproval((approval) => put(path, this.body(approval))));
      } catch (error) {
        if (error.code !== "note_needed") throw error;
        this.set({ busy: false, noteAsked: error.message });
      }
    });
  }

  view() {
    const left = this.field === "left";
    return h(
      "section",
      { class: "card two", key: "count", "data-test": "drawer-count" },
      h("h2", null, `Count: ${this.name}`),
      h(
        "div",
        { class: "stack" },
        this.amount("counted", "Cash counted", this.counted),
        this.amount("left", "Stays in the drawer", this.leftCents()),
        h("p", { class: "soft num" }, `To take out: ${dollars(Math.max(0, this.counted - this.leftCents()))}`),
        this.noteAsked ? this.noteField() : null,
        alertBox(this.trouble),
        this.sendButton(),
        button("count-leave", { class: "btn quiet", disabled: this.busy }, this.leave, "Not now"),
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
    const look = { class: "field", key: name, "aria-pressed": this.field === name };
    const choose = () => this.set({ field: name, left: name === "left" ? null : this.left });
    return button(`field-${name}`, look, choose, h("span", null, label), " ", h("b", { class: "num" }, dollars(cents)));
  }

  noteField() {
    const one = (words) => chip(`note-${words}`, this.note === words, () => this.set({ note: words }), words);
    return h(
      "div",
      { class: "stack", key: "note", "data-test": "note" },
      alertBox(this.noteAsked),
      h("div", { class: "chips wrap" }, NOTES.map(one)),
      h(
        "label",
        null,
        "Note",
        h("input", {
          maxlength: "300",
          autocomplete: "off",
          value: this.note,
          "data-test": "count-note",
          oninput: (event) => (this.note = event.target.value),
        }),
      ),
    );
  }

  sendButton() {
    const look = { class: "btn primary big", disabled: this.busy };
    return moneyButton("submit-count", look, () => this.send(), this.busy ? "Closing…" : "Submit count");
  }
}
