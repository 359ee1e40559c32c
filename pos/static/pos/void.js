/** Undoing a whole sale on its own day, with the exact effect shown first. */

import { withApproval } from "./approval.js";
import { put } from "./api.js";
import { alertBox, h } from "./dom.js";
import { showGivenBack } from "./done.js";
import { destination, entryView, wayRowsView } from "./effect.js";
import { dollars } from "./money.js";
import { reasonChips } from "./reasons.js";
import { tablet, tenderName } from "./tablet.js";
import { deliberate } from "./taps.js";

/** One void in the making; `over(changed)` is called when it is done or given up. */
export class VoidPanel {
  constructor({ sale, redraw, over }) {
    Object.assign(this, { sale, redraw, over, reason: null, effect: null, refused: "", trouble: "", busy: false });
    this.path = `sales/${sale.id}/void`;
    this.back = sale.tenders.filter((tender) => tender.status !== "released").map(asWay);
    this.total_cents = this.back.reduce((sum, way) => sum + way.amount_cents, 0);
    this.foresee();
  }

  set(facts) {
    Object.assign(this, facts);
    this.redraw();
  }

  body() {
    return { reason: this.reason ?? tablet.catalog.refund_reasons[0].code }; // a rehearsal needs one too
  }

  async foresee() {
    try {
      const effect = await put(this.path, this.body(), { dry_run: 1 });
      this.set({ effect, refused: "" });
    } catch (error) {
      if (error.code === "approval_needed") this.set({ effect: { entry: null } });
      else this.set({ refused: error.message });
    }
  }

  async send() {
    if (this.busy) return;
    if (!this.reason) return void this.set({ trouble: "Choose a reason first." });
    this.set({ busy: true, trouble: "" });
    try {
      await withApproval((approval) => put(this.path, { ...this.body(), ...(approval && { approval }) }));
      this.finished();
    } catch (error) {
      this.set({ busy: false, trouble: error.message });
    }
  }

  finished() {
    showGivenBack({
      title: `Give back ${dollars(this.total_cents)}`,
      facts: [destination(this.back), `${this.sale.receipt?.title ?? "The sale"} is void`],
      url: this.sale.receipt?.url,
      next: () => this.over(true),
    });
  }

  view() {
    return h(
      "article",
      { class: "card", key: `void ${this.sale.id}`, "data-test": "void-panel" },
      h("h2", null, `Void ${this.sale.receipt?.title ?? ""}`),
      h("p", { class: "soft" }, "The whole sale is undone, tips too, as if it had not been made."),
      wayRowsView(this.back),
      entryView(this.effect?.entry),
      reasonChips({
        reasons: tablet.catalog.refund_reasons,
        chosen: this.reason,
        choose: (reason) => this.set({ reason, trouble: "" }),
      }),
      alertBox(this.refused || this.trouble),
      h("div", { class: "row actions" }, this.sendButton(), this.keepButton()),
    );
  }

  sendButton() {
    return h(
      "button",
      {
        class: "btn brick big money",
        disabled: !this.effect || this.busy,
        "data-test": "void-send",
        onclick: deliberate(() => this.send()),
      },
      this.busy ? "Voiding…" : `Void ${dollars(this.total_cents)} · ${destination(this.back)}`,
    );
  }

  keepButton() {
    const keep = () => this.over(false);
    return h(
      "button",
      { class: "btn quiet", disabled: this.busy, "data-test": "keep-sale", onclick: keep },
      "Keep the sale",
    );
  }
}

const asWay = (tender) => ({ name: tenderName(tender.kind), amount_cents: tender.amount_cents });
