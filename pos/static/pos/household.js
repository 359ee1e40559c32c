/** Who of the household uses a member's credits too: seen, added and taken off. */

import { del, put } from "./api.js";
import { button } from "./buttons.js";
import { askClient } from "./choosing.js";
import { alertBox, h } from "./dom.js";
import { Panel } from "./panel.js";
import { openSheet } from "./sheet.js";

const MOST = 4;

/** The sheet of one membership; `done` hears that somebody came or went. */
export function openHousehold(member, done) {
  const form = new Household({ member, done, redraw: () => sheet.redraw() });
  const sheet = openSheet({ title: "Household", test: "household-sheet", content: () => form.view() });
}

class Household extends Panel {
  change = async (send, { id }) => {
    await this.attempt(async () => {
      this.member = await send(`memberships/${this.member.id}/household/${id}`, {});
      await this.done();
    });
    this.redraw();
  };

  add = () => {
    const choose = (client) => this.change(put, client);
    askClient({ title: "Who belongs to the household?", but: this.member.client.id, choose });
  };

  view() {
    const { client, household } = this.member;
    const look = { class: "btn", key: "add", disabled: this.busy };
    const words = `They use what ${client.name} has paid ahead where it is for a household; ${MOST} at most.`;
    return h(
      "div",
      { class: "stack" },
      h("p", { key: "who" }, words),
      household.length ? h("ul", { class: "rows", key: "rows" }, household.map(this.row)) : null,
      household.length ? null : h("p", { class: "soft", key: "none" }, "Nobody yet."),
      alertBox(this.trouble),
      household.length < MOST ? button("household-add", look, this.add, "Add somebody") : null,
    );
  }

  row = (one) => {
    const look = { class: "btn quiet", disabled: this.busy, "aria-label": `Take ${one.name} off` };
    const off = () => this.change(del, one);
    return h("li", { class: "row", key: one.id }, h("b", null, one.name), button("household-off", look, off, "Take off"));
  };
}
