/** Gift cards on the price list: amounts to tap, another amount, and treatments that a card stands for. */

import { askAmount } from "./amount.js";
import { button } from "./buttons.js";
import { addGift, cart } from "./cart.js";
import { h } from "./dom.js";
import { dollars, price } from "./money.js";
import { isSold, tablet } from "./tablet.js";

const AMOUNTS = [50_00, 60_00, 100_00, 120_00, 165_00, 200_00];
const LEAST_CENTS = 1_00;
const MOST_CENTS = 1_000_00;
const BOUNCE_MS = 400;
let last = { key: "", at: -BOUNCE_MS };

/** The tiles; each tap is a card of its own, so that each is printed or mailed by itself. */
export function giftTiles(onkeydown) {
  const treatments = tablet.catalog.items.filter((item) => item.kind === "treatment" && isSold(item));
  return h(
    "ul",
    { class: "grid", key: "grid-gift", "data-test": "tiles", onkeydown },
    AMOUNTS.map(amountTile),
    h("li", { key: "other" }, button("gift-other", "tile prepaid", askOther, h("b", null, "Other amount"), foot("$1 to $1,000"))),
    treatments.map(treatmentTile),
  );
}

/** Asks what a card is to be worth; `take(cents)` gets an amount that a card may have. */
export function askWorth({ title, words, take, cents = 0 }) {
  const wrong = (amount) =>
    amount < LEAST_CENTS || amount > MOST_CENTS ? `A gift card is between ${price(LEAST_CENTS)} and ${price(MOST_CENTS)}.` : "";
  askAmount({ name: "gift", title, label: "Amount of the card", cents, words: (amount) => words(dollars(amount)), wrong, take });
}

function askOther() {
  askWorth({ title: "Gift card", words: (amount) => `Add ${amount}`, take: (amount_cents) => addGift({ amount_cents }) });
}

function amountTile(amount_cents) {
  const many = cart.lines.filter((line) => line.kind === "gift_card" && line.amount_cents === amount_cents).length;
  return tile(`gift-${amount_cents}`, price(amount_cents), "gift card", many, () => addGift({ amount_cents }));
}

function treatmentTile({ code, name, price_cents }) {
  const many = cart.lines.filter((line) => line.kind === "gift_card" && line.item === code).length;
  const sell = () => addGift({ item: code, label: `Gift card: ${name}` });
  return tile(`gift-for-${code}`, name, `gift card · ${price(price_cents)}`, many, sell);
}

/** A finger that bounces does not sell two cards. */
function tile(key, name, words, many, sell) {
  const tapped = () => {
    const at = performance.now();
    const bounced = last.key === key && at - last.at < BOUNCE_MS;
    last = { key, at };
    if (!bounced) sell();
  };
  const look = many ? "tile prepaid chosen" : "tile prepaid";
  return h("li", { key }, button(key, look, tapped, h("b", null, name), foot(many ? `${many} in sale` : words)));
}

const foot = (words) => h("span", { class: "tile-foot" }, h("span", { class: "soft" }, words));
