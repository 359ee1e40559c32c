/** Giving the receipt to the client: on paper or by mail. */

import { get, post } from "./api.js";
import { button } from "./buttons.js";
import { alertBox, h, icon } from "./dom.js";
import { draft, dropDraft, keepDraft } from "./drafts.js";
import { openSheet } from "./sheet.js";

/**
 * Print and e-mail buttons for a sale; `said(words)` hears what went wrong, `noted(words)` what else is to know, and
 * `touched()` that somebody is at it.
 */
export function handoutButtons({ sale, said, noted = () => {}, touched = () => {} }) {
  const run = (work) => (event) => {
    event.stopPropagation();
    touched();
    work();
  };
  const printing = run(() => print(sale, said, noted));
  const mailing = run(() =>
    askEmail({ title: "E-mail the receipt", path: `sales/${sale.id}/receipt/email`, client: sale.client }),
  );
  return [
    button("print", "btn", printing, icon("print"), "Print"),
    button("email", "btn", mailing, icon("mail"), "E-mail"),
  ];
}

/** The window opens with the tap, before the server answers: later it would be blocked. */
async function print(sale, said, noted) {
  said("");
  const paper = window.open("", "_blank");
  try {
    const { url, copy } = await post(`sales/${sale.id}/receipt/print`, {});
    if (!paper) return said("The browser blocked the print window. Allow windows for this page, then try again.");
    paper.opener = null;
    paper.location = url;
    if (copy) noted("It was printed before, so this print says COPY.");
  } catch (error) {
    paper?.close();
    said(error.message);
  }
}

/** Asks for an address and posts it to `path`; the client's own is written down already. */
export function askEmail({ title, path, client }) {
  const typed = `email ${path}`;
  const state = { email: draft(typed)?.email ?? "", busy: false, trouble: "", sent: false };
  const type = (email) => keepDraft(typed, { email: (state.email = email) });
  const content = () => emailView(state, { type, send });
  const sheet = openSheet({ title, test: "email-sheet", content, onClose: () => dropDraft(typed) });
  prefill();

  async function prefill() {
    if (!client || state.email) return;
    const file = await get(`clients/${client.id}`).catch(() => null); // only a convenience
    if (!file?.email || state.email || state.busy) return;
    state.email = file.email;
    sheet.redraw();
  }

  async function send(event) {
    event.preventDefault();
    if (state.busy) return;
    state.email = state.email.trim();
    if (!/^\S+@\S+\.\S+$/.test(state.email)) return show({ trouble: "Write an e-mail address like ana@example.com." });
    show({ busy: true, trouble: "" });
    try {
      await post(path, { email: state.email });
      return show({ sent: true });
    } catch (error) {
      return show({ busy: false, trouble: error.message });
    }
  }

  function show(facts) {
    Object.assign(state, facts);
    sheet.redraw();
  }
}

function emailView(state, { type, send }) {
  if (state.sent)
    return h("p", { class: "info", role: "status", "data-test": "email-sent" }, `On its way to ${state.email}.`);
  return h(
    "form",
    { class: "stack", novalidate: true, onsubmit: send },
    h("label", { for: "receipt-email" }, "E-mail address"),
    h("input", {
      id: "receipt-email",
      name: "email",
      type: "email",
      autocomplete: "off",
      value: state.email,
      "data-test": "email-address",
      oninput: (event) => type(event.target.value),
    }),
    alertBox(state.trouble),
    button(
      "email-send",
      { type: "submit", class: "btn primary big", disabled: state.busy },
      null,
      state.busy ? "Sending…" : "Send",
    ),
  );
}
