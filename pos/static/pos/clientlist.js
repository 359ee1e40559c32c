/** The clients: found as one types, a line for a new one, and the card of the one that was chosen. */

import { get } from "./api.js";
import { button } from "./buttons.js";
import { ClientCard } from "./clientcard.js";
import { ClientFile } from "./clientfile.js";
import { dayName } from "./days.js";
import { h, icon, patch } from "./dom.js";
import { draft, keepDraft } from "./drafts.js";
import { phoneWords, seesClients } from "./names.js";
import { Pages } from "./pages.js";
import { listenRepeat } from "./repeat.js";
import { searchField } from "./searchfield.js";

const PAUSE_MS = 200;

/** Shows the clients' screen; the answer takes it down, and its `go` opens another card on it. */
export function mountClients(host, id) {
  if (!seesClients()) return mountNothing(host);
  const screen = new Clients(host);
  screen.list.read();
  screen.go(id);
  return Object.assign(() => screen.leave(), { go: (next) => screen.go(next) });
}

/** For a person whom the server tells no names. */
function mountNothing(host) {
  const words = "Clients’ names, phone numbers and addresses are not shown to you. Ask the owner if you need them.";
  const view = h("main", { class: "page", tabindex: "-1", "data-test": "clients-screen" }, h("h1", null, "Clients"), h("p", null, words));
  patch(host, view);
  return () => {};
}

class Clients {
  constructor(host) {
    const redraw = () => this.redraw();
    Object.assign(this, { host, gone: false, words: draft("clients")?.words ?? "" });
    this.list = new Pages({ fetch: (cursor) => get("clients/", cursor ?? { search: this.words.trim() }), redraw });
    this.stopListening = listenRepeat(redraw);
    this.card = new ClientCard({ redraw, changed: () => this.list.read({ keep: true }) });
    this.file = draft("client new") ? this.newFile() : null;
  }

  redraw() {
    if (!this.gone) patch(this.host, this.view());
  }

  go(id) {
    this.card.show(id);
    this.redraw();
  }

  leave() {
    this.gone = true;
    this.stopListening();
    clearTimeout(this.timer);
  }

  type(words) {
    this.words = words;
    keepDraft("clients", { words });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.list.read({ keep: true }), PAUSE_MS);
    this.redraw();
  }

  newFile() {
    const over = (saved) => {
      this.file = null;
      this.redraw();
      if (saved) this.added(saved);
    };
    return new ClientFile({ words: this.words, redraw: () => this.redraw(), over });
  }

  added(client) {
    this.type("");
    location.hash = `#clients/${client.id}`;
  }

  startFile() {
    this.file = this.newFile();
    this.redraw();
    const fields = [...this.host.querySelectorAll(".client-file input")];
    (fields.find((field) => !field.value) ?? fields[0]).focus();
  }

  view() {
    return h(
      "main",
      { class: this.card.id ? "page pair one" : "page pair", tabindex: "-1", key: "clients", "data-test": "clients-screen" },
      h(
        "section",
        { class: "pair-list", "aria-label": "Clients" },
        h("h1", null, "Clients"),
        this.tools(),
        this.file?.view(),
        this.listView(),
      ),
      h("section", { class: "pair-one", "aria-label": "Client’s card", tabindex: "0" }, this.card.view()),
    );
  }

  tools() {
    const start = () => this.startFile();
    const type = (words) => this.type(words);
    return h(
      "div",
      { class: "who-row", key: "tools" },
      searchField({ label: "Name, phone or e-mail", words: this.words, test: "clients-search", type }),
      this.file ? null : button("clients-new", { class: "btn", key: "new" }, start, icon("plus"), "New client"),
    );
  }

  listView() {
    const { rows, isStale } = this.list;
    const look = { class: isStale ? "list stale" : "list", key: "list", "aria-busy": isStale };
    return h("div", look, rows?.length ? this.rowsView(rows) : rows && this.emptyView(), this.list.foot("more-clients"));
  }

  rowsView(clients) {
    return h(
      "ul",
      { class: "rows", key: "rows", "data-test": "client-rows" },
      clients.map((client) => row(client, this.card.id)),
    );
  }

  emptyView() {
    const words = this.words.trim();
    return h("p", { class: "empty", key: "empty", role: "status" }, words ? `Nobody fits “${words}”.` : "No clients yet.");
  }
}

function row({ id, name, phone, email, last_visit_on }, chosen) {
  const go = () => (location.hash = `#clients/${id}`);
  const contacts = [phone && phoneWords(phone), email].filter(Boolean).join(" · ");
  return h(
    "li",
    { key: id },
    button(
      "client-line",
      { class: "receipt-row", "aria-current": id === chosen ? "true" : null },
      go,
      h("b", null, name),
      h("span", { class: "soft" }, last_visit_on ? dayName(last_visit_on) : ""),
      contacts ? h("span", { class: "soft" }, contacts) : null,
    ),
  );
}
