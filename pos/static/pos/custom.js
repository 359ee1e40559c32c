/** Selling an amount that is not on the price list. */

import { button, chip } from "./buttons.js";
import { addCustom } from "./cart.js";
import { alertBox, h } from "./dom.js";
import { moneyPad, typed } from "./keypad.js";
import { dollars, keyed } from "./money.js";

const KINDS = { service: "Service", retail: "Goods", exempt: "No tax" };
let state = blank();

/** Name, kind for tax and amount; `added()` is called when the line is in the cart. */
export function customForm({ redraw, added }) {
  const set = (facts) => {
    Object.assign(state, { trouble: "" }, facts);
    redraw();
  };
  const press = (key) => set({ cents: keyed(state.cents, key) });
  const add = () => {
    if (!state.cents) return refuse(set);
    const { name, kind, cents } = state;
    state = blank();
    addCustom({ name: name.trim() || "Custom amount", amount_cents: cents, tax_category: kind });
    return added();
  };
  return h(
    "div",
    { class: "custom", key: "custom", "data-test": "custom-form", onkeydown: typed(press, add) },
    h(
      "div",
      { class: "stack" },
      nameField(),
      kindChips(set),
      alertBox(state.trouble),
      button("custom-add", "btn primary big", add, state.cents ? `Add ${dollars(state.cents)}` : "Add"),
    ),
    moneyPad({ label: "Amount", cents: state.cents, press, test: "custom-pad" }),
  );
}

/** What is wrong must not lie behind the bar of the cart. */
function refuse(set) {
  set({ trouble: "Enter an amount first." });
  requestAnimationFrame(() => document.querySelector(".custom .alert")?.scrollIntoView({ block: "nearest" }));
}

function nameField() {
  return h(
    "label",
    null,
    "What is it?",
    h("input", {
      autocomplete: "off",
      maxlength: "120",
      placeholder: "Custom amount",
      value: state.name,
      "data-test": "custom-name",
      oninput: (event) => (state.name = event.target.value),
    }),
  );
}

function kindChips(set) {
  const one = ([kind, label]) => chip(`custom-${kind}`, state.kind === kind, () => set({ kind }), label);
  return h(
    "fieldset",
    { class: "plain" },
    h("legend", null, "Taxed as"),
    h("div", { class: "chips three" }, Object.entries(KINDS).map(one)),
  );
}

function blank() {
  return { name: "", kind: "service", cents: 0, trouble: "" };
}
