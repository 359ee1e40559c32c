/** The sales that were made: filters, the list, and the one that was chosen. */

import { get } from "./api.js";
import { button, chip, round, tryAgainButton } from "./buttons.js";
import { alertBox, h, icon, patch } from "./dom.js";
import { dollars } from "./money.js";
import { Panel } from "./panel.js";
import { cardsBack, receiptView, STATUS } from "./receipt.js";
import { RefundPanel } from "./refund.js";
import { dayOf, may, moment, nameOfClient, tenderName } from "./tablet.js";
import { VoidPanel } from "./void.js";

const DAY_MS = 86_400_000;
const LOOK_MS = 3_000;

/** Shows the receipts screen, with one sale open when its id is given; the answer takes the screen down again. */
export function mountReceipts(host, chosen) {
  const screen = new Receipts(host);
  screen.load();
  if (chosen) screen.open(chosen);
  return () => (screen.gone = true);
}

class Receipts extends Panel {
  constructor(host) {
    super({ host, filter: { day: "", number: "" }, rows: null, next: null, asked: 0 });
    Object.assign(this, { chosen: null, sale: null, saleTrouble: "", panel: null });
    this.redraw();
  }

  redraw() {
    if (!this.gone) patch(this.host, this.view());
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
      await this.look(id);
    } catch (error) {
      if (this.chosen === id) this.set({ saleTrouble: error.message });
    }
  }

  /** Reads the chosen sale, and again while money is being sent back to a card. */
  async look(id) {
    const sale = await get(`sales/${id}`);
    if (this.gone || this.chosen !== id || this.panel) return;
    this.set({ sale });
    if (cardsBack(sale).some(({ state }) => state === "sending"))
      setTimeout(() => this.look(id).catch(() => {}), LOOK_MS); // what is shown stays true enough
  }

  /** Opens the panel that gives money back; afterwards the sale is shown as it is then. */
  start(Kind) {
    const over = (changed) => {
      this.set({ panel: null });
      if (!changed) return;
      this.open(this.chosen);
      this.load();
    };
    this.set({ panel: new Kind({ sale: this.sale, redraw: () => this.redraw(), over }) });
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
        tryAgainButton(() => this.load()),
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
      this.next ? button("more-sales", { class: "btn", key: "more" }, older, "Older sales") : null,
    ];
  }

  row(sale) {
    const current = sale.id === this.chosen ? "true" : null;
    return h(
      "li",
      { key: sale.id },
      button(
        "receipt-row",
        { class: "receipt-row", "aria-current": current },
        () => this.open(sale.id),
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
    const look = { class: "btn quiet back", key: "back" };
    const back = button("receipt-back", look, leave, icon("back"), "All receipts");
    return [back, this.paper()];
  }

  paper() {
    if (this.saleTrouble)
      return alertBox(
        this.saleTrouble,
        tryAgainButton(() => this.open(this.chosen)),
      );
    if (!this.sale) return h("p", { class: "soft", role: "status" }, "One moment…");
    if (this.panel) return this.panel.view();
    return receiptView({
      sale: this.sale,
      redraw: () => this.redraw(),
      refund: may("refund") ? () => this.start(RefundPanel) : null,
      undoAll: may("void") ? () => this.start(VoidPanel) : null,
    });
  }
}

function filterForm({ day, number }, choose) {
  const today = dayOf(new Date());
  const pick = (value) => choose({ day: value, number: "" });
  const one = (label, value) => chip(`day-${label.toLowerCase()}`, !number && day === value, () => pick(value), label);
  return h(
    "div",
    { class: "filters" },
    h(
      "div",
      { class: "chips three", role: "group", "aria-label": "Day" },
      one("Recent", ""),
      one("Today", today),
      one("Yesterday", dayOf(new Date(Date.now() - DAY_MS))),
    ),
    h(
      "label",
      { class: "small-field" },
      "Another day",
      h("input", {
        type: "date",
        max: today,
        value: day,
        "data-test": "day",
        onchange: (event) => pick(event.target.value),
      }),
    ),
    numberForm(number, choose),
  );
}

/** Takes "42", "000042" or the whole "UPT-000042". */
function numberForm(number, choose) {
  const find = (event) => {
    event.preventDefault();
    const digits = new FormData(event.target).get("number").replace(/^.*-/, "").replace(/\D/g, "");
    choose({ day: "", number: digits ? String(Number(digits)) : "" });
  };
  return h(
    "form",
    { class: "small-field", onsubmit: find },
    h("label", { for: "receipt-number" }, "Receipt number"),
    h("input", {
      id: "receipt-number",
      name: "number",
      inputmode: "numeric",
      autocomplete: "off",
      value: number,
      "data-test": "receipt-number",
    }),
    round("find-receipt", "Find", null, icon("search"), { type: "submit" }),
  );
}

const nextQuery = (next) => (next ? Object.fromEntries(new URL(next, location.href).searchParams) : null);
