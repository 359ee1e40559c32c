/** Key pads for money and PINs; a real keyboard works on them too. */

import { button } from "./buttons.js";
import { h, icon } from "./dom.js";
import { dollars } from "./money.js";

const MONEY_KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "00", "0", "back"];
const PIN_KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "clear", "0", "back"];
const SPOKEN = { back: "Delete last digit", clear: "Clear" };
export const PIN_LENGTH = 6;

export const moneyPad = ({ cents, ...pad }) => numberPad({ ...pad, number: cents, words: dollars(cents) });

/** A pad for any number, shown in the given words. */
export function numberPad({ label, number, words, press, test }) {
  return h(
    "div",
    { class: "pad", role: "group", "aria-label": label, "data-test": test },
    h("output", { class: number ? "pad-amount num" : "pad-amount num empty", "aria-live": "polite" }, words),
    keys(MONEY_KEYS, press),
  );
}

/** Six dots over the keys of a PIN pad; the digits are never shown or spoken. */
export function pinPad({ entered, press, disabled }) {
  const dots = Array.from({ length: PIN_LENGTH }, (_, place) =>
    h("span", { class: place < entered ? "dot full" : "dot" }),
  );
  return h(
    "div",
    { class: "pad", role: "group", "aria-label": "PIN", "data-test": "pin-pad" },
    h("div", { class: "dots", "aria-hidden": true }, dots),
    h("p", { class: "vh", role: "status" }, `${entered} of ${PIN_LENGTH} digits`),
    keys(PIN_KEYS, press, disabled),
  );
}

/** Turns keyboard strokes into presses of a pad, unless they are meant for a text field. */
export function typed(press, enter) {
  return (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) return;
    if (/^\d$/.test(event.key)) press(event.key);
    else if (event.key === "Backspace") press("back");
    else if (event.key === "Enter" && enter && !event.target.closest("button:not(.key)")) enter();
    else return;
    event.preventDefault();
  };
}

function keys(names, press, disabled) {
  const face = { back: icon("erase"), clear: "Clear" };
  const key = (name) => {
    const look = { class: name in face ? "key soft" : "key", key: name, disabled, "aria-label": SPOKEN[name] ?? name };
    return button(`key-${name}`, look, () => press(name), face[name] ?? name);
  };
  return h("div", { class: "keys" }, names.map(key));
}
