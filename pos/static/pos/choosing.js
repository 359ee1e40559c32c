/** Choosing another client in a sheet: found as one types, and only those who are there already. */

import { get } from "./api.js";
import { button } from "./buttons.js";
import { alertBox, h } from "./dom.js";
import { phoneWords } from "./names.js";
import { Panel } from "./panel.js";
import { searchField } from "./searchfield.js";
import { openSheet } from "./sheet.js";

const PAUSE_MS = 250;

/** Asks for a client other than `but`; `choose(client)` comes after the sheet is closed. */
export function askClient({ title, but, choose }) {
  const search = new Search({ but, redraw: () => sheet.redraw() });
  const take = (client) => {
    sheet.close();
    choose(client);
  };
  const sheet = openSheet({
    title,
    test: "choose-client-sheet",
    onClose: () => clearTimeout(search.timer),
    content: () => search.view(take),
  });
}

class Search extends Panel {
  words = "";
  found = null;

  type = (words) => {
    clearTimeout(this.timer);
    if (words.trim()) this.timer = setTimeout(() => this.look(), PAUSE_MS);
    this.set({ words, found: words.trim() ? this.found : null });
  };

  async look() {
    const words = this.words.trim();
    try {
      const { results } = await get("clients/", { search: words });
      if (words === this.words.trim()) this.set({ found: results.filter(({ id }) => id !== this.but), trouble: "" });
    } catch (error) {
      if (words === this.words.trim()) this.set({ found: null, trouble: error.message });
    }
  }

  view(take) {
    const nobody = this.found && !this.found.length ? `Nobody fits “${this.words.trim()}”.` : "";
    const said = nobody || (this.found ? `${this.found.length} found` : "");
    return h(
      "div",
      { class: "stack" },
      searchField({ label: "Name, phone or e-mail", words: this.words, test: "choose-search", type: this.type }),
      alertBox(this.trouble),
      h("p", { class: nobody ? "soft" : "vh", role: "status", key: "status" }, said),
      h("ul", { class: "rows", key: "rows" }, (this.found ?? []).map((client) => row(client, take))),
    );
  }
}

function row(client, take) {
  const contacts = [client.phone && phoneWords(client.phone), client.email].filter(Boolean).join(" · ");
  const words = [h("b", null, client.name), h("span", { class: "soft" }, contacts)];
  return h("li", { key: client.id }, button("choose-client", "receipt-row", () => take(client), ...words));
}
