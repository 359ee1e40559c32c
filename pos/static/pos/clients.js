/** Finding the client, or writing down a new one in a line. */

import { get, put } from "./api.js";
import { button } from "./buttons.js";
import { cart, setClient } from "./cart.js";
import { alertBox, h, icon } from "./dom.js";
import { newId } from "./ids.js";
import { searchField } from "./searchfield.js";
import { signal } from "./signal.js";
import { sync } from "./sync.js";
import { dayWords, nameOfClient } from "./tablet.js";

const PAUSE_MS = 250;
const changes = signal();
export const listenClients = changes.listen;
const known = new Map(); // this page's memory only: names never go into the tablet's storage
const state = { words: "", found: null, form: null, note: "", trouble: "", busy: false };
let timer = 0;

export function clientName() {
  if (!cart.client) return "Walk-in";
  const ofSale = sync.sale?.client;
  return known.get(cart.client)?.name ?? nameOfClient(ofSale?.id === cart.client ? ofSale : { name: "" });
}

/** Keeps a client's name for as long as this page is not locked. */
export const meetClient = (client) => known.set(client.id, client);

export function focusSearch() {
  document.querySelector('[data-test="client-search"]')?.focus();
}

/** Puts words into the search as if they had been typed; `note` is said above what is found. */
export function searchFor(words, note = "") {
  Object.assign(state, { words, note, found: null, form: null, trouble: "" });
  clearTimeout(timer);
  if (words) {
    focusSearch();
    look();
  }
  changes.tell();
}

/** Chooses the client when exactly one was found. */
export function takeFound() {
  if (state.found?.length === 1) choose(state.found[0]);
}

/** Forgets what was typed and who was seen; when the tablet locks. */
export function forgetClients() {
  known.clear();
  reset();
}

/** The search field with what it found, or the line for a new client. */
export function clientSearch() {
  return h(
    "section",
    { class: "who", key: "who", "aria-label": "Client", onkeydown: (event) => event.key === "Escape" && reset() },
    h(
      "div",
      { class: "who-row" },
      searchField({
        label: "Search client, or scan gift card, receipt, product",
        words: state.words,
        test: "client-search",
        type: typing,
        more: { "aria-keyshortcuts": "/" },
      }),
    ),
    state.words.trim() && !state.form ? results() : null,
    state.form ? newClient() : null,
  );
}

function results() {
  const found = state.found;
  return h(
    "div",
    { class: "found", key: "found", "data-test": "clients-found" },
    state.note ? h("p", { class: "info", role: "status", "data-test": "search-note" }, state.note) : null,
    alertBox(state.trouble),
    h("p", { class: "vh", role: "status" }, found ? `${found.length} found` : ""),
    h(
      "ul",
      null,
      (found ?? []).map((client) =>
        h(
          "li",
          { key: client.id },
          button(
            "client-row",
            "found-row",
            () => choose(client),
            h("b", null, client.name),
            h("span", { class: "soft" }, [client.phone, client.email].filter(Boolean).join(" · ")),
            client.last_visit_on ? h("span", { class: "soft" }, `Last visit ${dayWords(client.last_visit_on)}`) : null,
          ),
        ),
      ),
      h(
        "li",
        { key: "new" },
        button(
          "client-new",
          "found-row new",
          openForm,
          icon("plus"),
          h("b", null, `New client “${state.words.trim()}”`),
        ),
      ),
    ),
  );
}

function newClient() {
  const field = (name, label, type, rest) =>
    h("label", null, h("span", null, label), h("input", { name, type, autocomplete: "off", ...rest }));
  return h(
    "form",
    { class: "new-client", key: `form ${state.form.id}`, novalidate: true, onsubmit: save, "data-test": "client-form" },
    field("name", "Name", "text", { value: state.form.name, required: true, maxlength: "120" }),
    field("phone", "Phone", "tel", { value: state.form.phone }),
    field("email", "E-mail", "email", { value: state.form.email }),
    button("client-save", { type: "submit", class: "btn primary", disabled: state.busy }, null, "Save"),
    button("client-cancel", "btn quiet", reset, "Cancel"),
    alertBox(state.trouble),
  );
}

function typing(words) {
  Object.assign(state, { words, form: null, note: "", trouble: "" });
  clearTimeout(timer);
  if (state.words.trim()) timer = setTimeout(look, PAUSE_MS);
  else state.found = null;
  changes.tell();
}

async function look() {
  const words = state.words.trim();
  try {
    const page = await get("clients/", { search: words });
    if (words !== state.words.trim()) return;
    Object.assign(state, { found: page.results, trouble: "" });
  } catch (error) {
    Object.assign(state, { found: null, trouble: error.message });
  }
  changes.tell();
}

/** What was typed goes where it belongs: a mail address, a phone number or a name. */
function openForm() {
  const words = state.words.trim();
  const form = { id: newId(), name: "", phone: "", email: "" };
  const place = words.includes("@") ? "email" : /^[\d\s()+.-]+$/.test(words) ? "phone" : "name";
  state.form = { ...form, [place]: words };
  changes.tell();
  document.querySelector(".new-client input:placeholder-shown, .new-client input")?.focus();
}

async function save(event) {
  event.preventDefault();
  const { name, phone, email } = Object.fromEntries(new FormData(event.target));
  if (state.busy) return;
  if (!name.trim()) return fail("Write the client’s name.");
  Object.assign(state, { busy: true, trouble: "" });
  state.form = { ...state.form, name, phone, email };
  changes.tell();
  try {
    choose(await put(`clients/${state.form.id}`, { name: name.trim(), phone: phone.trim(), email: email.trim() }));
  } catch (error) {
    fail(error.message);
  }
}

function fail(words) {
  Object.assign(state, { busy: false, trouble: words });
  changes.tell();
}

function choose(client) {
  if (client) meetClient(client);
  reset();
  if (cart.client !== (client?.id ?? null)) setClient(client?.id ?? null);
}

function reset() {
  clearTimeout(timer);
  Object.assign(state, { words: "", found: null, form: null, note: "", trouble: "", busy: false });
  changes.tell();
}
