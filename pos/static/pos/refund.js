/** Giving a sale back by line and quantity. */

import { stepper } from "./buttons.js";
import { h } from "./dom.js";
import { effectRows } from "./effect.js";
import { GivingBack } from "./givingback.js";
import { newId } from "./ids.js";
import { dollars } from "./money.js";
import { tablet } from "./tablet.js";

const PAUSE_MS = 150;

/** One refund in the making; its identifier stays until it is done or given up, over a reload too. */
export class RefundPanel extends GivingBack {
  constructor({ sale, redraw, over }) {
    super({ name: "refund", verb: "Refund", sale, redraw, over });
    const before = this.unfinished();
    this.id = before.id ?? newId();
    this.path = `sales/${sale.id}/refunds/${this.id}`;
    const left = (line) => Math.min(before.quantities?.[line.id] ?? Infinity, line.refundable_quantity);
    this.quantities = new Map(sale.lines.map((line) => [line.id, left(line)]));
    this.ticked = new Set(before.ticked);
    this.remember();
    this.foresee();
  }

  /** What was chosen before a reload, unless that refund was made after all. */
  unfinished() {
    const kept = this.draft ?? {};
    if (!this.sale.refunds.some(({ id }) => id === kept.id)) return kept;
    this.reason = null;
    return {};
  }

  kept() {
    return { id: this.id, quantities: Object.fromEntries(this.quantities), ticked: [...this.ticked] };
  }

  /** After a change of what goes back: asks again what that means. */
  changed() {
    this.asked += 1; // an answer to the old question says nothing of the new one
    this.set({ effect: null, refused: "", trouble: "" });
    this.remember();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.foresee(), PAUSE_MS);
  }

  what() {
    const lines = [...this.quantities].filter(([, quantity]) => quantity > 0);
    const tips = this.sale.tips.filter((tip) => this.ticked.has(tip.id));
    return {
      lines: lines.map(([line, quantity]) => ({ line, quantity })),
      tips: tips.map((tip) => ({ tip: tip.id, amount_cents: tip.refundable_cents })),
      drawer_session: tablet.drawer?.id ?? null,
    };
  }

  isEmpty() {
    const { lines, tips } = this.what();
    return !lines.length && !tips.length;
  }

  tenders(refund) {
    return refund.tenders;
  }

  paper({ receipt }) {
    return { words: receipt ? `Refund receipt ${receipt.title}` : "", url: receipt?.url };
  }

  parts() {
    const tips = this.sale.tips.filter((tip) => tip.refundable_cents > 0);
    return [
      h(
        "ul",
        { class: "refund-lines", key: "lines" },
        this.sale.lines.map((line) => this.lineRow(line)),
      ),
      tips.length
        ? h(
            "fieldset",
            { class: "plain", key: "tips" },
            h("legend", null, "Tips stay unless ticked"),
            tips.map((tip) => this.tipTick(tip)),
          )
        : null,
    ];
  }

  lineRow(line) {
    const most = line.refundable_quantity;
    const quantity = this.quantities.get(line.id);
    const set = (wanted) => {
      this.quantities.set(line.id, wanted);
      this.changed();
    };
    return h(
      "li",
      { key: line.id, class: most ? "" : "faint" },
      h(
        "span",
        null,
        h("b", null, line.name),
        h("span", { class: "soft" }, most ? `${quantity} of ${most} back` : "Already refunded"),
      ),
      most ? stepper({ name: line.name, quantity, least: 0, most, set }) : null,
    );
  }

  tipTick(tip) {
    const tick = (event) => {
      this.ticked[event.target.checked ? "add" : "delete"](tip.id);
      this.changed();
    };
    return h(
      "label",
      { class: "tick", key: tip.id },
      h("input", { type: "checkbox", "data-test": "refund-tip", checked: this.ticked.has(tip.id), onchange: tick }),
      `Tip for ${tip.therapist.name} ${dollars(tip.refundable_cents)}`,
    );
  }

  sums(effect) {
    return effectRows(effect);
  }
}
