/** A client's health file in a sheet: opened by a therapist's PIN, or by one's own right; each opening is on record. */

import { get, post, put } from "./api.js";
import { button, chip, moneyButton } from "./buttons.js";
import { cart } from "./cart.js";
import { dayName } from "./days.js";
import { alertBox, h, icon } from "./dom.js";
import { newId } from "./ids.js";
import { openFreeze } from "./memberchange.js";
import { Panel } from "./panel.js";
import { PinPanel } from "./pin.js";
import { openSheet } from "./sheet.js";
import { acceptSale, sendNow } from "./sync.js";
import { tablet } from "./tablet.js";

const REASONS = [
  ["emergency", "An emergency"],
  ["client_asked", "The client asked"],
  ["complaint", "A complaint or claim"],
];
const FREEZE_MONTHS = 3;
const MOST_MONTHS = 6;
const DAYS_A_MONTH = 30;
const therapists = () => tablet.device.staff.filter(({ is_therapist, has_pin }) => is_therapist && has_pin !== false);

/** A therapist looks at the file of the sale's client and says OK to what waits for it. */
export async function openTherapistCheck() {
  if (!(await sendNow())) return;
  const { id, client } = cart;
  open({ client, title: "Therapist check", test: "therapist-check", ok: (who) => post(`sales/${id}/therapist-check`, who) });
}

/** The file of a client, to read and to write; `changed()` hears that the sheet is closed. */
export function openHealthFile(client, changed) {
  open({ client: client.id, title: `Health of ${client.name}`, test: "health-sheet", changed });
}

function open({ title, test, changed, ...facts }) {
  const file = new HealthFile({ ...facts, redraw: () => sheet.redraw() });
  const sheet = openSheet({
    title,
    test,
    wide: true,
    content: () => file.view(),
    onkeydown: (event) => (file.health || file.mayAlone ? undefined : file.pins.onkeydown(event)),
    onClose: () => changed?.(),
  });
  file.close = sheet.close;
}

class HealthFile extends Panel {
  constructor(facts) {
    super({ health: null, who: {}, reason: "treatment", form: null, note: "", members: [], ...facts });
    this.pins = new PinPanel({
      people: therapists(),
      enter: (person, pin) => this.read({ staff: person.id, pin }),
      redraw: this.redraw,
      question: "Which therapist looks at it?",
      none: "No therapist has a PIN here. Ask the owner.",
    });
  }

  /** Whether the person signed on reads it for a reason of their own: the PIN of a therapist is not needed. */
  get mayAlone() {
    const { person } = tablet;
    return !this.ok && person?.rights?.health === "allowed" && !therapists().some(({ id }) => id === person.id);
  }

  get path() {
    return `clients/${this.client}/health`;
  }

  async read(who, reason = "treatment") {
    const health = await post(`${this.path}/reads`, { ...who, reason });
    this.set({ health, who, reason, busy: false });
    if (!this.ok) this.readMembers().catch(() => {}); // without an answer there is only no freeze to offer
  }

  async readMembers() {
    const { results } = await get(`clients/${this.client}/memberships`);
    this.set({ members: results.filter(({ status, freeze }) => ["active", "past_due"].includes(status) && !freeze) });
  }

  /** Writes something into the file and reads it anew. */
  write(part, body) {
    return this.attempt(async () => {
      await put(`${this.path}/${part}`, { ...body, ...this.who });
      Object.assign(this, { form: null, note: "" });
      await this.read(this.who, this.reason);
    });
  }

  sayOk() {
    return this.attempt(async () => {
      acceptSale(await this.ok(this.who));
      this.close();
    });
  }

  view() {
    if (!this.health) return this.mayAlone ? this.askReason() : this.askPin();
    return [
      alertBox(this.trouble),
      h("section", { key: "flags", "aria-label": "Flags" }, this.flagsView()),
      this.ok ? null : this.setting(),
      h("section", { key: "notes", "aria-label": "Notes" }, this.notesView()),
      this.ok ? this.okButton() : null,
    ];
  }

  askPin() {
    return [h("p", { key: "why" }, "Only a therapist reads this. Each look is on record."), this.pins.view()];
  }

  askReason() {
    const one = ([reason, words]) =>
      chip(`reason-${reason}`, false, () => this.attempt(() => this.read({}, reason)), words);
    return [
      h("p", null, "You do not treat this client. Say why you need to see it: it is put on record."),
      h("div", { class: "chips wrap" }, REASONS.map(one)),
      alertBox(this.trouble),
    ];
  }

  okButton() {
    const look = { class: "btn primary big", key: "ok", disabled: this.busy };
    return moneyButton("ok-to-treat", look, () => this.sayOk(), this.busy ? "Saving…" : "OK to treat");
  }

  flagsView() {
    const { flags } = this.health;
    if (!flags.length) return h("p", { class: "soft" }, "No flag is set.");
    return h("ul", { class: "health-list", "data-test": "health-flags" }, flags.map((flag) => this.flagView(flag)));
  }

  flagView(flag) {
    const { id, name, hint, note, ends_on, set_by, starts_on } = flag;
    const until = ends_on ? ` · until ${dayName(ends_on)}` : "";
    const lift = () => this.write(`flags/${id}/lifted`, {});
    return h(
      "li",
      { key: id },
      h("b", null, name),
      note ? h("p", null, note) : null,
      hint ? h("p", null, hint) : null,
      h("p", { class: "soft" }, `Since ${dayName(starts_on)}${until} · ${set_by.name}`),
      this.ok
        ? null
        : h(
            "div",
            { class: "row" },
            button("flag-lift", { class: "btn quiet", disabled: this.busy }, lift, "Lift"),
            this.members.map((member) => this.freezeButton(member, flag)),
          ),
    );
  }

  freezeButton(member, flag) {
    const wish = { months: monthsUntil(flag.ends_on), reason: "medical" };
    const go = () => openFreeze(member, () => this.readMembers(), wish);
    return button("medical-freeze", { class: "btn", key: member.id }, go, icon("pause"), `Medical freeze · ${member.plan.name}`);
  }

  setting() {
    const { form, health } = this;
    const pick = ({ code, effect }) => this.set({ form: { id: newId(), flag: code, effect, ends_on: "", note: "" } });
    const one = (flag) => chip(`flag-${flag.code}`, form?.flag === flag.code, () => pick(flag), flag.name);
    return h(
      "fieldset",
      { class: "plain", key: "setting" },
      h("legend", null, "Set a flag"),
      h("div", { class: "chips wrap" }, health.choices.map(one)),
      form ? this.flagForm(form) : null,
    );
  }

  flagForm({ id, flag, effect, ends_on, note }) {
    const type = (name) => (event) => (this.form[name] = event.target.value);
    const save = (event) => {
      event.preventDefault();
      this.write(`flags/${id}`, { flag, note: this.form.note, ends_on: this.form.ends_on || null });
    };
    const label = effect === "wait" ? "Wait until" : "Until, if it ends";
    return h(
      "form",
      { class: "client-file", key: id, novalidate: true, onsubmit: save },
      field(label, { type: "date", name: "ends_on", value: ends_on, oninput: type("ends_on"), "data-test": "flag-until" }),
      field("Note", { type: "text", name: "note", maxlength: "500", value: note, oninput: type("note"), "data-test": "flag-note" }),
      h("div", { class: "row" }, button("flag-save", { type: "submit", class: "btn primary", disabled: this.busy }, null, "Set it")),
    );
  }

  notesView() {
    const one = ({ id, text, written_by, written_at }) =>
      h("li", { key: id }, h("p", null, text), h("p", { class: "soft" }, `${written_by.name} · ${dayName(written_at.slice(0, 10))}`));
    const save = (event) => {
      event.preventDefault();
      if (this.note.trim()) this.write(`notes/${newId()}`, { text: this.note });
    };
    const type = (event) => (this.note = event.target.value);
    const words = { type: "text", name: "text", maxlength: "2000", value: this.note, oninput: type, "data-test": "note-text" };
    if (this.ok && !this.health.notes.length) return null;
    return [
      h("h3", null, "Notes"),
      this.health.notes.length ? h("ul", { class: "health-list" }, this.health.notes.map(one)) : null,
      this.ok
        ? null
        : h(
            "form",
            { class: "note-form", novalidate: true, onsubmit: save },
            field("New note", words),
            button("note-save", { type: "submit", class: "btn", disabled: this.busy }, null, "Write it down"),
          ),
    ];
  }
}

const field = (label, facts) => h("label", null, h("span", null, label), h("input", { autocomplete: "off", ...facts }));

/** Whole months of a freeze that last until the flag ends. */
function monthsUntil(ends_on) {
  if (!ends_on) return FREEZE_MONTHS;
  const days = (new Date(ends_on) - Date.now()) / 86_400_000;
  return Math.min(Math.max(Math.ceil(days / DAYS_A_MONTH), 1), MOST_MONTHS);
}
