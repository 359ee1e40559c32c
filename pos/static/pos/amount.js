/** A sheet that asks for one amount of money. */

import { button, moneyButton } from "./buttons.js";
import { alertBox } from "./dom.js";
import { moneyPad, typed } from "./keypad.js";
import { keyed } from "./money.js";
import { openSheet } from "./sheet.js";

/**
 * Asks for an amount and closes with `take(cents)`; `words(cents)` stand on the button, `wrong(cents)` says what is
 * still wrong with the amount, and `isMoney` that the button moves money.
 */
export function askAmount({ name, title, label, cents = 0, words, wrong = () => "", take, isMoney }) {
  const state = { cents, trouble: "" };
  const press = (key) => {
    Object.assign(state, { cents: keyed(state.cents, key), trouble: "" });
    sheet.redraw();
  };
  const done = () => {
    state.trouble = wrong(state.cents);
    if (state.trouble) return sheet.redraw();
    sheet.close();
    return take(state.cents);
  };
  const own = isMoney ? moneyButton : button;
  const sheet = openSheet({
    title,
    test: `${name}-sheet`,
    onkeydown: typed(press, done),
    content: () => [
      moneyPad({ label, cents: state.cents, press, test: `${name}-pad` }),
      alertBox(state.trouble),
      own(`${name}-take`, { class: "btn primary big" }, done, words(state.cents)),
    ],
  });
}
