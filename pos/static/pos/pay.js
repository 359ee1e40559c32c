/** The total and the ways to pay it, each of them one tap. */

import { askAmount } from "./amount.js";
import { button, moneyButton, round, tryAgainButton } from "./buttons.js";
import { canUndo, cart, undo } from "./cart.js";
import { checkout, heldTenders, payBy, payCard, payCash, payNothing, payWith, tryAgain } from "./checkout.js";
import { alertBox, h, icon } from "./dom.js";
import { leftWords, nextValue } from "./holdings.js";
import { cashPresets, dollars, price } from "./money.js";
import { moreButton } from "./morepay.js";
import { offline } from "./offline.js";
import { parking } from "./parking.js";
import { askReader, ownReader, readers, withReader } from "./readers.js";
import { openSplit, partsList } from "./split.js";
import { sendNow, sync } from "./sync.js";
import { tablet } from "./tablet.js";

export function totalDue() {
  const sale = sync.sale;
  const waiting = ["dim", "slow"].includes(sync.wait.phase) || (Boolean(sync.trouble) && !sale?.offline);
  const parts = sale
    ? [sale.tax_cents && `tax ${dollars(sale.tax_cents)}`, sale.tip_cents && `tip ${dollars(sale.tip_cents)}`].filter(
        Boolean,
      )
    : [];
  return h(
    "div",
    {
      class: waiting ? "total dimmed" : "total",
      key: "total",
      "data-test": "total",
      "data-waiting": Boolean(sync.wait.phase),
    },
    h(
      "p",
      null,
      heldTenders().length ? "Still due" : "Total due",
      parts.length ? h("small", { class: "soft num" }, `incl. ${parts.join(" · ")}`) : null,
    ),
    h(
      "output",
      { class: "total-amount num", "aria-live": "polite", "aria-label": "Total due" },
      dollars(sale?.due_cents ?? 0),
    ),
  );
}

export function payNotes() {
  const again = tryAgainButton(() => sendNow());
  const back = canUndo() ? button("undo-trouble", "btn", undo, icon("undo"), "Undo") : null;
  return h(
    "div",
    { class: "notes", key: "notes" },
    h("p", { class: "soft", role: "status" }, waitingWords()),
    sync.notice ? h("p", { class: "info", role: "status", "data-test": "notice" }, sync.notice) : null,
    sync.trouble?.words && !sync.sale?.offline ? alertBox(sync.trouble.words, sync.trouble.retry ? again : back) : null,
    alertBox(checkout.trouble || parking.trouble),
  );
}

function waitingWords() {
  if (checkout.wait.phase === "slow") return "Saving the sale…";
  if (sync.wait.phase === "slow" && !sync.trouble) return "Waiting for the price…";
  return "";
}

/** Cash presets, other ways to pay and parts; only "Try again" while a payment has no answer. */
export function payButtons() {
  if (!cart.lines.length) return null;
  if (checkout.unknown) return unanswered();
  const sale = sync.sale;
  const look = { class: "pay", key: "pay", "data-test": "pay" };
  if (sale?.offline) return h("div", look, cashButtons(sale, checkout.busy));
  const disabled = !sale || checkout.busy || parking.busy || Boolean(sync.trouble) || Boolean(cart.finishing);
  return h(
    "div",
    look,
    partsList(),
    sale && sale.due_cents === 0
      ? nothingDue(disabled)
      : [proposal(sale, disabled), cardButton(sale, disabled), cashButtons(sale, disabled), otherButtons(sale, disabled)],
  );
}

/** What the client has here goes before cards and cash. */
function proposal(sale, disabled) {
  const offer = sale && nextValue(sale);
  if (!offer) return null;
  const amount_cents = Math.min(offer.amount_cents, sale.due_cents);
  const tender = { kind: offer.kind, instrument: offer.instrument, amount_cents };
  const words = [h("b", null, `${offer.name} · ${dollars(amount_cents)}`), h("small", { class: "soft" }, leftWords(offer))];
  const act = () => payBy(tender, { isAsked: false, shown_cents: sale.due_cents });
  return money(`propose-${offer.kind}`, words, "btn big stacked", disabled, act, `${offer.instrument} ${amount_cents}`);
}

function unanswered() {
  return h(
    "div",
    { class: "pay", key: "unanswered", "data-test": "unanswered" },
    alertBox(
      `${checkout.unknown} It is not known yet whether the payment was saved. Trying again never charges twice.`,
    ),
    money("try-again-pay", "Try again", "btn primary big", checkout.busy, tryAgain),
    finishAway(),
  );
}

/** Without the server a payment in cash can be finished on the tablet. */
function finishAway() {
  if (!offline.finish) return null;
  const { cents, act } = offline.finish;
  return money("finish-offline", `Finish offline · cash ${dollars(cents)}`, "btn big", checkout.busy, act, cents);
}

const nothingDue = (disabled) => money("finish", "Finish · $0.00", "btn primary big", disabled, payNothing);

/** The first way to pay; with several readers it names the tablet's own, and another can be chosen beside it. */
function cardButton(sale, disabled) {
  if (!readers.list.length) return null;
  const due = sale?.due_cents ?? 0;
  const own = readers.list.length > 1 ? ownReader() : null;
  const name = own ? h("small", null, own.label) : null;
  const words = [icon("card"), h("span", null, `Card reader · ${dollars(due)}`, name)];
  const pay = () => withReader((reader) => payCard(reader, due));
  return h(
    "div",
    { class: "card-row", key: "card-row" },
    money("pay-card", words, "btn primary big", disabled, pay, due),
    own ? round("reader-change", `${own.label}: choose another reader`, () => askReader({}), icon("swap")) : null,
  );
}

function cashButtons(sale, disabled) {
  if (!tablet.drawer)
    return h(
      "a",
      { class: "btn big", href: "#drawer", key: "no-drawer", "data-test": "open-drawer-first" },
      icon("drawer"),
      "Open the drawer to take cash",
    );
  const due = sale ? (sale.cash_due_cents ?? sale.due_cents) : 0;
  const [exact, ...notes] = cashPresets(due);
  const cash = (test, cents) => {
    const words = ["Cash ", h("b", { class: "num" }, price(cents))];
    return money(test, words, "btn stacked", disabled, () => payCash(cents, due), cents);
  };
  const isFirst = !readers.list.length || Boolean(sale?.offline);
  return [
    isFirst
      ? money("cash-exact", `Cash ${dollars(exact)}`, "btn primary big", disabled, () => payCash(exact, due), exact)
      : null,
    h(
      "div",
      { class: "notes-row", key: "notes-row" },
      isFirst ? null : cash("cash-exact", exact),
      (isFirst ? notes : notes.slice(0, 2)).map((note) => cash(`cash-${note}`, note)),
      button(
        "cash-other",
        { class: "btn stacked", key: "cash-other", disabled },
        () => askCash(due),
        "Cash ",
        h("b", null, "Other"),
      ),
    ),
  ];
}

function otherButtons(sale, disabled) {
  const due = sale?.due_cents ?? 0;
  const kinds = tablet.catalog.tender_kinds.filter(({ code, at_once }) => at_once && code !== "cash");
  return h(
    "div",
    { class: "others-row", key: "others" },
    kinds.map((kind) =>
      money(
        `pay-${kind.code}`,
        [h("b", null, kind.name), h("small", { class: "num" }, ` ${dollars(due)}`)],
        "btn stacked",
        disabled,
        () => payWith(kind.code, due),
        due,
      ),
    ),
    button("split", { class: "btn", key: "split", disabled }, openSplit, "Split"),
    moreButton(disabled),
  );
}

/** A money button; its key holds the amount, so that a button whose amount changes under a finger is another button. */
function money(test, label, look, disabled, act, amount = "") {
  return moneyButton(test, { class: look, key: `${test} ${amount}`, disabled }, act, label);
}

function askCash(due_cents) {
  askAmount({
    name: "cash",
    title: `Cash for ${dollars(due_cents)}`,
    label: "Cash received",
    isMoney: true,
    words: (cents) =>
      cents < due_cents ? "Take cash" : `Take ${dollars(cents)} · change ${dollars(cents - due_cents)}`,
    wrong: (cents) => (cents < due_cents ? `That is less than ${dollars(due_cents)}. For a part choose Split.` : ""),
    take: (cents) => payCash(cents, due_cents),
  });
}
