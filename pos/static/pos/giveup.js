/** Giving a sale up after a card has paid a part of it: where the money goes, and one button that says so. */

import { moneyButton } from "./buttons.js";
import { checkout, giveUpSale, heldTenders, listenCheckout } from "./checkout.js";
import { alertBox, h } from "./dom.js";
import { showGivenBack } from "./done.js";
import { destination, wayRows } from "./effect.js";
import { dollars } from "./money.js";
import { closeAll, openSheet } from "./sheet.js";
import { wayOf } from "./tablet.js";

/** What a card has paid can not be taken off alone: asks whether the whole sale shall be given up. */
export function askGiveUp() {
  const sheet = openSheet({ title: "Cancel this sale?", test: "give-up-sheet", onClose: () => stop(), content: view });
  const stop = listenCheckout(() => sheet.redraw());
}

function view() {
  const parts = heldTenders().map(asBack);
  const cents = parts.reduce((sum, part) => sum + part.amount_cents, 0);
  const words = `Cancel the sale · ${dollars(cents)} to ${destination(parts)}`;
  const look = { class: "btn brick big", key: words, disabled: checkout.busy || !parts.length };
  return [
    h("p", null, "The card was charged. That can only go back with the whole sale."),
    wayRows(parts),
    alertBox(checkout.trouble),
    moneyButton("give-up", look, () => giveUpSale((sale) => over(sale, parts)), words),
  ];
}

const asBack = (part) => ({ ...part, name: wayOf(part) });

function over(sale, parts) {
  closeAll();
  const byHand = parts.filter((part) => !part.charge).reduce((sum, part) => sum + part.amount_cents, 0);
  const onCards = sale.tenders.flatMap(({ charge }) => (charge && charge.state !== "cancelled" ? charge.sentence : []));
  showGivenBack({ title: byHand ? `Give back ${dollars(byHand)}` : "Sale cancelled", facts: onCards });
}
