/** Asking for the tip: per cent and amount side by side, none of them chosen beforehand. */

import { askAmount } from "./amount.js";
import { button, chip } from "./buttons.js";
import { cart, peopleOf, setTip } from "./cart.js";
import { h, icon } from "./dom.js";
import { dollars, price } from "./money.js";
import { sync } from "./sync.js";
import { tablet, therapistOf } from "./tablet.js";
import { askTips } from "./tipsheet.js";

const SMALL_CENTS = 10_00; // per cents of less than this are coins
const SMALL_TIPS = [100, 200, 300];

/** The tip chips; nothing while no therapist works in this sale. */
export function tipChips() {
  const people = peopleOf(cart.lines);
  if (!people.length) return null;
  const own = ownTip();
  const isSmall = offersSmall();
  const isOther = Boolean(own) && !(isSmall && SMALL_TIPS.includes(own));
  return h(
    "fieldset",
    { class: "tip", key: "tip", "data-test": "tip" },
    h("legend", null, people.length === 1 ? `Tip for ${therapistOf(people[0])?.name ?? "the therapist"}` : "Tip"),
    h(
      "div",
      { class: "chips five" },
      chip("tip-none", own === 0, () => setTip({ amount_cents: 0 }), "None"),
      isSmall ? SMALL_TIPS.map(smallChip) : tablet.catalog.tip_percents.map(percentChip),
      chip("tip-other", isOther, askOwnTip, "Other", isOther ? amountWords(price(own)) : null),
    ),
    people.length > 1 ? byTherapist() : null,
  );
}

function percentChip(percent) {
  const offer = sync.sale?.tip_suggestions.find((tip) => Number(tip.percent) === percent);
  const amount = offer ? amountWords(dollars(offer.amount_cents)) : null;
  return chip(`tip-${percent}`, cart.tip?.percent === percent, () => setTip({ percent }), `${percent}%`, amount);
}

const smallChip = (cents) =>
  chip(`tip-${price(cents)}`, ownTip() === cents, () => setTip({ amount_cents: cents }), price(cents));

/** Whether whole dollars are offered: the services come to less than $10, and no per cent was chosen before. */
function offersSmall() {
  if (!sync.sale || cart.tip?.percent) return false;
  const services = sync.sale.lines.filter(({ category, tax_category }) =>
    category === "custom" ? tax_category === "service" : category !== "retail",
  );
  const cents = services.reduce((sum, line) => sum + line.list_cents, 0);
  return cents > 0 && cents < SMALL_CENTS;
}

/** What each therapist gets, and the way to change it. */
function byTherapist() {
  const tips = sync.sale?.tips ?? [];
  const words = tips.map((tip) => `${tip.therapist.name} ${dollars(tip.amount_cents)}`).join(" · ");
  const look = { class: "with shares num", key: "by", "aria-label": `${words || "No tip yet"}: tip by therapist` };
  return button(
    "tip-by",
    look,
    askTips,
    h("span", { "data-test": "tip-shares" }, words || "Tip by therapist"),
    icon("down"),
  );
}

function askOwnTip() {
  askAmount({
    name: "tip",
    title: "Tip",
    label: "Tip",
    cents: ownTip() ?? 0,
    words: (cents) => (cents ? `Tip ${dollars(cents)}` : "No tip"),
    take: (cents) => setTip({ amount_cents: cents }),
  });
}

/** The amount that was entered or "None" as 0; null when nothing or a percentage was chosen. */
const ownTip = () => cart.tip?.amount_cents ?? null;
const amountWords = (words) => h("small", { class: "num" }, " ", words);
