/** What a client has paid ahead, on their card: what is left to use, their memberships, what they owe. */

import { get, put } from "./api.js";
import { button, moneyButton } from "./buttons.js";
import { addPrepaid, cart, setClient } from "./cart.js";
import { meetClient } from "./clients.js";
import { dayName } from "./days.js";
import { alertBox, h, icon } from "./dom.js";
import { leftWords } from "./holdings.js";
import { openHousehold } from "./household.js";
import { newId } from "./ids.js";
import { openCardPage } from "./joining.js";
import { openLots } from "./lots.js";
import { openCancelling, openChange, openFreeze, takeBack, waiveExitFee } from "./memberchange.js";
import { dollars } from "./money.js";
import { Panel } from "./panel.js";
import { often } from "./plans.js";
import { useOffer } from "./sessions.js";
import { openSheet } from "./sheet.js";
import { may } from "./tablet.js";

const STATES = { joining: "First month unpaid", active: "Active", past_due: "Past due", frozen: "Frozen", ended: "Ended" };
const LOOKS = { active: "badge good", past_due: "badge bad" };
const NO_SHOWS = { no_show: "Did not come", late_cancel: "Cancelled too late" };

/** Puts the client on the sale in the cart and goes there. */
export function startSale(client) {
  meetClient(client);
  if (cart.client !== client.id) setClient(client.id);
  location.hash = "#sale";
}

export class ClientAhead extends Panel {
  constructor({ redraw }) {
    super({ redraw, client: null, offers: [], members: [] });
  }

  /** Reads what that client has; without an answer the rest of the card stands. */
  async load(client) {
    if (client.id !== this.client?.id) Object.assign(this, { offers: [], members: [] });
    Object.assign(this, { client, trouble: "" });
    const [holdings, members] = await Promise.allSettled([
      get(`clients/${client.id}/holdings`),
      get(`clients/${client.id}/memberships`),
    ]);
    if (client.id !== this.client.id) return;
    const failed = [holdings, members].find(({ status }) => status === "rejected");
    if (failed) this.trouble = failed.reason.message;
    this.set({ offers: holdings.value?.results ?? this.offers, members: members.value?.results ?? this.members });
  }

  reload = () => this.load(this.client);

  view() {
    return [
      alertBox(this.trouble),
      this.members.flatMap((member) => member.owed.map((due) => this.owedView(due))),
      this.offers.length ? section("left", "What is left", h("ul", { class: "ahead" }, this.offers.map(this.offerRow))) : null,
      may("clients") ? this.lotsButton() : null,
      this.members.length ? section("members", "Memberships", this.members.map(this.memberView)) : null,
    ];
  }

  pay = ({ kind, item, instrument, name }) => {
    startSale(this.client);
    addPrepaid({ kind, item, instrument, label: name });
  };

  lotsButton() {
    const open = () => openLots(this.client, this.reload);
    return button("all-sessions", { class: "btn quiet", key: "lots" }, open, "All sessions, given and missed ones too");
  }

  /** A first month, an upgrade or a fee that stands out. */
  payButton(one) {
    const look = { class: "btn", key: one.instrument, disabled: Boolean(cart.finishing) };
    return button("to-pay", look, () => this.pay(one), `Pay · ${one.name} · ${dollars(one.amount_cents)}`);
  }

  owedView(due) {
    const { instrument, name, amount_cents, starts_on } = due;
    const words = `${name} from ${dayName(starts_on)} is not paid: ${dollars(amount_cents)}.`;
    const look = { class: "btn", disabled: Boolean(cart.finishing) };
    const pay = () => this.pay({ ...due, kind: "dues" });
    const act = button("pay-due", look, pay, `Pay now · ${dollars(amount_cents)}`);
    return h("div", { class: "alert", key: instrument, "data-test": "past-due" }, icon("alert"), h("p", null, words), act);
  }

  offerRow = (offer) => {
    const pays = offer.items.length > 0 && offer.can_pay;
    const use = () => {
      startSale(this.client);
      useOffer(offer);
    };
    const missed = () => askMissed(offer, this);
    const named = { "aria-label": `Missed appointment: take one of ${offer.name}` };
    return h(
      "li",
      { key: `${offer.kind} ${offer.instrument}`, "data-test": "left-row" },
      h("span", { class: "ahead-name" }, h("b", null, offer.name), h("small", { class: "soft" }, leftWords(offer))),
      pays && offer.units !== null ? button("no-show", { class: "btn quiet", ...named }, missed, "No-show") : null,
      pays ? moneyButton("use", { class: "btn cedar", disabled: Boolean(cart.finishing) }, use, "Use") : null,
    );
  };

  memberView = (member) => {
    const { id, plan, status } = member;
    return h(
      "div",
      { class: "member", key: id, "data-test": "member" },
      h("p", null, h("b", null, plan.name), " ", h("span", { class: LOOKS[status] ?? "badge" }, STATES[status])),
      factsOf(member).map((words) => h("p", { class: "soft", key: words }, words)),
      member.to_pay.filter(({ kind }) => kind !== "dues").map((one) => this.payButton(one)),
      status === "ended" ? null : this.acts(member),
    );
  };

  acts(member) {
    const { freeze, change, ends_on, status } = member;
    const again = this.reload;
    const act = (test, label, go) => button(test, { class: "btn", key: test }, go, label);
    const calm = ["active", "past_due"].includes(status) && !ends_on;
    return h(
      "div",
      { class: "row", key: "acts" },
      member.card || !member.renews ? null : act("save-card", "Save a card", () => openCardPage(member, again)),
      calm && !freeze && member.freeze_months_left ? act("freeze", "Freeze", () => openFreeze(member, again)) : null,
      calm && !change ? act("change-plan", "Change", () => openChange(member, again)) : null,
      freeze && !freeze.began ? act("freeze-undo", "Take the freeze back", () => takeBack(member, "freeze", again)) : null,
      change ? act("change-undo", "Take the change back", () => takeBack(member, "change", again)) : null,
      status === "joining" ? null : act("household", "Household", () => openHousehold(member, again)),
      feeOf(member) ? act("waive-fee", `Waive ${dollars(feeOf(member))}`, () => waiveExitFee(member, again)) : null,
      ends_on ? act("cancel-undo", "Take the cancellation back", () => takeBack(member, "cancellation", again)) : null,
      status === "joining" || ends_on ? null : act("cancel", "Cancel", () => openCancelling(member, again)),
    );
  }
}

/** What is still to be paid for leaving early, in cents. */
const feeOf = ({ cancellation }) => (cancellation && !cancellation.is_paid ? cancellation.fee_cents : 0);

/** What becomes of a membership, one sentence each. */
function factsOf({ plan, status, next_charge_on, next_charge_cents, card, renews, freeze, change, ...end }) {
  const { ends_on, cancel_number } = end;
  const paid = card ? `by ${card}` : "no card is saved";
  return [
    `${dollars(plan.price_cents)} ${often(plan)}`,
    next_charge_on ? `Next charge ${dollars(next_charge_cents)} on ${dayName(next_charge_on)}, ${paid}` : "",
    renews ? "" : "Does not renew",
    freeze ? freezeWords(freeze) : "",
    change && !change.proration_cents ? `${change.name} from ${dayName(change.effective_on)}` : "",
    ends_on ? `${status === "ended" ? "Ended" : "Ends"} on ${dayName(ends_on)}` : "",
    cancel_number ? `Cancellation ${cancel_number}` : "",
  ].filter(Boolean);
}

const freezeWords = ({ began, starts_on, ends_on }) =>
  `${began ? "Frozen" : "Freeze planned"} from ${dayName(starts_on)}, goes on ${dayName(ends_on)}`;

const section = (key, title, ...content) =>
  h("section", { key, "aria-label": title, "data-test": `client-${key}` }, h("h3", null, title), content);

/** One tap takes a session for an appointment that was missed; it can be given back in the back office for a week. */
function askMissed(offer, ahead) {
  const id = newId();
  const state = new Panel({ redraw: () => sheet.redraw() });
  const take = (reason) =>
    state.attempt(async () => {
      await put(`no-shows/${id}`, { client: ahead.client.id, reason, instrument: offer.instrument });
      sheet.close();
      await ahead.reload();
    });
  const one = ([reason, words]) => {
    const look = { class: "btn big danger", disabled: state.busy };
    return moneyButton(`missed-${reason}`, look, () => take(reason), `${words} · take 1 session`);
  };
  const sheet = openSheet({
    title: "Missed appointment",
    test: "no-show-sheet",
    content: () => [
      h("p", null, h("b", null, offer.name), ` · ${leftWords(offer)}`),
      alertBox(state.trouble),
      h("div", { class: "stack" }, Object.entries(NO_SHOWS).map(one)),
    ],
  });
}
