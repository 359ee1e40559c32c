/** The tip of each therapist, when several work in one sale. */

import { button, chip } from "./buttons.js";
import { cart, peopleOf, setTip } from "./cart.js";
import { h } from "./dom.js";
import { moneyPad, typed } from "./keypad.js";
import { dollars, keyed } from "./money.js";
import { Panel } from "./panel.js";
import { openSheet } from "./sheet.js";
import { sync } from "./sync.js";
import { tablet, therapistOf } from "./tablet.js";

/** Opens the sheet with what each one gets now. */
export function askTips() {
  const people = peopleOf(cart.lines);
  const given = Object.fromEntries((sync.sale?.tips ?? []).map((tip) => [tip.therapist.id, tip.amount_cents]));
  const by = Object.fromEntries(people.map((id) => [id, given[id] ?? 0]));
  const form = new TipsForm({ people, by, one: people[0], redraw: () => sheet.redraw(), done: () => sheet.close() });
  const sheet = openSheet({
    title: "Tip by therapist",
    wide: true,
    test: "tips-sheet",
    onkeydown: typed(form.press, () => form.apply()),
    content: () => form.view(),
  });
}

class TipsForm extends Panel {
  press = (key) => this.give(keyed(this.by[this.one], key));

  give = (cents) => this.set({ by: { ...this.by, [this.one]: cents } });

  apply() {
    const isNone = this.total() === 0;
    setTip(isNone ? { amount_cents: 0 } : { by: this.by });
    this.done();
  }

  total() {
    return Object.values(this.by).reduce((sum, cents) => sum + cents, 0);
  }

  view() {
    const name = nameOf(this.one);
    return h(
      "div",
      { class: "two" },
      h(
        "div",
        { class: "stack" },
        h("div", { class: "stack", role: "group", "aria-label": "Therapist" }, this.people.map(this.person)),
        this.chips(name),
        button("tips-apply", "btn primary big", () => this.apply(), `Tips ${dollars(this.total())}`),
      ),
      moneyPad({ label: `Tip for ${name}`, cents: this.by[this.one], press: this.press, test: "tips-pad" }),
    );
  }

  person = (id) => {
    const look = { class: "field", key: id, "aria-pressed": id === this.one };
    const amount = h("b", { class: "num" }, dollars(this.by[id]));
    return button(`tips-${id}`, look, () => this.set({ one: id }), h("span", null, nameOf(id)), " ", amount);
  };

  chips(name) {
    const cents = this.by[this.one];
    const one = (percent) => {
      const share = shareOf(percent, this.one);
      const words = h("small", { class: "num" }, " ", dollars(share));
      return chip(`tips-${percent}%`, share > 0 && cents === share, () => this.give(share), `${percent}%`, words);
    };
    return h(
      "fieldset",
      { class: "tip" },
      h("legend", null, `Of what ${name} does`),
      h(
        "div",
        { class: "chips four" },
        chip("tips-none", cents === 0, () => this.give(0), "None"),
        tablet.catalog.tip_percents.map(one),
      ),
    );
  }
}

const nameOf = (id) => therapistOf(id)?.name ?? "the therapist";

function shareOf(percent, id) {
  const offer = sync.sale?.tip_suggestions.find((tip) => Number(tip.percent) === percent);
  return offer?.shares.find((share) => share.therapist.id === id)?.amount_cents ?? 0;
}
