/** One gift card: what is on it, what happened to it, and what can be done with it. */

import { get, put } from "./api.js";
import { withApproval } from "./approval.js";
import { button, moneyButton } from "./buttons.js";
import { addGift, cart } from "./cart.js";
import { alertBox, h, icon, rows } from "./dom.js";
import { dayName } from "./days.js";
import { mailGift, printGift } from "./giftdone.js";
import { useGift } from "./gifts.js";
import { askWorth } from "./gifttiles.js";
import { dollars } from "./money.js";
import { Panel } from "./panel.js";
import { openSheet } from "./sheet.js";
import { itemOf, moment, tablet } from "./tablet.js";

const KINDS = { value: "Gift card", treatment: "Treatment card", promotional: "Promotional card" };
const STATES = {
  inactive: "Not active yet",
  blocked: "Blocked",
  replaced: "Replaced by another card",
  cashed_out: "Cashed out",
  expired: "Expired",
  refunded: "Refunded",
};
const HAPPENED = {
  sold: "Sold",
  given: "Given away",
  imported: "Taken over",
  loaded: "Loaded",
  used: "Used",
  restored: "Given back",
  unsold: "Sale voided",
  refunded: "Refunded to its buyer",
  cashed_out: "Cashed out",
  expired: "Expired",
  revoked: "Taken back after a dispute",
  moved_out: "Moved to another card",
  moved_in: "Moved from another card",
};

export class GiftCardPane extends Panel {
  /** `shown(id)` is called when another card is to be shown instead. */
  constructor({ redraw, shown }) {
    super({ redraw, shown, card: null, note: "" });
  }

  /** Shows what `ask()` resolves to; what goes wrong is said instead. */
  load(ask) {
    this.card = null;
    this.note = "";
    return this.attempt(async () => {
      this.card = await ask();
      this.set({ busy: false });
    });
  }

  reload = () => this.load(() => get(`gift-cards/${this.card.id}`));

  /** Changes the card at `path`, with another person's PIN where that is needed. */
  act(path, body, done) {
    return this.attempt(async () => {
      const answer = await withApproval((approval) =>
        put(`gift-cards/${this.card.id}/${path}`, approval ? { ...body, approval } : body),
      );
      this.busy = false;
      done(answer);
    });
  }

  view() {
    return [alertBox(this.trouble), this.note ? h("p", { class: "info", role: "status", "data-test": "gift-note" }, this.note) : null, this.paper()];
  }

  paper() {
    const { card } = this;
    if (!card) return this.busy ? h("p", { class: "soft", role: "status" }, "Looking…") : null;
    const { id, kind, last4, status } = card;
    return h(
      "article",
      { class: "card gift-card", key: `card ${id}`, "data-test": "gift-card" },
      h("h2", null, `${KINDS[kind]} ···${last4}`, " ", status === "active" ? null : h("span", { class: "badge bad" }, STATES[status])),
      h("p", { class: "total-amount num", "data-test": "gift-left" }, leftOn(card)),
      rows(facts(card)),
      this.cashHint(),
      h("div", { class: "row wrap", key: "acts" }, this.acts()),
      history(card),
    );
  }

  cashHint() {
    const { cash_out, cash_out_cents } = this.card;
    if (!cash_out_cents || !tablet.drawer) return cash_out ? h("p", { class: "info", key: "hint", "data-test": "cash-hint" }, cash_out) : null;
    const pay = () => this.askCash();
    return h(
      "div",
      { class: "info", key: "hint", "data-test": "cash-hint" },
      h("p", null, cash_out),
      button("cash-out", "btn", pay, `Pay out ${dollars(cash_out_cents)}`),
    );
  }

  acts() {
    const { card } = this;
    const act = (test, label, go, picture) => button(test, { class: "btn", key: test, disabled: this.busy }, go, picture ? icon(picture) : null, label);
    if (card.status === "inactive") return [act("gift-sell", "Sell it", () => this.sell(), "gift")];
    if (card.status === "blocked")
      return [act("gift-unblock", "Let it pay again", () => this.act("unblock", {}, this.took)), act("gift-replace", "Replace it", () => this.askReplace())];
    if (card.status !== "active") return card.replaced_by ? [act("gift-next", "Show the new card", () => this.shown(card.replaced_by))] : [];
    const said = (trouble) => this.set({ trouble });
    return [
      cart.lines.length && card.free_cents ? act("gift-pay", "Pay with it", () => this.pay(), "check") : null,
      card.kind === "value" ? act("gift-load", "Load", () => this.loadMore(), "plus") : null,
      act("gift-print", "Print", () => printGift(card.id, said), "print"),
      act("gift-mail", "E-mail", () => mailGift(card.id), "mail"),
      act("gift-block", "Block", () => this.askBlock(), "lock"),
      act("gift-replace", "Replace", () => this.askReplace(), "swap"),
    ];
  }

  took = (card) => this.set({ card });

  pay() {
    const { id, kind, last4, free_cents, item, balance_cents, paid_cents } = this.card;
    const isWhole = kind === "treatment" && item && free_cents === balance_cents && balance_cents === paid_cents;
    return useGift({
      kind: isWhole ? "treatment_card" : "gift_card",
      instrument: id,
      name: `${KINDS[kind]} ···${last4}`,
      amount_cents: free_cents,
      items: isWhole ? [item] : [],
      can_pay: true,
    });
  }

  /** A plastic card in the hand: what it is to be worth. */
  sell() {
    const { id, last4 } = this.card;
    const take = (amount_cents) => {
      addGift({ amount_cents, instrument: id, label: `Gift card ···${last4}` });
      location.hash = "#sale";
    };
    askWorth({ title: `Gift card ···${last4}`, words: (amount) => `Sell for ${amount}`, take });
  }

  loadMore() {
    const { id, last4 } = this.card;
    const take = (amount_cents) => {
      addGift({ kind: "gift_card_load", amount_cents, instrument: id, label: `Gift card ···${last4} loaded` });
      location.hash = "#sale";
    };
    askWorth({ title: `Load gift card ···${last4}`, words: (amount) => `Load ${amount}`, take });
  }

  askBlock() {
    const why = { words: "" };
    const block = (event) => {
      event.preventDefault();
      if (!why.words.trim()) return;
      sheet.close();
      this.act("block", { why: why.words.trim() }, this.took);
    };
    const look = { maxlength: "200", autocomplete: "off", "data-test": "gift-why", oninput: (event) => (why.words = event.target.value) };
    const sheet = openSheet({
      title: `Block card ···${this.card.last4}`,
      test: "gift-block-sheet",
      content: () =>
        h(
          "form",
          { class: "stack", onsubmit: block },
          h("p", null, "It pays nothing until somebody lets it pay again. What is on it stays on it."),
          h("label", { class: "stack" }, h("span", null, "Why?"), h("input", look)),
          button("gift-block-send", { type: "submit", class: "btn danger big" }, null, "Block the card"),
        ),
    });
  }

  askReplace() {
    const words = "A new card gets what is on this one; this one is closed for good. Print or e-mail the new one.";
    const done = (card) => {
      this.set({ card, note: `This is the new card, ···${card.last4}.` });
      this.shown(card.id);
    };
    this.ask({ title: `Replace card ···${this.card.last4}`, words, act: "Replace it", go: () => this.act("reissue", {}, done) });
  }

  askCash() {
    const { cash_out, cash_out_cents } = this.card;
    const done = ({ card, amount_cents }) => this.set({ card, note: `Give ${dollars(amount_cents)} from the drawer.` });
    const go = () => this.act("cash-out", { drawer_session: tablet.drawer.id }, done);
    this.ask({ title: "Pay out the rest", words: cash_out, act: `Pay out ${dollars(cash_out_cents)}`, go });
  }

  ask({ title, words, act, go }) {
    const sure = () => {
      sheet.close();
      go();
    };
    const content = () => [h("p", null, words), moneyButton("gift-sure", { class: "btn primary big" }, sure, act)];
    const sheet = openSheet({ title, test: "gift-sure-sheet", content });
  }
}

/** "$45.00", or for a whole treatment card its treatment. */
function leftOn({ kind, item, balance_cents, paid_cents, moves }) {
  const isWhole = kind === "treatment" && item && balance_cents && moves.every((move) => move.kind !== "used") && balance_cents === paid_cents;
  return isWhole ? (itemOf(item)?.name ?? item) : `${dollars(balance_cents)} left`;
}

function facts({ serial, location, expires_on, balance_cents, free_cents, paid_cents, kind }) {
  return [
    ["Valid", expires_on ? `until before ${dayName(expires_on)}` : "without end"],
    balance_cents === free_cents ? null : ["On an open sale", dollars(balance_cents - free_cents)],
    kind !== "promotional" && paid_cents < balance_cents ? ["Of it promotion", dollars(balance_cents - paid_cents)] : null,
    ["Sold at", location],
    ["Number", serial],
  ];
}

function history({ moves }) {
  const shown = moves.filter(({ kind }) => kind in HAPPENED).reverse();
  if (!shown.length) return null;
  const one = ({ kind, at, paid_cents, promo_cents, location, why }, place) =>
    h(
      "li",
      { key: `${at} ${place}` },
      h("span", { class: "ahead-name" }, h("b", null, HAPPENED[kind]), h("small", { class: "soft" }, [moment(at), location, why].filter(Boolean).join(" · "))),
      h("span", { class: "num" }, dollars(paid_cents + promo_cents)),
    );
  return h("section", { key: "history", "aria-label": "History" }, h("h3", null, "History"), h("ul", { class: "ahead", "data-test": "gift-history" }, shown.map(one)));
}
