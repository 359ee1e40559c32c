/** The sales that were made: search and filters, the list day by day, and the one that was chosen. */

import { get } from "./api.js";
import { chip } from "./buttons.js";
import { h, patch } from "./dom.js";
import { draft, keepDraft } from "./drafts.js";
import { seesClients } from "./names.js";
import { Pages } from "./pages.js";
import { NOTHING, queryFor, receiptFilters } from "./receiptfilters.js";
import { ReceiptPane } from "./receiptpane.js";
import { salesByDay } from "./receiptrows.js";
import { findReceipts } from "./receiptsearch.js";

const PAUSE_MS = 250;
const EVERYTHING = { words: "", when: "today", day: "", client: null };

/** Shows the receipts screen; the answer takes it down, and its `go` opens another receipt on it. */
export function mountReceipts(host, ...place) {
  const screen = new Receipts(host);
  screen.list.read();
  screen.go(...place);
  return Object.assign(() => screen.leave(), { go: (...next) => screen.go(...next) });
}

class Receipts {
  constructor(host) {
    const redraw = () => this.redraw();
    Object.assign(this, { host, gone: false, clients: [], filter: { ...EVERYTHING, ...draft("receipts") } });
    this.list = new Pages({ fetch: (cursor) => this.fetch(cursor), redraw });
    this.pane = new ReceiptPane({ redraw, changed: () => this.list.read({ keep: true }) });
  }

  redraw() {
    if (!this.gone) patch(this.host, this.view());
  }

  go(id, more) {
    this.pane.show(id, more);
    this.redraw();
  }

  leave() {
    this.gone = this.pane.gone = true;
    clearTimeout(this.timer);
  }

  async fetch(cursor) {
    const { words, client } = this.filter;
    const isSearch = Boolean(words.trim());
    const page = isSearch ? await findReceipts(words, client, cursor) : await get("sales/", cursor ?? this.query());
    if (!cursor) Object.assign(this, { clients: page.clients ?? [], client: page.client });
    return { ...page, results: page.results.filter((sale) => sale.status !== "abandoned") };
  }

  query() {
    return queryFor(this.filter);
  }

  /** Another question: asked at once, or after a pause while somebody types. */
  narrow(filter, after = 0) {
    Object.assign(this.filter, { client: null }, filter);
    keepDraft("receipts", this.filter);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.list.read({ keep: after > 0 }), after);
    this.redraw();
  }

  view() {
    return h(
      "main",
      { class: this.pane.id ? "page pair one" : "page pair", tabindex: "-1", key: "receipts", "data-test": "receipts-screen" },
      h(
        "section",
        { class: "pair-list", "aria-label": "Sales" },
        h("h1", null, "Receipts"),
        this.filtersView(),
        this.clientChips(),
        seesClients() ? null : h("p", { class: "soft", key: "nameless" }, "Names of clients are not shown to you."),
        this.listView(),
      ),
      h("section", { class: "pair-one", "aria-label": "Receipt", tabindex: "0" }, this.pane.view()),
    );
  }

  filtersView() {
    return receiptFilters({
      filter: this.filter,
      type: (words) => this.narrow({ words }, PAUSE_MS),
      find: () => this.narrow({}, 1),
      pick: (filter) => this.narrow({ words: "", ...filter }),
    });
  }

  /** Whose receipts these are, when several clients fit what was typed. */
  clientChips() {
    if (!this.filter.words.trim() || !this.clients.length) return null;
    const one = ({ id, name }) => chip("of-client", id === this.client, () => this.narrow({ client: id }, 1), name);
    return h(
      "div",
      { class: "chips wrap", key: "of-client", role: "group", "aria-label": "Client" },
      this.clients.map((client) => one(client)),
    );
  }

  listView() {
    const { rows, next, isStale } = this.list;
    const look = { class: isStale ? "list stale" : "list", key: "list", "aria-busy": isStale };
    const days = rows?.length ? this.daysView(rows, !next) : null;
    return h("div", look, rows && !days ? this.emptyView() : days, this.list.foot("more-sales"));
  }

  daysView(sales, isWhole) {
    const open = (id) => this.open(id);
    return salesByDay({ sales, chosen: this.pane.id, open, isWhole });
  }

  open(id) {
    if (this.pane.id === id) this.pane.load();
    else location.hash = `#receipts/${id}`;
  }

  emptyView() {
    if (this.list.next) return null;
    const words = this.filter.words.trim();
    const text = words ? `Nothing fits “${words}”.` : NOTHING[this.filter.when];
    return h("p", { class: "empty", key: "empty", role: "status" }, text);
  }
}
