/** A client's card: who they are, what they come for, and their last sales. */

import { get } from "./api.js";
import { button, tryAgainButton } from "./buttons.js";
import { cart } from "./cart.js";
import { ClientAhead, startSale } from "./clientahead.js";
import { ClientFile } from "./clientfile.js";
import { ClientLikes } from "./clientlikes.js";
import { dayName } from "./days.js";
import { alertBox, h, icon } from "./dom.js";
import { draft } from "./drafts.js";
import { dollars } from "./money.js";
import { phoneWords } from "./names.js";
import { waitWords } from "./pages.js";
import { Panel } from "./panel.js";
import { repeatButton } from "./repeat.js";
import { saleRows } from "./receiptrows.js";
import { patience } from "./signal.js";

export class ClientCard extends Panel {
  /** `changed()` hears that the client is another than in the list. */
  constructor({ redraw, changed }) {
    super({ redraw, changed, id: null, card: null, file: null });
    this.wait = patience(redraw);
    this.ahead = new ClientAhead({ redraw });
    this.likes = new ClientLikes({ redraw });
  }

  show(id = null) {
    if (id === this.id) return;
    Object.assign(this, { id, card: null, file: null, trouble: "" });
    if (id) this.load();
  }

  async load() {
    const { id } = this;
    this.wait.start();
    this.set({ trouble: "" });
    try {
      const card = await get(`clients/${id}/card`);
      if (this.id === id) this.take(card);
    } catch (error) {
      if (this.id === id) this.trouble = error.message;
    }
    if (this.id !== id) return;
    this.wait.stop();
    this.redraw();
  }

  take(card) {
    this.card = card;
    this.ahead.load(card.client);
    this.likes.load(card.client);
    if (draft(`client ${card.client.id}`)) this.edit(); // somebody was typing before a reload
  }

  edit() {
    const over = (saved) => {
      this.file = null;
      if (saved) {
        this.card = { ...this.card, client: saved };
        this.changed();
      }
      this.redraw();
    };
    this.set({ file: new ClientFile({ client: this.card.client, redraw: () => this.redraw(), over }) });
  }

  view() {
    if (!this.id) return h("p", { class: "empty", key: "none" }, "Choose a client to see their card.");
    const look = { class: "btn quiet back", key: "back" };
    return [
      button("client-back", look, () => (location.hash = "#clients"), icon("back"), "All clients"),
      this.paper(),
    ];
  }

  paper() {
    if (this.trouble)
      return alertBox(
        this.trouble,
        tryAgainButton(() => this.load()),
      );
    if (!this.card) return waitWords(this.wait);
    const { client } = this.card;
    return h(
      "article",
      { class: "card client-card", key: `card ${client.id}`, "data-test": "client-card" },
      h("h2", null, client.name),
      this.file ? this.file.view() : this.contacts(client),
      startButton(client),
      repeatButton(client.id, { done: () => startSale(client) }),
      this.ahead.client?.id === client.id ? this.ahead.view() : null,
      this.likes.client?.id === client.id ? this.likes.view() : null,
      figures(this.card),
      favourites(this.card.favourites),
      lastSales(this.card.recent),
    );
  }

  contacts({ phone, email, note }) {
    return h(
      "div",
      { class: "contacts", key: "contacts" },
      h(
        "ul",
        null,
        h("li", { class: phone ? "" : "soft" }, icon("phone"), phone ? phoneWords(phone) : "No phone number"),
        h("li", { class: email ? "" : "soft" }, icon("mail"), email || "No e-mail address"),
        note ? h("li", { "data-test": "client-note" }, icon("edit"), note) : null,
      ),
      button("client-edit", "btn", () => this.edit(), icon("edit"), "Edit"),
    );
  }
}

function startButton(client) {
  const first = client.name.split(" ")[0];
  const words = cart.lines.length ? `Put ${first} on the sale in the cart` : `Start a sale for ${first}`;
  const look = { class: "btn primary big", key: "start", disabled: Boolean(cart.finishing) };
  return button("client-start", look, () => startSale(client), icon("sale"), words);
}

function figures({ visits, first_visit_on, paid_cents, client }) {
  const day = (date) => (date ? dayName(date) : "–");
  const list = [
    ["Visits", visits],
    ["First visit", day(first_visit_on)],
    ["Last visit", day(client.last_visit_on)],
    ["Paid in all", dollars(paid_cents)],
  ];
  const one = ([label, words]) => h("div", { key: label }, h("dt", null, label), h("dd", { class: "num" }, words));
  return h("dl", { class: "figures", key: "figures", "data-test": "client-figures" }, list.map(one));
}

function favourites(list) {
  if (!list.length) return null;
  const one = ({ name, times }) => h("li", { key: name }, name, " ", h("b", { class: "num" }, `${times} ×`));
  return h(
    "section",
    { key: "favourites", "aria-label": "Favourites" },
    h("h3", null, "Comes for"),
    h("ul", { class: "pills", "data-test": "favourites" }, list.map(one)),
  );
}

function lastSales(sales) {
  const open = (id) => (location.hash = `#receipts/${id}`);
  const none = h("p", { class: "soft" }, "No visits yet.");
  return h(
    "section",
    { key: "sales", "aria-label": "Last sales" },
    h("h3", null, "Last sales"),
    sales.length ? saleRows({ sales, open, dated: true }) : none,
  );
}
