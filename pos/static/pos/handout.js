/** Giving the receipt to the client: on paper or by mail. */

import { get, post } from "./api.js";
import { button } from "./buttons.js";
import { alertBox, h, icon } from "./dom.js";
import { openSheet } from "./sheet.js";

/** Print and e-mail buttons for a sale; `said(words)` hears what went wrong, `touched()` that somebody is at it. */
export function handoutButtons({ sale, said, touched = () => {} }) {
  const run = (work) => (event) => {
    event.stopPropagation();
    touched();
    work();
  };
  return [
    button(
      "print",
      "btn",
      run(() => print(sale, said)),
      icon("print"),
      "Print",
    ),
    button(
      "email",
      "btn",
      run(() => askEmail(sale)),
      icon("mail"),
      "E-mail",
    ),
  ];
}

/** The window opens with the tap, before the server answers: later it would be blocked. */
async function print(sale, said) {
  said("");
  const paper = window.open("", "_blank");
  try {
    const { url } = await post(`sales/${sale.id}/receipt/print`, {});
    if (!paper) return said("The browser blocked the print window. Allow windows for this page, then try again.");
    paper.opener = null;
    paper.location = url;
  } catch (error) {
    paper?.close();
    said(error.message);
  }
}

function askEmail(sale) {
  const state = { email: "", busy: false, trouble: "", sent: false };
  const sheet = openSheet({ title: "E-mail the receipt", test: "email-sheet", content: () => emailView(state, send) });
  prefill();

  async function prefill() {
    if (!sale.client) return;
    const client = await get(`clients/${sale.client.id}`).catch(() => null); // only a convenience
    if (!client?.email || state.email || state.busy) return;
    state.email = client.email;
    sheet.redraw();
  }

  async function send(event) {
    event.preventDefault();
    state.email = state.email.trim();
    if (!/^\S+@\S+\.\S+$/.test(state.email)) return show({ trouble: "Write an e-mail address like ana@example.com." });
    show({ busy: true, trouble: "" });
    try {
      await post(`sales/${sale.id}/receipt/email`, { email: state.email });
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

function emailView(state, send) {
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
      oninput: (event) => (state.email = event.target.value),
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
