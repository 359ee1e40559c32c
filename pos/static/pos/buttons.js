/** Buttons, chips, reasons and steppers; money buttons take one tap in 400 ms, wherever the second one lands. */

import { h, icon } from "./dom.js";

const HOLD_MS = 400;
let until = 0;
let timer = 0;

/** A button with its test name, its look (a class, or properties with one) and what a tap does. */
export function button(test, look, onclick, ...children) {
  const props = typeof look === "string" ? { class: look } : look;
  return h("button", { "data-test": test, ...props, onclick }, children);
}

/** A button that moves money: one tap in 400 ms. */
export function moneyButton(test, look, act, ...children) {
  return button(test, { ...look, class: `${look.class} money` }, deliberate(act), children);
}

export function chip(test, pressed, choose, ...children) {
  return button(test, { class: "chip", key: test, "aria-pressed": pressed }, choose, children);
}

/** A round button with a picture only; its label says what it does. */
export function round(test, label, act, picture, more) {
  return button(test, { class: "round", "aria-label": label, ...more }, act, picture);
}

export const tryAgainButton = (act) => button("try-again", "btn", act, "Try again");

/** A reason as a label begins with a capital, however the list writes it. */
export const reasonWords = (name) => name.charAt(0).toUpperCase() + name.slice(1);

export function reasonChips({ reasons, chosen, choose }) {
  const one = ({ code, name }) => chip(`reason-${code}`, chosen === code, () => choose(code), reasonWords(name));
  return h(
    "fieldset",
    { class: "plain", key: "reasons", "data-test": "reasons" },
    h("legend", null, "Reason"),
    h("div", { class: "chips wrap" }, reasons.map(one)),
  );
}

/** Two buttons around a number; without a lower bound the last piece is taken out with a bin. */
export function stepper({ name, quantity, set, least, most = Infinity }) {
  const out = least === undefined && quantity === 1;
  const less = { disabled: quantity <= (least ?? 0) };
  const more = { disabled: quantity >= most };
  return h(
    "div",
    { class: "stepper", role: "group", "aria-label": `How many ${name}` },
    round(
      "less",
      `${out ? "Remove" : "One less"} ${name}`,
      () => set(quantity - 1),
      icon(out ? "trash" : "minus"),
      less,
    ),
    h("span", { class: "num", "data-test": "quantity" }, quantity),
    round("more", `One more ${name}`, () => set(quantity + 1), icon("plus"), more),
  );
}

/** A handler for a money button: runs once, then every money button rests. */
export function deliberate(handler) {
  return (event) => {
    if (performance.now() < until) return;
    hold();
    handler(event);
  };
}

/** Lets money buttons rest for 400 ms from now; used when a new screen slides under the finger. */
export function hold() {
  until = performance.now() + HOLD_MS;
  document.documentElement.dataset.hold = "";
  clearTimeout(timer);
  timer = setTimeout(() => delete document.documentElement.dataset.hold, HOLD_MS);
}
