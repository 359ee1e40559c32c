/** X and Z of a drawer on a sheet, with the ways to paper, and the corrections of a closed one. */

import { get, put } from "./api.js";
import { withApproval } from "./approval.js";
import { button, chip, moneyButton, tryAgainButton } from "./buttons.js";
import { alertBox, h, icon, rows } from "./dom.js";
import { newId } from "./ids.js";
import { moneyPad, typed } from "./keypad.js";
import { dollars, keyed } from "./money.js";
import { Panel } from "./panel.js";
import { openSheet } from "./sheet.js";

const ABOUT = { count: "The count", pay_out: "A pay-out" };

/** The X of an open session. */
export const openX = (session) => new ZSheet({ session, part: "x", title: `X · ${session.drawer.name}` });

/** The Z of a closed one. */
export const openZ = (session) =>
  new ZSheet({ session, part: "z", title: `Z ${session.z_number} · ${session.drawer.name}` });

class ZSheet extends Panel {
  constructor(facts) {
    super({ told: null, correcting: null, ...facts });
    this.sheet = openSheet({
      title: this.title,
      test: "z-sheet",
      wide: true,
      onkeydown: (event) => this.correcting?.onkeydown(event),
      content: () => this.view(),
    });
    this.redraw = () => this.sheet.redraw();
    this.load();
  }

  load() {
    const path = `drawer-sessions/${this.session.id}/${this.part}`;
    return this.attempt(async () => this.set({ told: await get(path), busy: false }));
  }

  correct() {
    const ended = () => {
      this.set({ correcting: null });
      this.load();
    };
    const leave = () => this.set({ correcting: null });
    this.set({ correcting: new CorrectionPanel({ session: this.session, redraw: this.redraw, ended, leave }) });
  }

  view() {
    if (this.correcting) return [this.correcting.view()];
    if (!this.told) return [alertBox(this.trouble, tryAgainButton(() => this.load())), this.waiting()];
    return [
      h("div", { class: "z-paper", key: "paper" }, this.told.sections.map(sectionView)),
      this.part === "x" ? h("p", { class: "soft" }, "An X changes nothing and has no number.") : this.sealView(),
      alertBox(this.trouble),
      h("div", { class: "row", key: "papers" }, this.paperLink("roll", "Roll"), this.paperLink("letter", "Letter"), this.correctButton()),
    ];
  }

  waiting() {
    return this.busy ? h("p", { class: "soft", role: "status" }, "One moment…") : null;
  }

  sealView() {
    const { grand_total_cents, chain_number, chain_hash } = this.told;
    return h(
      "div",
      { class: "soft z-seal", key: "seal" },
      h("p", { class: "num" }, `Net sales of all Zs so far: ${dollars(grand_total_cents)}`),
      h("p", { class: "num" }, `Books sealed up to entry ${chain_number}: ${chain_hash}`),
    );
  }

  paperLink(size, words) {
    const href = `${document.body.dataset.api}drawer-sessions/${this.session.id}/paper?size=${size}`;
    const look = { class: "btn", href, target: "_blank", rel: "noopener", "data-test": `paper-${size}` };
    return h("a", look, icon("print"), words);
  }

  correctButton() {
    return this.part === "z" ? button("z-correct", "btn", () => this.correct(), icon("edit"), "Correct") : null;
  }
}

function sectionView({ title, rows: lines }) {
  const right = ({ amount_cents, text }) => (amount_cents === null ? text : dollars(amount_cents));
  const list = lines.map((line) => [line.label, right(line), line.is_sum ? "strong" : ""]);
  return h("section", { key: title }, h("h3", null, title), rows(list, "facts", `z-${title}`));
}

/** Asks what turned out about a closed drawer; the Z stays, the correction stands beside it. */
class CorrectionPanel extends Panel {
  constructor(facts) {
    super({ about: "count", cents: 0, sign: 1, why: "", ...facts });
    this.id = newId();
    this.press = (key) => !this.busy && this.set({ cents: keyed(this.cents, key), trouble: "" });
    this.onkeydown = typed(this.press, () => this.send());
  }

  send() {
    if (!this.cents || !this.why.trim()) return this.set({ trouble: "Enter the difference and what was found out." });
    const path = `drawer-sessions/${this.session.id}/corrections/${this.id}`;
    const body = { about: this.about, amount_cents: this.sign * this.cents, why: this.why.trim() };
    return this.attempt(async () => {
      await withApproval((approval) => put(path, { ...body, ...(approval && { approval }) }));
      this.ended();
    });
  }

  view() {
    const abouts = Object.entries(ABOUT).map(([code, words]) =>
      chip(`about-${code}`, this.about === code, () => this.set({ about: code }), words),
    );
    const signs = [[1, "More than written"], [-1, "Less than written"]].map(([sign, words]) =>
      chip(`sign-${sign}`, this.sign === sign, () => this.set({ sign }), words),
    );
    return h(
      "div",
      { class: "two", key: "correction", "data-test": "correction" },
      h(
        "div",
        { class: "stack" },
        h("div", { class: "chips wrap", role: "group", "aria-label": "What was wrong" }, abouts),
        h("div", { class: "chips wrap", role: "group", "aria-label": "Which way" }, signs),
        this.whyField(),
        alertBox(this.trouble),
        this.sendButton(),
        button("correction-leave", { class: "btn quiet", disabled: this.busy }, this.leave, "Not now"),
      ),
      moneyPad({ label: "Difference", cents: this.cents, press: this.press, test: "correction-pad" }),
    );
  }

  whyField() {
    const oninput = (event) => (this.why = event.target.value);
    const look = { maxlength: "200", autocomplete: "off", value: this.why, "data-test": "correction-why", oninput };
    return h("label", null, "What was found out", h("input", look));
  }

  sendButton() {
    const words = `${this.sign < 0 ? "−" : "+"}${dollars(this.cents)}`;
    const look = { class: "btn primary big", disabled: this.busy };
    return moneyButton("correction-send", look, () => this.send(), this.busy ? "One moment…" : `Correct by ${words}`);
  }
}
