/** Giving a sale back by line and quantity, with the exact effect shown before anything moves. */

import { withApproval } from "./approval.js";
import { put } from "./api.js";
import { alertBox, h, icon } from "./dom.js";
import { showGivenBack } from "./done.js";
import { destination, effectRows, entryView } from "./effect.js";
import { newId } from "./ids.js";
import { dollars } from "./money.js";
import { reasonChips } from "./reasons.js";
import { stepper } from "./stepper.js";
import { tablet } from "./tablet.js";
import { deliberate } from "./taps.js";

const PAUSE_MS = 150;

/** One refund in the making; `over(changed)` is called when it is done or given up. Its identifier stays until then. */
export class RefundPanel {
  constructor({ sale, redraw, over }) {
    Object.assign(this, { sale, redraw, over, reason: null, effect: null, refused: "", trouble: "", busy: false });
    this.path = `sales/${sale.id}/refunds/${newId()}`;
    this.quantities = new Map(sale.lines.map((line) => [line.id, line.refundable_quantity]));
    this.tips = new Set();
    this.asked = 0;
    this.foresee();
  }

  set(facts) {
    Object.assign(this, facts);
    this.redraw();
  }

  /** After a change of what goes back: asks again what that means. */
  changed() {
    this.set({ effect: null, refused: "", trouble: "" });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.foresee(), PAUSE_MS);
  }

  body() {
    const lines = [...this.quantities].filter(([, quantity]) => quantity > 0);
    const tips = this.sale.tips.filter((tip) => this.tips.has(tip.id));
    return {
      lines: lines.map(([line, quantity]) => ({ line, quantity })),
      tips: tips.map((tip) => ({ tip: tip.id, amount_cents: tip.refundable_cents })),
      reason: this.reason ?? tablet.catalog.refund_reasons[0].code, // a rehearsal needs one too
      drawer_session: tablet.drawer?.id ?? null,
    };
  }

  isEmpty() {
    const { lines, tips } = this.body();
    return !lines.length && !tips.length;
  }

  /** Asks the server what would happen; only the newest question counts. */
  async foresee() {
    const mine = (this.asked += 1);
    if (this.isEmpty()) return;
    try {
      const effect = await put(this.path, this.body(), { dry_run: 1 });
      if (mine === this.asked) this.set({ effect, refused: "" });
    } catch (error) {
      if (mine === this.asked) this.set({ effect: null, refused: error.message });
    }
  }

  async send() {
    if (this.busy) return;
    if (!this.reason) return void this.set({ trouble: "Choose a reason first." });
    this.set({ busy: true, trouble: "" });
    try {
      this.finished(
        await withApproval((approval) => put(this.path, { ...this.body(), ...(approval && { approval }) })),
      );
    } catch (error) {
      this.set({ busy: false, trouble: error.message });
    }
  }

  finished(refund) {
    showGivenBack({
      title: `Give back ${dollars(refund.total_cents)}`,
      facts: [destination(refund.tenders), refund.receipt ? `Refund receipt ${refund.receipt.title}` : ""],
      url: refund.receipt?.url,
      next: () => this.over(true),
    });
  }

  view() {
    return h(
      "article",
      { class: "card", key: `refund ${this.sale.id}`, "data-test": "refund-panel" },
      h("h2", null, `Refund ${this.sale.receipt?.title ?? ""}`),
      h(
        "ul",
        { class: "refund-lines" },
        this.sale.lines.map((line) => this.lineRow(line)),
      ),
      this.tipTicks(),
      reasonChips({
        reasons: tablet.catalog.refund_reasons,
        chosen: this.reason,
        choose: (reason) => this.set({ reason, trouble: "" }),
      }),
      this.effectView(),
      alertBox(this.refused || this.trouble, this.refused ? this.askAgain() : null),
      h("div", { class: "row actions" }, this.sendButton(), this.keepButton()),
    );
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

  tipTicks() {
    const tips = this.sale.tips.filter((tip) => tip.refundable_cents > 0);
    if (!tips.length) return null;
    return h(
      "fieldset",
      { class: "plain", key: "tips" },
      h("legend", null, "Tips stay unless ticked"),
      tips.map((tip) => this.tipTick(tip)),
    );
  }

  tipTick(tip) {
    const tick = (event) => {
      if (event.target.checked) this.tips.add(tip.id);
      else this.tips.delete(tip.id);
      this.changed();
    };
    return h(
      "label",
      { class: "tick", key: tip.id },
      h("input", { type: "checkbox", "data-test": "refund-tip", onchange: tick }),
      `${tip.therapist.name} ${dollars(tip.refundable_cents)}`,
    );
  }

  effectView() {
    if (!this.effect) return null;
    const asks = h("p", { class: "info", key: "approval" }, icon("person"), "Another person’s PIN will be asked for.");
    return [effectRows(this.effect), entryView(this.effect.entry), this.effect.approval_needed ? asks : null];
  }

  sendButton() {
    return h(
      "button",
      {
        class: "btn brick big money",
        key: `send ${this.effect?.total_cents}`,
        disabled: !this.effect || this.busy,
        "data-test": "refund-send",
        onclick: deliberate(() => this.send()),
      },
      this.sendWords(),
    );
  }

  sendWords() {
    if (this.busy) return "Refunding…";
    if (this.effect) return `Refund ${dollars(this.effect.total_cents)} · ${destination(this.effect.tenders)}`;
    return this.isEmpty() ? "Nothing chosen" : "Refund";
  }

  keepButton() {
    const keep = () => this.over(false);
    return h(
      "button",
      { class: "btn quiet", disabled: this.busy, "data-test": "keep-sale", onclick: keep },
      "Keep the sale",
    );
  }

  askAgain() {
    return h("button", { class: "btn", "data-test": "try-again", onclick: () => this.foresee() }, "Try again");
  }
}
