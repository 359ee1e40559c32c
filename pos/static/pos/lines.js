/** The lines of the cart: what, by whom, how many, at which price. */

import { button, reasonWords, stepper } from "./buttons.js";
import { cart, setQuantity, setTherapist } from "./cart.js";
import { offWords, reasonName } from "./discountform.js";
import { h, icon } from "./dom.js";
import { lastSaleNote } from "./done.js";
import { openLine } from "./linesheet.js";
import { dollars } from "./money.js";
import { openSheet } from "./sheet.js";
import { sync } from "./sync.js";
import { itemOf, tablet, therapistOf } from "./tablet.js";
import { qualified } from "./therapists.js";

export function cartLines() {
  if (!cart.lines.length)
    return [h("p", { class: "empty", key: "empty" }, "Tap a treatment to start."), lastSaleNote()];
  return h("ul", { class: "lines", key: "lines", "data-test": "lines" }, cart.lines.map(lineView));
}

function lineView(line, place) {
  const item = itemOf(line.item);
  const name = line.name ?? item?.name ?? line.item;
  const priced = pricedLine(line, place);
  return h(
    "li",
    { key: line.key, class: "line", "data-test": "line" },
    button(
      "line-open",
      { class: "line-name", "aria-label": `${name}: change, discount or remove` },
      () => openLine(line.key, name),
      h("b", null, name),
    ),
    priceView(line, item, priced),
    line.discount ? reasonView(line, priced) : null,
    h("div", { class: "line-who" }, therapistButton(line, item, name)),
    stepper({ name, quantity: line.quantity, set: (quantity) => setQuantity(line.key, quantity) }),
  );
}

/** The server's line for a line of the cart, once it has priced that very line. */
function pricedLine(line, place) {
  const priced = sync.sale?.lines[place];
  const same = priced && (priced.item ?? null) === (line.item ?? null) && priced.quantity === line.quantity;
  return same ? priced : null;
}

/** The price; the list price is struck through where the line has a discount of its own, that of the sale is below. */
function priceView(line, item, priced) {
  if (!priced) {
    const cents = (line.amount_cents ?? item?.price_cents ?? 0) * line.quantity;
    return h("span", { class: "num faint" }, h("b", null, dollars(cents)));
  }
  const given = line.discount ? givenOn(priced) : null;
  if (!given) return h("span", { class: "num" }, h("b", null, dollars(priced.list_cents)));
  return h(
    "span",
    { class: "num", "data-test": "line-price" },
    h("span", { class: "vh" }, "Instead of "),
    h("s", { class: "soft" }, dollars(priced.list_cents)),
    " ",
    h("b", null, dollars(priced.list_cents - given.value_cents)),
  );
}

const givenOn = (priced) => sync.sale.discounts.find(({ line }) => line === priced.id);

function reasonView(line, priced) {
  const approver = priced && givenOn(priced)?.approver;
  const words = [
    `${offWords(line.discount)} off`,
    reasonWords(reasonName(line.discount.reason)),
    approver && `approved by ${approver.name}`,
  ];
  return h("p", { class: "line-why soft", key: "why", "data-test": "line-why" }, words.filter(Boolean).join(" · "));
}

function therapistButton(line, item, name) {
  if (item?.kind === "retail") return null;
  const therapist = therapistOf(line.therapist);
  const words = therapist ? `with ${therapist.name}` : item ? "Choose therapist" : "No therapist";
  const look = { class: !therapist && item ? "with missing" : "with", "aria-label": `${words}, change for ${name}` };
  return button("therapist", look, () => pickTherapist(line, item, name), words, icon("down"));
}

function pickTherapist(line, item, name) {
  const choices = qualified(item);
  const pick = (id) => {
    sheet.close();
    setTherapist(line.key, id);
  };
  const choice = (id, label) => {
    const look = { class: "tile person", "aria-pressed": line.therapist === id };
    return h(
      "li",
      { key: id },
      button(`therapist-${id}`, look, () => pick(id), h("b", null, label)),
    );
  };
  const sheet = openSheet({
    title: `Who does ${name}?`,
    test: "therapist-sheet",
    content: () => [
      choices.length && choices.length < tablet.catalog.therapists.length
        ? h("p", { class: "soft" }, "Only therapists trained for it are shown.")
        : null,
      choices.length || !item
        ? null
        : h("p", null, "Nobody here is trained for it. The owner can change that in the back office."),
      h(
        "ul",
        { class: "people" },
        choices.map((therapist) => choice(therapist.id, therapist.name)),
        item ? null : choice(null, "Nobody"),
      ),
    ],
  });
}
