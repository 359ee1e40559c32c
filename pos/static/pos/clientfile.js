/** The form for a client, new or changed: the fields in their order, what is wrong with them, and who has them already. */

import { get, put } from "./api.js";
import { button } from "./buttons.js";
import { alertBox, h, icon } from "./dom.js";
import { draft, dropDraft, keepDraft } from "./drafts.js";
import { newId } from "./ids.js";
import { phoneWords } from "./names.js";
import { Panel } from "./panel.js";

const PAUSE_MS = 400;
const LEAST_DIGITS = 7;
const FIELDS = {
  name: { label: "Name", type: "text", maxlength: "120" },
  phone: { label: "Phone", type: "tel", maxlength: "40" },
  email: { label: "E-mail", type: "email", maxlength: "254" },
};
const NOTE = { label: "Note, no health data", type: "text", maxlength: "300" };
const digitsOf = (phone) => phone.replace(/\D/g, "").slice(-10);

/** One form; `client` is changed, or a new one begins with `words`. `over(saved)` hears the client, or nothing. */
export class ClientFile extends Panel {
  constructor({ client, words = "", redraw, over }) {
    const name = client ? `client ${client.id}` : "client new";
    super({ client, redraw, over, draftName: name, same: [], agreed: "", asked: 0 });
    const { id, ...typed } = draft(name) ?? {};
    this.id = client?.id ?? id ?? newId();
    this.fields = { name: "", phone: "", email: "", note: "", ...filed(client), ...placed(words), ...typed };
    if (typed.name) this.lookSoon();
  }

  remember() {
    keepDraft(this.draftName, { id: this.id, ...this.fields });
  }

  type(name, value) {
    this.fields[name] = value;
    this.remember();
    if (this.trouble) this.set({ trouble: "" });
    if (name === "phone" || name === "email") this.lookSoon();
  }

  lookSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look().catch(() => {}), PAUSE_MS); // asked once more before saving
  }

  /** Who has this phone number or address already; only the newest question counts. */
  async look() {
    const mine = (this.asked += 1);
    const { phone, email } = this.fields;
    const same = await havingSame({ id: this.id, phone, email });
    if (mine === this.asked) this.set({ same });
  }

  /** Saves; when somebody has the same phone or mail, only the second time. */
  save(event) {
    event.preventDefault();
    if (!this.fields.name.trim()) return void this.set({ trouble: "Write the client’s name." });
    clearTimeout(this.timer);
    return this.attempt(async () => {
      await this.look();
      if (this.same.length && this.agreed !== this.contacts) return this.set({ busy: false, agreed: this.contacts });
      const saved = await put(`clients/${this.id}`, trimmed(this.fields));
      this.close(saved);
    });
  }

  get contacts() {
    return `${this.fields.phone} ${this.fields.email}`;
  }

  close(saved) {
    clearTimeout(this.timer);
    dropDraft(this.draftName);
    this.over(saved);
  }

  view() {
    const { client, busy, same } = this;
    const again = same.length > 0 && this.agreed === this.contacts;
    const save = { type: "submit", class: "btn primary", disabled: busy };
    return h(
      "form",
      {
        class: client ? "client-file" : "client-file new",
        key: `file ${this.id}`,
        novalidate: true,
        onsubmit: (event) => this.save(event),
        onkeydown: (event) => event.key === "Escape" && this.close(),
        "data-test": "client-file",
      },
      Object.entries(FIELDS).map(([name, facts]) => this.field(name, facts)),
      client ? this.field("note", NOTE) : null,
      h(
        "div",
        { class: "row" },
        button("file-save", save, null, busy ? "Saving…" : again ? "Save anyway" : "Save"),
        button("file-cancel", "btn quiet", () => this.close(), "Cancel"),
      ),
      same.length ? this.sameView() : null,
      alertBox(this.trouble),
    );
  }

  field(name, { label, ...facts }) {
    return h(
      "label",
      { class: `of-${name}` },
      h("span", null, label),
      h("input", {
        ...facts,
        name,
        autocomplete: "off",
        value: this.fields[name],
        "data-test": `file-${name}`,
        oninput: (event) => this.type(name, event.target.value),
      }),
    );
  }

  sameView() {
    const one = ({ id, name, phone, email }) =>
      h("li", { key: id }, h("a", { href: `#clients/${id}`, "data-test": "same-client" }, name), ` · ${phone ? phoneWords(phone) : email}`);
    return h(
      "div",
      { class: "same", key: "same", role: "status", "data-test": "same" },
      icon("person"),
      h("p", null, "Already here with this phone or e-mail:"),
      h("ul", null, this.same.map(one)),
    );
  }
}

/** Clients other than `id` with exactly this phone number or this mail address. */
async function havingSame({ id, phone, email }) {
  const digits = digitsOf(phone);
  const mail = email.trim().toLowerCase();
  const asked = [digits.length >= LEAST_DIGITS && digits, /^\S+@\S+$/.test(mail) && mail].filter(Boolean);
  const pages = await Promise.all(asked.map((search) => get("clients/", { search })));
  const found = pages.flatMap(({ results }) => results);
  const isSame = (other) =>
    other.id !== id &&
    ((digits.length >= LEAST_DIGITS && digitsOf(other.phone) === digits) || (mail && other.email.toLowerCase() === mail));
  return [...new Map(found.filter(isSame).map((other) => [other.id, other])).values()];
}

/** What was searched for goes where it belongs: a mail address, a phone number or a name. */
function placed(words) {
  const text = words.trim();
  if (!text) return {};
  return { [text.includes("@") ? "email" : /^[\d\s()+.-]+$/.test(text) ? "phone" : "name"]: text };
}

const filed = (client) =>
  client && { name: client.name, phone: phoneWords(client.phone), email: client.email, note: client.note };
const trimmed = (fields) => Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value.trim()]));
