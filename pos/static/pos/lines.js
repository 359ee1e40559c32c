/** The lines of the cart: what, by whom, how many, at which price. */

import { button, reasonWords, round, stepper } from "./buttons.js";
import { cart, setQuantity, setTherapist } from "./cart.js";
import { isFixed, pricedAs } from "./contents.js";
import { offWords, reasonName } from "./discountform.js";
import { h, icon } from "./dom.js";
import { lastSaleNote } from "./done.js";
import { openLine } from "./linesheet.js";
import { warningsOf } from "./linewarnings.js";
import { dollars } from "./money.js";
import { repeatButton } from "./repeat.js";
import { coverWords } from "./sessions.js";
import { openSheet } from "./sheet.js";
import { sync } from "./sync.js";
import { giftOf, planOf, tablet, therapistOf, wareOf } from "./tablet.js";
import { qualified } from "./therapists.js";

export function cartLines() {
  if (!cart.lines.length)
    return [h("p", { class: "empty", key: "empty" }, "Tap a treatment to start."), repeatButton(cart.client), lastSaleNote()];
  return h("ul", { class: "lines", key: "lines", "data-test": "lines" }, cart.lines.map(lineView));
}

function lineView(line, place) {
  const item = wareOf(line);
  const priced = pricedAs(line, sync.sale?.lines[place]);
  const name = line.name ?? item?.name ?? priced?.name ?? line.label ?? line.item;
  return h(
    "li",
    { key: line.key, class: line.cover ? "line covered" : "line", "data-test": "line" },
    nameView(line, name),
    priceView(line, item, priced),
    line.cover ? coverView(priced) : null,
    line.discount || line.price ? reasonView(line, priced) : null,
    warningsOf(line, priced),
    h("div", { class: "line-who" }, therapistButton(line, item, name)),
    howMany(line, name),
  );
}

/** What can be changed about a line opens with its name. */
function nameView(line, name) {
  if (isFixed(line)) return h("b", { class: "line-name fixed" }, name);
  const look = { class: "line-name", "aria-label": `${name}: change, discount or remove` };
  return button("line-open", look, () => openLine(line.key, name), h("b", null, name));
}

/** One session pays for one treatment, and a month is paid once: they can only be taken out. */
function howMany(line, name) {
  const set = (quantity) => setQuantity(line.key, quantity);
  if (!line.cover && !isFixed(line)) return stepper({ name, quantity: line.quantity, set });
  const out = round("less", `Remove ${name}`, () => set(0), icon("trash"));
  return h("div", { class: "stepper", role: "group", "aria-label": `How many ${name}` }, out);
}

/** The price; the list price is struck through where the line has a discount of its own or something else pays. */
function priceView(line, item, priced) {
  if (!priced) {
    const cents = line.cover ? 0 : (line.amount_cents ?? (item ?? planOf(line) ?? giftOf(line))?.price_cents ?? 0) * line.quantity;
    return h("span", { class: "num faint" }, h("b", null, dollars(cents)));
  }
  const given = line.discount || line.price ? givenOn(priced) : null;
  if (!given && !priced.cover) return h("span", { class: "num" }, h("b", null, dollars(priced.list_cents)));
  const more = Math.min(given?.value_cents ?? 0, 0); // a raised price is the list price of this line now
  const left = priced.cover ? priced.cover.upcharge_cents - priced.discount_cents : priced.list_cents + more - given.value_cents;
  return h(
    "span",
    { class: "num", "data-test": "line-price" },
    h("span", { class: "vh" }, "Instead of "),
    h("s", { class: "soft" }, dollars(priced.list_cents + more)),
    " ",
    h("b", null, dollars(left)),
  );
}

function coverView(priced) {
  return h("p", { class: "line-why", key: "cover", "data-test": "line-cover" }, coverWords(priced));
}

const givenOn = (priced) => sync.sale.discounts.find(({ line }) => line === priced.id);

function reasonView(line, priced) {
  const approver = priced && givenOn(priced)?.approver;
  const words = [
    line.price ? `${dollars(line.price.unit_cents)} each` : `${offWords(line.discount)} off`,
    reasonWords(reasonName((line.price ?? line.discount).reason)),
    approver && `approved by ${approver.name}`,
  ];
  return h("p", { class: "line-why soft", key: "why", "data-test": "line-why" }, words.filter(Boolean).join(" · "));
}

function therapistButton(line, item, name) {
  if (item?.kind === "retail" || (line.kind && line.kind !== "custom")) return null;
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
