/** Becoming a member at the desk: the client reads the terms on the tablet, signs, pays; a card is saved for later. */

import { get, post, put } from "./api.js";
import { button, moneyButton } from "./buttons.js";
import { addPrepaid, cart } from "./cart.js";
import { payCard } from "./checkout.js";
import { clientName } from "./clients.js";
import { dayName } from "./days.js";
import { alertBox, h, icon, rows } from "./dom.js";
import { newId } from "./ids.js";
import { dollars } from "./money.js";
import { Panel } from "./panel.js";
import { planWords } from "./plans.js";
import { qrFigure } from "./qrcode.js";
import { readers, withReader } from "./readers.js";
import { openSheet } from "./sheet.js";
import { sendNow, sync } from "./sync.js";

const LOOK_MS = 3_000;

/** Shows the terms of a plan to the client of the sale; accepted, its first month stands on the sale. */
export function openJoining(plan) {
  const joining = new Joining({ plan, id: newId(), client: cart.client, terms: null, name: "", redraw: () => sheet.redraw() });
  const sheet = openSheet({ title: plan.name, wide: true, test: "terms-sheet", content: () => joining.view() });
  joining.close = sheet.close;
  joining.load();
}

class Joining extends Panel {
  load() {
    return this.attempt(async () => {
      const terms = await get(`plans/${this.plan.code}/terms`);
      this.set({ terms, busy: false });
    });
  }

  /** The client agrees: kept with the text they saw; then `pay(cents)` asks for the money, or the sale goes on. */
  accept(pay) {
    const signature = this.name.trim();
    if (!signature) return this.set({ trouble: "The client writes their name first: that is how they agree." });
    return this.attempt(async () => {
      const { client, plan, id, terms } = this;
      await put(`memberships/${id}`, { client, plan: plan.code, text_hash: terms.text_hash, signature });
      if (cart.client !== client) throw new Error("The sale is for somebody else now. Choose the client again.");
      addPrepaid({ kind: "membership", item: plan.code, instrument: id, label: plan.name });
      this.close();
      await pay?.();
    });
  }

  view() {
    const { terms, trouble, busy } = this;
    if (!terms) return [alertBox(trouble), busy ? h("p", { class: "soft", role: "status" }, "Reading the terms …") : null];
    return h(
      "div",
      { class: "terms" },
      rows(this.facts(), "facts sums", "terms-facts"),
      termsText(terms.text),
      h(
        "label",
        { key: "name" },
        "Your name, to agree",
        h("input", {
          autocomplete: "off",
          maxlength: "120",
          value: this.name,
          "data-test": "signature",
          oninput: (event) => (this.name = event.target.value),
        }),
      ),
      alertBox(trouble),
      this.ways(),
    );
  }

  facts() {
    const { plan, terms } = this;
    return [
      ["For", clientName()],
      ["Price", `${dollars(terms.price_cents)} ${planWords(plan)}`],
      ["First charge", `${dollars(terms.price_cents)} today`],
      ["Next charge", `${dollars(terms.price_cents)} on ${dayName(terms.next_charge_on)}`],
      ["To leave", "At the desk, online or by mail, at any time"],
    ];
  }

  ways() {
    const look = { class: "btn primary big", disabled: this.busy };
    const words = [icon("card"), h("span", null, "Card and save", h("small", null, "The reader asks for the first month"))];
    return h(
      "div",
      { class: "stack", key: "ways" },
      readers.list.length ? moneyButton("card-and-save", look, () => this.accept(payAtReader), words) : null,
      button("accept", { class: "btn big", disabled: this.busy }, () => this.accept(), "Agree, and pay in another way"),
    );
  }
}

/** All that is due is asked for at the reader, once the sale has its price with the first month. */
async function payAtReader() {
  if (!(await sendNow())) return;
  const due = sync.sale.due_cents;
  withReader((reader) => payCard(reader, due));
}

/** What the client agrees to, to be scrolled. */
export function termsText(text) {
  const paragraphs = text.trim().split(/\n{2,}/);
  const look = { class: "terms-text", tabindex: "0", role: "region", "aria-label": "Terms" };
  return h("div", look, paragraphs.map((words) => h("p", null, words)));
}

// A card for the months to come ------------------------------------------------------------------------------------

/** After a first month was paid: the code by which the client saves a card on their phone, unless there is one. */
export async function offerCard(sale) {
  if (!sale.client || !sale.lines.some(({ kind }) => kind === "membership")) return;
  const page = await get(`clients/${sale.client.id}/memberships`).catch(() => null); // the client's card has it, too
  const without = page?.results.find(({ status, card }) => status === "active" && !card);
  if (without) openCardPage(without);
}

/** The code by which a member saves a card on their phone; it goes by itself once the card is saved. */
export function openCardPage(membership, saved = () => {}) {
  const page = new CardPage({ membership, code: null, saved, redraw: () => sheet.redraw() });
  const stop = () => clearTimeout(page.timer);
  const sheet = openSheet({ title: "Save a card", test: "card-page-sheet", onClose: stop, content: () => page.view() });
  page.load();
}

class CardPage extends Panel {
  load() {
    return this.attempt(async () => {
      const code = await post(`memberships/${this.membership.id}/card`, {});
      this.set({ code, busy: false });
      this.lookSoon();
    });
  }

  lookSoon() {
    this.timer = setTimeout(() => this.look(), LOOK_MS);
  }

  async look() {
    const answer = await get(`memberships/${this.membership.id}`).catch(() => null); // asked again soon
    if (!answer?.card) return this.lookSoon();
    this.set({ membership: answer });
    return this.saved(answer);
  }

  view() {
    const { membership, code, trouble, busy } = this;
    if (membership.card) {
      const look = { class: "info", role: "status", "data-test": "card-saved" };
      return h("p", look, icon("check"), `${membership.card} pays from now on.`);
    }
    const why = `${membership.plan.name} is paid by this card every time. Without one, it is paid at the desk or by a link.`;
    const link = "Code with the link to the page for the card";
    return [
      h("p", null, why),
      code?.qr ? qrFigure(code.qr, link, "The client scans this and enters the card") : null,
      busy ? h("p", { class: "soft", role: "status" }, "Making the page …") : null,
      alertBox(trouble),
    ];
  }
}
