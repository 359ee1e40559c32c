/** The receipt that was chosen, or the panel that gives its money back. */

import { get } from "./api.js";
import { button, tryAgainButton } from "./buttons.js";
import { alertBox, h, icon } from "./dom.js";
import { waitWords } from "./pages.js";
import { Panel } from "./panel.js";
import { cardsBack, mayGiveBack, receiptView } from "./receipt.js";
import { RefundPanel } from "./refund.js";
import { patience } from "./signal.js";
import { may } from "./tablet.js";
import { VoidPanel } from "./void.js";

const LOOK_MS = 3_000;
const PANELS = { refund: RefundPanel, void: VoidPanel };

export class ReceiptPane extends Panel {
  /** `changed()` hears that the sale is another than in the list. */
  constructor({ redraw, changed }) {
    super({ redraw, changed, id: null, sale: null, qr: null, panel: null, wanted: "", gone: false });
    this.wait = patience(redraw);
  }

  /** Shows the sale of that id, with "refund" or "void" its panel; "find" and a token look for it first. */
  show(id = null, more = "") {
    if (id === "find") return void this.find(more);
    this.wanted = more;
    if (id !== this.id) Object.assign(this, { id, sale: null, qr: null, panel: null, trouble: "" });
    else if (!this.panel || this.panel.name !== more) this.panel = null;
    if (id && !this.sale) return void this.load();
    this.openWanted();
  }

  /** Reads the sale anew. */
  async load() {
    const { id } = this;
    this.wait.start();
    this.set({ trouble: "" });
    try {
      await this.look(id);
    } catch (error) {
      if (this.id === id) this.trouble = error.message;
    }
    if (this.id !== id) return;
    this.wait.stop();
    this.redraw();
  }

  /** Reads the sale, and again while money is being sent back to a card. */
  async look(id) {
    const sale = await get(`sales/${id}`);
    if (this.gone || this.id !== id || this.panel) return;
    if (!this.qr) this.loadCode(sale);
    this.sale = sale;
    this.openWanted();
    this.redraw();
    if (cardsBack(sale).some(({ state }) => state === "sending"))
      setTimeout(() => this.look(id).catch(() => {}), LOOK_MS); // what is shown stays true enough
  }

  async loadCode(sale) {
    if (!sale.receipt?.url) return;
    const answer = await get(`sales/${sale.id}/receipt`).catch(() => null); // the receipt does without
    if (answer?.qr && this.id === sale.id) this.set({ qr: answer.qr });
  }

  async find(token) {
    Object.assign(this, { id: "find", sale: null, panel: null, trouble: "" });
    this.wait.start();
    try {
      const { results } = await get("sales/", { receipt_token: token });
      if (results.length) return location.replace(`#receipts/${results[0].id}`);
      this.trouble = "This code belongs to no receipt of this location.";
    } catch (error) {
      this.trouble = error.message;
    } finally {
      this.wait.stop();
    }
    return this.redraw();
  }

  openWanted() {
    const Kind = PANELS[this.wanted];
    if (!Kind || this.panel || !this.sale || !this.may(this.wanted)) return;
    this.panel = new Kind({ sale: this.sale, redraw: () => this.redraw(), over: (changed) => this.over(changed) });
  }

  /** The panel is done or given up: the sale is shown as it is then. */
  over(changed) {
    this.panel = null;
    this.wanted = "";
    location.replace(`#receipts/${this.id}`);
    this.redraw();
    if (!changed) return;
    this.load();
    this.changed();
  }

  may(what) {
    return may(what) && mayGiveBack(this.sale)[what];
  }

  view() {
    if (!this.id) return h("p", { class: "empty", key: "none" }, "Choose a sale to see its receipt.");
    const leave = () => (location.hash = "#receipts");
    const look = { class: "btn quiet back", key: "back" };
    return [button("receipt-back", look, leave, icon("back"), "All receipts"), this.paper()];
  }

  paper() {
    if (this.trouble)
      return alertBox(
        this.trouble,
        tryAgainButton(() => this.load()),
      );
    if (!this.sale) return waitWords(this.wait);
    if (this.panel) return this.panel.view();
    const start = (what) => () => (location.hash = `#receipts/${this.id}/${what}`);
    return receiptView({
      sale: this.sale,
      qr: this.qr,
      redraw: () => this.redraw(),
      refund: this.may("refund") ? start("refund") : null,
      undoAll: this.may("void") ? start("void") : null,
    });
  }
}
