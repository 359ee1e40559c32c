/** Opening a drawer with a counted float. */

import { put } from "./api.js";
import { alertBox, h } from "./dom.js";
import { newId } from "./ids.js";
import { moneyPad, typed } from "./keypad.js";
import { dollars, keyed } from "./money.js";
import { deliberate } from "./taps.js";

/** Asks which drawer and how much is in it; `opened(session)` hears the open session. */
export class FloatPanel {
  constructor({ drawers, redraw, opened }) {
    Object.assign(this, { drawers, redraw, opened, drawer: drawers[0], cents: 0, trouble: "", busy: false });
    this.id = newId(); // the same session however often it is sent
    this.press = (key) => !this.busy && this.set({ cents: keyed(this.cents, key), trouble: "" });
    this.onkeydown = typed(this.press, () => this.send());
  }

  set(facts) {
    Object.assign(this, facts);
    this.redraw();
  }

  async send() {
    if (this.busy) return;
    this.set({ busy: true, trouble: "" });
    try {
      this.opened(await put(`drawer-sessions/${this.id}`, { drawer: this.drawer.id, float_cents: this.cents }));
    } catch (error) {
      this.set({ busy: false, trouble: error.message });
    }
  }

  view() {
    return h(
      "section",
      { class: "card two", key: "float", "data-test": "drawer-closed" },
      h(
        "div",
        { class: "stack" },
        h("h2", null, this.drawers.length > 1 ? "Open a drawer" : `Open ${this.drawer.name}`),
        this.drawers.length > 1 ? this.choice() : null,
        h("p", { class: "soft" }, "Count the float and enter it."),
        alertBox(this.trouble),
        h(
          "button",
          {
            class: "btn primary big money",
            disabled: this.busy,
            "data-test": "open-drawer",
            onclick: deliberate(() => this.send()),
          },
          this.busy ? "Opening…" : `Open with ${dollars(this.cents)}`,
        ),
      ),
      moneyPad({ label: "Float", cents: this.cents, press: this.press, test: "float-pad" }),
    );
  }

  choice() {
    const chip = (drawer) =>
      h(
        "button",
        {
          class: "chip",
          key: drawer.id,
          "aria-pressed": drawer === this.drawer,
          "data-test": `drawer-${drawer.id}`,
          onclick: () => this.set({ drawer }),
        },
        drawer.name,
      );
    return h("div", { class: "chips wrap", role: "group", "aria-label": "Drawer" }, this.drawers.map(chip));
  }
}
