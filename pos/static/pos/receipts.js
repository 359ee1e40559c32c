/** The sales that were made: filters, the list, and the one that was chosen. */

import { get } from "./api.js";
import { alertBox, h, icon, patch } from "./dom.js";
import { filterForm } from "./filters.js";
import { dollars } from "./money.js";
import { receiptView, STATUS } from "./receipt.js";
import { RefundPanel } from "./refund.js";
import { may, moment, nameOfClient, tenderName } from "./tablet.js";
import { VoidPanel } from "./void.js";

/** Shows the receipts screen, with one sale open when its id is given; the answer takes the screen down again. */
export function mountReceipts(host, chosen) {
  const screen = new Receipts(host);
  screen.load();
  if (chosen) screen.open(chosen);
  return () => (screen.gone = true);
}

class Receipts {
  constructor(host) {
    Object.assign(this, { host, filter: { day: "", number: "" }, rows: null, next: null, trouble: "", asked: 0 });
    Object.assign(this, { chosen: null, sale: null, saleTrouble: "", panel: null });
    this.draw();
  }

  draw() {
    if (!this.gone) patch(this.host, this.view());
  }

  set(facts) {
    Object.assign(this, facts);
    this.draw();
  }

  /** Reads the list anew, or the page after it; only the newest question counts. */
  async load(more) {
    const mine = (this.asked += 1);
    if (!more) this.set({ rows: null, trouble: "" });
    try {
      const page = await get("sales/", more ?? { business_date: this.filter.day, receipt: this.filter.number });
      if (mine !== this.asked) return;
      const rows = page.results.filter((sale) => sale.status in STATUS && sale.completed_at);
      this.set({ rows: more ? [...this.rows, ...rows] : rows, next: nextQuery(page.next), trouble: "" });
    } catch (error) {
      if (mine === this.asked) this.set({ trouble: error.message });
    }
  }

  async open(id) {
    this.set({ chosen: id, sale: null, saleTrouble: "", panel: null });
    try {
      const sale = await get(`sales/${id}`);
      if (this.chosen === id) this.set({ sale });
    } catch (error) {
      if (this.chosen === id) this.set({ saleTrouble: error.message });
    }
  }

  /** Opens the panel that gives money back; afterwards the sale is shown as it is then. */
  start(Panel) {
    const over = (changed) => {
      this.set({ panel: null });
      if (!changed) return;
      this.open(this.chosen);
      this.load();
    };
    this.set({ panel: new Panel({ sale: this.sale, redraw: () => this.draw(), over }) });
  }

  view() {
    const choose = (filter) => {
      this.filter = filter;
      this.load();
    };
    return h(
      "main",
      { class: this.chosen ? "page receipts one" : "page receipts", key: "receipts", "data-test": "receipts-screen" },
      h(
        "section",
        { class: "receipt-list", "aria-label": "Sales" },
        h("h1", null, "Receipts"),
        filterForm(this.filter, choose),
        this.listView(),
      ),
      h("section", { class: "receipt-one", "aria-label": "Receipt", tabindex: "0" }, this.oneView()),
    );
  }

  listView() {
    if (this.trouble)
      return alertBox(
        this.trouble,
        again(() => this.load()),
      );
    if (!this.rows) return h("p", { class: "soft", role: "status" }, "One moment…");
    const older = () => this.load(this.next);
    return [
      this.rows.length
        ? h(
            "ul",
            { class: "rows", "data-test": "receipt-rows" },
            this.rows.map((sale) => this.row(sale)),
          )
        : h("p", { class: "empty", role: "status" }, "No sales here."),
      this.next
        ? h("button", { class: "btn", key: "more", "data-test": "more-sales", onclick: older }, "Older sales")
        : null,
    ];
  }

  row(sale) {
    const current = sale.id === this.chosen ? "true" : null;
    return h(
      "li",
      { key: sale.id },
      h(
        "button",
        {
          class: "receipt-row",
          "aria-current": current,
          "data-test": "receipt-row",
          onclick: () => this.open(sale.id),
        },
        h("b", null, nameOfClient(sale.client)),
        h("b", { class: "num" }, dollars(sale.total_cents)),
        h("span", { class: "soft" }, sale.lines_summary),
        h("span", { class: "soft" }, sale.tenders.map(tenderName).join(", ")),
        h("span", { class: "soft num" }, `${moment(sale.completed_at)} · ${sale.receipt_title ?? ""}`),
        STATUS[sale.status] ? h("span", { class: "badge bad" }, STATUS[sale.status]) : null,
      ),
    );
  }

  oneView() {
    if (!this.chosen) return h("p", { class: "empty" }, "Choose a sale to see its receipt.");
    const leave = () => this.set({ chosen: null, panel: null });
    const back = h(
      "button",
      { class: "btn quiet back", key: "back", "data-test": "receipt-back", onclick: leave },
      icon("back"),
      "All receipts",
    );
    return [back, this.paper()];
  }

  paper() {
    if (this.saleTrouble)
      return alertBox(
        this.saleTrouble,
        again(() => this.open(this.chosen)),
      );
    if (!this.sale) return h("p", { class: "soft", role: "status" }, "One moment…");
    if (this.panel) return this.panel.view();
    return receiptView({
      sale: this.sale,
      redraw: () => this.draw(),
      refund: may("refund") ? () => this.start(RefundPanel) : null,
      undoAll: may("void") ? () => this.start(VoidPanel) : null,
    });
  }
}

const again = (onclick) => h("button", { class: "btn", "data-test": "try-again", onclick }, "Try again");

/** The query of the next page out of its address. */
const nextQuery = (next) => (next ? Object.fromEntries(new URL(next, location.href).searchParams) : null);
