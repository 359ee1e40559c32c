/** Closing a drawer by a blind count: one total or notes and coins, what stays in it, a note when the server asks. */

import { put } from "./api.js";
import { withApproval } from "./approval.js";
import { button, chip, moneyButton } from "./buttons.js";
import { alertBox, h } from "./dom.js";
import { moneyPad, numberPad, typed } from "./keypad.js";
import { dollars, keyed } from "./money.js";
import { Panel } from "./panel.js";
import { FIRST, askWords, listOf, pieceWords, piecesView, pressed, sumOf } from "./pieces.js";

const NOTES = ["Wrong change given", "Cash paid out", "Not found"];

/** Asks for the count; `closed(session)` hears what was expected, `leave()` that it was given up. */
export class CountPanel extends Panel {
  constructor(facts) {
    super({ field: "counted", counted: 0, left: null, note: "", noteAsked: "", ...facts });
    Object.assign(this, { pieces: null, piece: FIRST, parked: null, carryOver: [] });
    this.press = this.press.bind(this);
    this.onkeydown = typed(this.press, () => this.send());
  }

  press(key) {
    if (this.busy) return;
    if (this.isCountingPieces) return this.countPiece(key);
    this.set({ [this.field]: keyed(this[this.field] ?? 0, key), trouble: "" });
  }

  get isCountingPieces() {
    return Boolean(this.pieces) && this.field === "counted";
  }

  countPiece(key) {
    const pieces = { ...this.pieces, [this.piece]: pressed(this.pieces[this.piece] ?? 0, key) };
    this.set({ pieces, counted: sumOf(pieces), trouble: "" });
  }

  leftCents() {
    return this.left ?? Math.min(this.session.float_cents, this.counted);
  }

  body(approval) {
    const note = this.note.trim();
    return {
      counted_cents: this.counted,
      left_cents: this.leftCents(),
      ...(this.pieces && this.counted && { pieces: listOf(this.pieces) }),
      ...(this.carryOver.length && { carry_over: this.carryOver }),
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
        if (error.code === "note_needed") this.set({ busy: false, noteAsked: error.message });
        else if (error.code === "sales_parked") this.set({ busy: false, parked: error.problem.sales });
        else throw error;
      }
    });
  }

  /** One tap: every parked sale that was shown stays for the next drawer. */
  carry() {
    this.set({ carryOver: this.parked.map(({ id }) => id), parked: null });
    return this.send();
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
        this.piecesPart(),
        this.amount("left", "Stays in the drawer", this.leftCents()),
        h("p", { class: "soft num" }, `To take out: ${dollars(Math.max(0, this.counted - this.leftCents()))}`),
        this.noteAsked ? this.noteField() : null,
        this.parked ? this.parkedView() : null,
        alertBox(this.trouble),
        this.sendButton(),
        button("count-leave", { class: "btn quiet", disabled: this.busy }, this.leave, "Not now"),
      ),
      this.pad(left),
    );
  }

  pad(left) {
    const pad = { press: this.press, test: "count-pad" };
    if (this.isCountingPieces) {
      const number = this.pieces[this.piece] ?? 0;
      return numberPad({ ...pad, label: askWords(this.piece), number, words: pieceWords(this.piece, number) });
    }
    const label = left ? "Stays in the drawer" : "Cash counted";
    return moneyPad({ ...pad, label, cents: left ? this.leftCents() : this.counted });
  }

  /** The notes and coins, or the way to them; the total starts anew. */
  piecesPart() {
    const begin = () => this.set({ pieces: {}, counted: 0, field: "counted" });
    if (!this.pieces) return button("count-pieces", { class: "btn", key: "count-pieces" }, begin, "Count notes and coins");
    const chosen = this.field === "counted" ? this.piece : null;
    return piecesView({ pieces: this.pieces, chosen, choose: (piece) => this.set({ piece, field: "counted" }) });
  }

  parkedView() {
    const one = ({ name, total_cents }) => h("li", { class: "num" }, `${name} · ${dollars(total_cents)}`);
    return h(
      "div",
      { class: "stack", key: "parked", "data-test": "parked-at-close" },
      alertBox("These sales are parked. Finish what can be finished, or carry them over."),
      h("ul", null, this.parked.map(one)),
      moneyButton("carry-over", { class: "btn big", disabled: this.busy }, () => this.carry(), "Carry over and close"),
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
