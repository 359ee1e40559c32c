/** Making a new tablet known with a code from the back office. */

import { post } from "./api.js";
import { button } from "./buttons.js";
import { alertBox, h, icon, patch } from "./dom.js";

const CODE_LENGTH = 8;
const HELP =
  "In the back office open Devices, choose New pairing code and type it here. A code works once, for 15 minutes.";

/** Shows the pairing form; `paired()` is called when the studio knows the tablet. */
export function mountPair(host, paired) {
  let busy = false;
  const draw = (trouble) => patch(host, pairView({ trouble, busy, send }));

  async function send(event) {
    event.preventDefault();
    const code = onlyCode(new FormData(event.target).get("code"));
    if (busy) return;
    if (code.length !== CODE_LENGTH) return void draw(`The code has ${CODE_LENGTH} letters and digits.`);
    busy = true;
    draw("");
    try {
      await post("devices/pair", { code });
      await paired();
    } catch (error) {
      busy = false;
      draw(error.message);
    }
  }

  draw("");
  host.querySelector("input").focus();
}

function pairView({ trouble, busy, send }) {
  return h(
    "main",
    { class: "door", "data-test": "pair-screen" },
    h(
      "form",
      { class: "door-card", onsubmit: send, novalidate: true },
      h("div", { class: "mark" }, icon("mark")),
      h("h1", null, "Pair this tablet"),
      h("p", { class: "soft", id: "code-help" }, HELP),
      h("label", { for: "code" }, "Pairing code"),
      codeField(),
      alertBox(trouble),
      button(
        "pair-send",
        { type: "submit", class: "btn primary big", disabled: busy },
        null,
        busy ? "Pairing…" : "Pair",
      ),
    ),
  );
}

const codeField = () =>
  h("input", {
    id: "code",
    name: "code",
    class: "code",
    autocomplete: "off",
    autocapitalize: "characters",
    spellcheck: "false",
    maxlength: "9",
    "aria-describedby": "code-help",
    "data-test": "pair-code",
  });

const onlyCode = (words) => words.toUpperCase().replace(/[^A-Z0-9]/g, "");
