/** Choosing a person and entering their PIN: the same panel signs on and approves. */

import { Refused } from "./api.js";
import { alertBox, h, icon } from "./dom.js";
import { pinPad, PIN_LENGTH, typed } from "./keypad.js";

/**
 * A panel of people, then of PIN keys; it calls `redraw()` after every change.
 * `enter(person, pin)` resolves when the PIN was right and throws when not.
 */
export class PinPanel {
  constructor({ people, enter, redraw, question, none }) {
    Object.assign(this, { people, enter, redraw, question, none, person: null, pin: "", busy: false, trouble: "" });
    this.press = this.press.bind(this);
    this.onkeydown = typed(this.press);
  }

  set(facts) {
    Object.assign(this, facts);
    this.redraw();
  }

  press(key) {
    if (!this.person || this.busy) return;
    if (key === "clear") this.pin = "";
    else if (key === "back") this.pin = this.pin.slice(0, -1);
    else if (this.pin.length < PIN_LENGTH) this.pin += key;
    if (this.pin.length === PIN_LENGTH) this.check();
    this.redraw();
  }

  async check() {
    Object.assign(this, { busy: true, trouble: "" });
    try {
      await this.enter(this.person, this.pin); // the panel is gone when this succeeds
    } catch (error) {
      this.set({ busy: false, pin: "", trouble: inWords(error) });
    }
  }

  view() {
    return this.person ? this.pad() : this.tiles();
  }

  tiles() {
    return [
      h("p", { class: "soft" }, this.people.length ? this.question : this.none),
      h(
        "ul",
        { class: "people", "data-test": "people" },
        this.people.map((person) => this.tile(person)),
      ),
    ];
  }

  tile(person) {
    const choose = () => this.set({ person, pin: "", trouble: "" });
    return h(
      "li",
      { key: person.id },
      h(
        "button",
        { class: "tile person", "data-test": `person-${person.id}`, onclick: choose },
        h("span", { class: "initials", "aria-hidden": true }, initials(person.name)),
        h("b", null, person.name),
      ),
    );
  }

  pad() {
    const back = () => this.set({ person: null, pin: "", trouble: "" });
    return [
      h(
        "div",
        { class: "pin-who" },
        h(
          "button",
          { class: "round", "aria-label": "Choose another person", "data-test": "pin-back", onclick: back },
          icon("back"),
        ),
        h(
          "p",
          null,
          h("b", null, this.person.name),
          h("span", { class: "soft" }, this.busy ? "Checking…" : "Enter your PIN"),
        ),
      ),
      alertBox(this.trouble),
      pinPad({ entered: this.pin.length, press: this.press, disabled: this.busy }),
    ];
  }
}

/** The server's sentence, with the tries left when it does not say them itself. */
function inWords(error) {
  const left = error instanceof Refused ? error.problem.tries_left : undefined;
  if (left === undefined || /\btr(y|ies)\b/i.test(error.message)) return error.message;
  return `${error.message} ${left === 1 ? "1 try" : `${left} tries`} left.`;
}

const initials = (name) =>
  name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => word[0]?.toUpperCase() ?? "")
    .join("");
