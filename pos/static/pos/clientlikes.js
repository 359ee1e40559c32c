/** How a client likes it, on their card: pressure, areas to avoid, oil, therapist; and whether a therapist looks first. */

import { get, put } from "./api.js";
import { button, chip } from "./buttons.js";
import { dayName } from "./days.js";
import { alertBox, h, icon } from "./dom.js";
import { openHealthFile } from "./healthsheet.js";
import { Panel } from "./panel.js";
import { dayOf, tablet } from "./tablet.js";

const PRESSURES = ["1 light", "2", "3 medium", "4", "5 deep"];

export class ClientLikes extends Panel {
  constructor({ redraw }) {
    super({ redraw, client: null, likes: null, glance: null, form: null });
  }

  /** Reads what is known; without an answer the rest of the card stands. */
  async load(client) {
    if (client.id !== this.client?.id) Object.assign(this, { likes: null, glance: null, form: null });
    Object.assign(this, { client, trouble: "" });
    try {
      const [likes, glance] = await Promise.all([get(`clients/${client.id}/preferences`), get(`clients/${client.id}/health`)]);
      if (client.id === this.client.id) this.set({ likes, glance });
    } catch (error) {
      if (client.id === this.client.id) this.set({ trouble: error.message });
    }
  }

  save(event) {
    event.preventDefault();
    return this.attempt(async () => {
      const likes = await put(`clients/${this.client.id}/preferences`, this.form);
      this.set({ likes, form: null, busy: false });
    });
  }

  renewIntake() {
    return this.attempt(async () => {
      const glance = await put(`clients/${this.client.id}/health/intake`, { on: dayOf(new Date()) });
      this.set({ glance, busy: false });
    });
  }

  edit() {
    const { pressure, avoid, oil, therapist } = this.likes;
    this.set({ form: { pressure, avoid, oil, therapist: therapist?.id ?? null } });
  }

  view() {
    if (!this.likes) return alertBox(this.trouble);
    return h(
      "section",
      { key: "likes", "aria-label": "Preferences and health", "data-test": "client-likes" },
      h("h3", null, "Preferences"),
      alertBox(this.trouble),
      this.form ? this.formView() : this.told(),
      this.healthRow(),
    );
  }

  told() {
    const { pressure, avoid, oil, therapist } = this.likes;
    const words = [
      pressure ? `Pressure ${PRESSURES[pressure - 1]}` : "",
      avoid ? `Avoid ${avoid}` : "",
      oil ? `Oil: ${oil}` : "",
      therapist ? `Likes ${therapist.name}` : "",
    ].filter(Boolean);
    return h(
      "div",
      { class: "contacts", key: "told" },
      words.length
        ? h("ul", { class: "pills", "data-test": "likes" }, words.map((one) => h("li", { key: one }, one)))
        : h("p", { class: "soft" }, "Nothing is written down yet."),
      button("likes-edit", { class: "btn", "aria-label": "Edit preferences" }, () => this.edit(), icon("edit"), "Edit"),
    );
  }

  formView() {
    const { form } = this;
    const choose = (part) => this.set({ form: { ...this.form, ...part } });
    const toggle = (name, value) => choose({ [name]: form[name] === value ? null : value });
    const pressure = (words, place) =>
      chip(`pressure-${place + 1}`, form.pressure === place + 1, () => toggle("pressure", place + 1), words);
    const therapist = ({ id, name }) => chip(`likes-${id}`, form.therapist === id, () => toggle("therapist", id), name);
    return h(
      "form",
      { class: "likes-form", key: "form", novalidate: true, onsubmit: (event) => this.save(event) },
      chips("Pressure", PRESSURES.map(pressure)),
      this.words("avoid", "Areas to avoid (no reasons: those are health)", "200"),
      this.words("oil", "Oil", "80"),
      chips("Therapist", tablet.catalog.therapists.map(therapist)),
      h(
        "div",
        { class: "row" },
        button("likes-save", { type: "submit", class: "btn primary", disabled: this.busy }, null, this.busy ? "Saving…" : "Save"),
        button("likes-cancel", "btn quiet", () => this.set({ form: null }), "Cancel"),
      ),
    );
  }

  words(name, label, maxlength) {
    const type = (event) => (this.form[name] = event.target.value);
    const facts = { type: "text", name, maxlength, autocomplete: "off", value: this.form[name], oninput: type };
    return h("label", null, h("span", null, label), h("input", { ...facts, "data-test": `likes-${name}` }));
  }

  healthRow() {
    const { needs_check, intake_on, renews_intake } = this.glance;
    const open = () => openHealthFile(this.client, () => this.load(this.client));
    const form = intake_on ? `Intake form of ${dayName(intake_on)}` : "No intake form";
    const look = { class: "btn quiet", disabled: this.busy };
    return h(
      "div",
      { class: "health-row", key: "health" },
      needs_check ? h("span", { class: "badge bad", "data-test": "needs-check" }, "Therapist check needed") : null,
      h("span", { class: "soft" }, form),
      renews_intake ? h("span", { class: "badge", "data-test": "renew-intake" }, "Renew") : null,
      renews_intake || !intake_on ? button("intake-today", look, () => this.renewIntake(), "Filled in today") : null,
      button("health-open", "btn", open, icon("person"), "Health file"),
    );
  }
}

const chips = (legend, children) =>
  h("fieldset", { class: "plain", key: legend }, h("legend", null, legend), h("div", { class: "chips wrap" }, children));
