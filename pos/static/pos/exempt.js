/** A sale without sales tax, for a client with a certificate; somebody else says yes to it. */

import { get, put } from "./api.js";
import { button, round } from "./buttons.js";
import { cart, setExempt } from "./cart.js";
import { alertBox, h, icon } from "./dom.js";
import { openSheet } from "./sheet.js";
import { sendNow, sync } from "./sync.js";
import { toast } from "./toast.js";

/** The way to leave the tax out, or why it is left out with a way back; null without a client or tax. */
export function exemptRow() {
  if (cart.exempt) return [h("p", { class: "given", key: "exempt", "data-test": "exempt" }, icon("tag"), exemptWords(sync.sale)), taxAgain()];
  if (!cart.client || !sync.sale?.tax_cents) return null;
  return button("exempt-start", { class: "btn quiet", key: "exempt-start" }, askExempt, icon("tag"), "No sales tax");
}

/** "No sales tax, certificate OH-12, approved by Mara". */
export function exemptWords(sale) {
  const told = sale?.tax_exemption;
  const who = told?.approver ? `, approved by ${told.approver.name}` : "";
  return told ? `No sales tax, certificate ${told.certificate}${who}` : "No sales tax";
}

const taxAgain = () => round("exempt-remove", "Charge sales tax", () => setExempt(false), icon("close"), { key: "exempt-remove" });

/** Discounts are agreed first: one person’s yes is for one thing. */
async function askExempt() {
  const id = cart.client;
  if (!(await sendNow())) return;
  try {
    const client = await get(`clients/${id}`);
    if (client.tax_certificate) exempt(id);
    else askCertificate(client);
  } catch (error) {
    toast(error.message);
  }
}

const exempt = (id) => id === cart.client && setExempt(true);

function askCertificate({ id, name, email, phone, note }) {
  const state = { number: "", trouble: "" };
  const save = async (event) => {
    event.preventDefault();
    const tax_certificate = state.number.trim();
    if (!tax_certificate) return tell("Write the number of the certificate.");
    try {
      await put(`clients/${id}`, { name, email, phone, note, tax_certificate });
    } catch (error) {
      return tell(error.message);
    }
    sheet.close();
    return exempt(id);
  };
  const tell = (trouble) => {
    state.trouble = trouble;
    sheet.redraw();
  };
  const type = (event) => (state.number = event.target.value);
  const field = { name: "certificate", maxlength: "40", autocomplete: "off", value: state.number, oninput: type, "data-test": "certificate" };
  const sheet = openSheet({
    title: "Sale without sales tax",
    test: "exempt-sheet",
    content: () =>
      h(
        "form",
        { class: "stack", onsubmit: save },
        h("p", null, `${name} has no certificate here yet. It is kept with the client.`),
        h("label", null, "Number of the certificate", h("input", field)),
        alertBox(state.trouble),
        button("exempt-save", { type: "submit", class: "btn primary big" }, null, "Leave the tax out"),
      ),
  });
}
