/** Cash into and out of the open drawer without a sale: paid in, paid out, to the safe, tips, or just opened. */

import { get, put } from "./api.js";
import { withApproval } from "./approval.js";
import { button, chip, moneyButton } from "./buttons.js";
import { alertBox, h } from "./dom.js";
import { newId } from "./ids.js";
import { moneyPad, typed } from "./keypad.js";
import { dollars, keyed } from "./money.js";
import { Panel } from "./panel.js";

/** What can be done with an open drawer: its name, what stands on the button, how it is told, and the reasons. */
export const MOVES = {
  pay_out: {
    name: "Pay out",
    done: "Paid out",
    reasons: { supplies: "Supplies", laundry: "Laundry, cleaning", refreshments: "Drinks, snacks", postage: "Postage", other: "Other" },
  },
  pay_in: {
    name: "Pay in",
    done: "Paid in",
    reasons: { safe: "Change from the safe", bank: "Change from the bank", returned: "Left over from a pay-out" },
  },
  drop: { name: "To the safe", done: "To the safe" },
  tip_payout: { name: "Pay tips", done: "Tips paid" },
  no_sale: {
    name: "Open drawer",
    done: "Drawer opened",
    reasons: { change: "Change for a client", look: "Look something up", other: "Other" },
  },
};

/** Asks how much and why; `moved(movement)` hears what was done, `leave()` that it was given up. */
export class MovementPanel extends Panel {
  constructor(facts) {
    super({ cents: 0, reason: "", note: "", owed: null, therapist: null, ...facts });
    this.id = newId(); // the same movement however often it is sent
    this.move = MOVES[this.kind];
    this.press = (key) => !this.busy && this.set({ cents: keyed(this.cents, key), trouble: "" });
    this.onkeydown = typed(this.takesMoney ? this.press : () => {}, () => this.send());
    if (this.kind === "tip_payout") this.readOwed();
  }

  get takesMoney() {
    return this.kind !== "no_sale";
  }

  readOwed() {
    const path = `drawer-sessions/${this.session.id}/tips-owed`;
    return this.attempt(async () => this.set({ owed: await get(path), busy: false }));
  }

  /** A therapist and all that they are owed, to be changed if they want less now. */
  choose({ therapist, owed_cents }) {
    this.set({ therapist, cents: owed_cents, trouble: "" });
  }

  body(approval) {
    const note = this.note.trim();
    return {
      kind: this.kind,
      ...(this.takesMoney && { amount_cents: this.cents }),
      ...(this.reason && { reason: this.reason }),
      ...(note && { note }),
      ...(this.therapist && { therapist: this.therapist.id }),
      ...(approval && { approval }),
    };
  }

  missing() {
    if (this.kind === "tip_payout" && !this.therapist) return "Choose who gets the tips.";
    if (this.takesMoney && !this.cents) return "Enter the amount.";
    if (this.move.reasons && !this.reason) return "Choose a reason.";
    return this.reason === "other" && !this.note.trim() ? "Say in a few words what for." : "";
  }

  send() {
    const trouble = this.missing();
    if (trouble) return this.set({ trouble });
    const path = `drawer-sessions/${this.session.id}/movements/${this.id}`;
    return this.attempt(async () => this.moved(await withApproval((approval) => put(path, this.body(approval)))));
  }

  view() {
    return h(
      "section",
      { class: this.takesMoney ? "card two" : "card", key: `move-${this.kind}`, "data-test": "movement" },
      h("h2", null, this.move.name),
      h(
        "div",
        { class: "stack" },
        this.kind === "tip_payout" ? this.people() : null,
        this.move.reasons ? this.reasons() : null,
        this.noteField(),
        alertBox(this.trouble),
        this.sendButton(),
        button("movement-leave", { class: "btn quiet", disabled: this.busy }, this.leave, "Not now"),
      ),
      this.takesMoney ? moneyPad({ label: this.move.name, cents: this.cents, press: this.press, test: "move-pad" }) : null,
    );
  }

  people() {
    if (!this.owed) return this.trouble ? null : h("p", { class: "soft", role: "status" }, "One moment…");
    if (!this.owed.length) return h("p", { class: "empty" }, "No tips are owed here.");
    const one = (row) => {
      const { therapist, owed_cents } = row;
      const chosen = this.therapist?.id === therapist.id;
      return chip(`owed-${therapist.id}`, chosen, () => this.choose(row), `${therapist.name} · ${dollars(owed_cents)}`);
    };
    return h("div", { class: "chips wrap", role: "group", "aria-label": "Who gets the tips" }, this.owed.map(one));
  }

  reasons() {
    const one = ([code, words]) =>
      chip(`why-${code}`, this.reason === code, () => this.set({ reason: code, trouble: "" }), words);
    const chips = Object.entries(this.move.reasons).map(one);
    return h("div", { class: "chips wrap", role: "group", "aria-label": "Reason" }, chips);
  }

  noteField() {
    return h(
      "label",
      null,
      this.reason === "other" ? "What for" : "Note (optional)",
      h("input", {
        maxlength: "200",
        autocomplete: "off",
        value: this.note,
        "data-test": "movement-note",
        oninput: (event) => (this.note = event.target.value),
      }),
    );
  }

  sendButton() {
    const look = { class: "btn primary big", disabled: this.busy };
    const words = this.takesMoney ? `${this.move.name} ${dollars(this.cents)}` : this.move.name;
    return moneyButton("movement-send", look, () => this.send(), this.busy ? "One moment…" : words);
  }
}

/** What was done, in words: "Paid out $12.50 · slip 3". */
export function movedWords({ kind, amount_cents, number, therapist }) {
  const what = [MOVES[kind].done, kind === "no_sale" ? "" : dollars(amount_cents), therapist ? `to ${therapist.name}` : ""];
  return `${what.filter(Boolean).join(" ")} · slip ${number}`;
}
