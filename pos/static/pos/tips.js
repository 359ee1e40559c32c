/** Asking for the tip: per cent and amount side by side, none of them chosen beforehand. */

import { askAmount } from "./amount.js";
import { chip } from "./buttons.js";
import { cart, setTip } from "./cart.js";
import { h } from "./dom.js";
import { dollars, price } from "./money.js";
import { sync } from "./sync.js";
import { tablet, therapistOf } from "./tablet.js";

/** The tip chips; nothing while no therapist works in this sale. */
export function tipChips() {
  const people = [...new Set(cart.lines.map((line) => line.therapist).filter((id) => id !== null))];
  if (!people.length) return null;
  const own = ownTip();
  return h(
    "fieldset",
    { class: "tip", key: "tip", "data-test": "tip" },
    h("legend", null, people.length === 1 ? `Tip for ${therapistOf(people[0])?.name ?? "the therapist"}` : "Tip"),
    h(
      "div",
      { class: "chips five" },
      chip("tip-none", own === 0, () => setTip({ amount_cents: 0 }), "None"),
      tablet.catalog.tip_percents.map(percentChip),
      chip("tip-other", Boolean(own), askOwnTip, "Other", own ? amountWords(price(own)) : null),
    ),
    people.length > 1 ? shares() : null,
  );
}

function percentChip(percent) {
  const offer = sync.sale?.tip_suggestions.find((tip) => Number(tip.percent) === percent);
  const amount = offer ? amountWords(dollars(offer.amount_cents)) : null;
  return chip(`tip-${percent}`, cart.tip?.percent === percent, () => setTip({ percent }), `${percent}%`, amount);
}

function shares() {
  const tips = sync.sale?.tips ?? [];
  const words = tips.map((tip) => `${tip.therapist.name} ${dollars(tip.amount_cents)}`).join(" · ");
  return h(
    "p",
    { class: "shares soft num", "data-test": "tip-shares" },
    words || "Shared by the list price of what each one does.",
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
