/** The gift cards' screen: a card is found by its code and shown. Its code never stands in the address. */

import { get, post } from "./api.js";
import { button } from "./buttons.js";
import { h, patch } from "./dom.js";
import { GiftCardPane } from "./giftcard.js";
import { searchField } from "./searchfield.js";
import { listenTablet } from "./tablet.js";

/** Shows the screen with the card of that id; the answer takes it down, and its `go` shows another card. */
export function mountCards(host, id) {
  const screen = new Cards(host);
  screen.go(id);
  return Object.assign(() => screen.leave(), { go: (next) => screen.go(next) });
}

class Cards {
  constructor(host) {
    Object.assign(this, { host, code: "", gone: false });
    const shown = (id) => (location.hash = `#cards/${id}`);
    this.pane = new GiftCardPane({ redraw: () => this.redraw(), shown });
    this.stop = listenTablet(() => this.redraw());
  }

  go(id) {
    if (id && id === this.pane.card?.id) return this.redraw();
    if (id) this.pane.load(() => get(`gift-cards/${id}`));
    else Object.assign(this.pane, { card: null, trouble: "", note: "" });
    return this.redraw();
  }

  find = (event) => {
    event.preventDefault();
    const code = this.code.trim();
    if (!code) return;
    this.code = "";
    this.pane.load(() => post("gift-cards/lookup", { code }));
  };

  leave() {
    this.gone = true;
    this.stop();
  }

  redraw() {
    if (!this.gone) patch(this.host, this.view());
  }

  view() {
    const type = (words) => (this.code = words);
    const find = button("gift-find", { type: "submit", class: "btn primary", key: "find" }, null, "Look it up");
    return h(
      "main",
      { class: "page", tabindex: "-1", key: "cards", "data-test": "cards-screen" },
      h("h1", null, "Gift cards"),
      h(
        "form",
        { class: "gift-find", novalidate: true, onsubmit: this.find },
        searchField({ label: "Scan a gift card, or type its code", words: this.code, test: "gift-code", type }),
        find,
      ),
      this.pane.card || this.pane.busy || this.pane.trouble ? null : h("p", { class: "soft" }, "To sell one: Sale, Gift cards. A card that is scanned while a sale is open pays it."),
      this.pane.view(),
    );
  }
}
