/** Gift cards at the end of a sale: those that were sold to hand over, and what holders may ask for in cash. */

import { get, post } from "./api.js";
import { button } from "./buttons.js";
import { alertBox, h, icon } from "./dom.js";
import { Panel } from "./panel.js";
import { openSheet } from "./sheet.js";

const sold = ({ lines }) => lines.filter(({ kind, instrument }) => kind === "gift_card" && instrument);

/** Print and e-mail for each card of the sale; `said(words)` hears what went wrong, `touched()` that somebody is at it. */
export function giftButtons({ sale, said, touched }) {
  const lines = sold(sale);
  return lines.flatMap((line) => {
    const which = lines.length > 1 ? ` ${line.reference}` : "";
    const run = (work) => (event) => {
      event.stopPropagation();
      touched();
      work();
    };
    return [
      button("gift-print", { class: "btn", key: `print ${line.id}` }, run(() => printGift(line.instrument, said)), icon("gift"), `Print card${which}`),
      button("gift-mail", { class: "btn", key: `mail ${line.id}` }, run(() => mailGift(line.instrument)), icon("mail"), `E-mail card${which}`),
    ];
  });
}

/** What the holders of the cards that paid may have in cash now: `{id, words}` each. */
export async function cashHints({ tenders }) {
  const used = tenders.filter(({ kind, status, instrument }) => kind === "gift_card" && status === "settled" && instrument);
  const cards = await Promise.all([...new Set(used.map(({ instrument }) => instrument))].map(look));
  return cards.filter((card) => card?.cash_out_cents).map(({ id, last4, cash_out }) => ({ id, words: `Gift card ···${last4}: ${cash_out}` }));
}

const look = (id) => get(`gift-cards/${id}`).catch(() => null); // the card's own page says it, too

/** The window opens with the tap, before the server answers: later it would be blocked. */
export async function printGift(id, said) {
  said("");
  const paper = window.open("", "_blank");
  try {
    const { url } = await post(`gift-cards/${id}/paper`, {});
    if (!paper) return said("The browser blocked the print window. Allow windows for this page, then try again.");
    paper.opener = null;
    paper.location = url;
  } catch (error) {
    paper?.close();
    said(error.message);
  }
}

/** Asks whom the card goes to and mails it; `sent()` hears that it is on its way. */
export function mailGift(id, sent = () => {}) {
  const mail = new MailGift({ id, sent, gift: { email: "", to: "", by: "", message: "" }, done: "", redraw: () => sheet.redraw() });
  const sheet = openSheet({ title: "E-mail the gift card", test: "gift-mail-sheet", content: () => mail.view() });
}

class MailGift extends Panel {
  send = (event) => {
    event.preventDefault();
    const gift = Object.fromEntries(Object.entries(this.gift).map(([name, words]) => [name, words.trim()]));
    if (!/^\S+@\S+\.\S+$/.test(gift.email)) return this.set({ trouble: "Write an e-mail address like ana@example.com." });
    return this.attempt(async () => {
      const card = await post(`gift-cards/${this.id}/mail`, gift);
      this.set({ done: gift.email, busy: false });
      this.sent(card);
    });
  };

  view() {
    if (this.done) return h("p", { class: "info", role: "status", "data-test": "gift-sent" }, `On its way to ${this.done}.`);
    return h(
      "form",
      { class: "stack", novalidate: true, onsubmit: this.send },
      this.field("email", "Their e-mail address", { type: "email" }),
      this.field("to", "For (name)", { maxlength: "80" }),
      this.field("by", "From (name)", { maxlength: "80" }),
      this.field("message", "A few words", { maxlength: "300" }),
      alertBox(this.trouble),
      button("gift-mail-send", { type: "submit", class: "btn primary big", disabled: this.busy }, null, this.busy ? "Sending…" : "Send the card"),
    );
  }

  field(name, label, more) {
    const type = (event) => (this.gift[name] = event.target.value);
    const look = { name, autocomplete: "off", value: this.gift[name], "data-test": `gift-mail-${name}`, oninput: type };
    return h("label", { class: "stack" }, h("span", null, label), h("input", { ...look, ...more }));
  }
}
