/** Choosing a person and entering their PIN: the same panel signs on and approves. */

import { Refused } from "./api.js";
import { button, round } from "./buttons.js";
import { alertBox, h, icon } from "./dom.js";
import { PIN_LENGTH, pinPad, typed } from "./keypad.js";
import { Panel } from "./panel.js";

/**
 * A panel of people, then of PIN keys; it calls `redraw()` after every change.
 * `enter(person, pin)` resolves when the PIN was right and throws when not.
 */
export class PinPanel extends Panel {
  constructor(facts) {
    super({ person: null, pin: "", ...facts });
    this.press = this.press.bind(this);
    this.onkeydown = typed(this.press);
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
      button(
        `person-${person.id}`,
        "tile person",
        choose,
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
        round("pin-back", "Choose another person", back, icon("back")),
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
