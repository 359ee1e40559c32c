/** When somebody else changed the sale in the cart: what is different, and which one counts. */

import { button } from "./buttons.js";
import { h } from "./dom.js";
import { dollars } from "./money.js";
import { openSheet } from "./sheet.js";
import { itemOf, therapistOf } from "./tablet.js";

/** Whether the server's sale holds what the tablet sent: then only its answer was lost. */
export function sameContents(body, sale) {
  return JSON.stringify(ours(body)) === JSON.stringify(theirs(sale));
}

/** Shows the differences; resolves to "mine" or "theirs", and closing the sheet changes nothing of mine. */
export function askWhichSale(body, sale) {
  const mine = ours(body);
  const other = theirs(sale);
  return new Promise((answer) => {
    const sheet = openSheet({
      title: "This sale was changed",
      test: "changed-sheet",
      onClose: (choice) => answer(choice ?? "mine"),
      content: () => [
        h("p", null, "Somebody changed this sale on another tablet."),
        h(
          "ul",
          { class: "differences", "data-test": "differences" },
          differences(mine, other).map((words) => h("li", null, words)),
        ),
        h(
          "div",
          { class: "row" },
          button("take-theirs", "btn primary", () => sheet.close("theirs"), "Use the changed sale"),
          button("keep-mine", "btn", () => sheet.close("mine"), "Keep what I have"),
        ),
      ],
    });
  });
}

function differences(mine, other) {
  const words = [];
  for (const line of other.lines) if (!mine.lines.includes(line)) words.push(`Added: ${line}`);
  for (const line of mine.lines) if (!other.lines.includes(line)) words.push(`Taken out: ${line}`);
  if (mine.client !== other.client) words.push(other.client ? "Another client" : "No client");
  if (mine.tip_cents !== other.tip_cents) words.push(`Tip ${dollars(mine.tip_cents)} → ${dollars(other.tip_cents)}`);
  if (mine.discounts !== other.discounts) words.push("Another discount");
  return words.length ? words : ["The same lines in another order"];
}

const ours = (body) => ({
  lines: body.lines.map((line) =>
    lineWords(
      line.item ? (itemOf(line.item)?.name ?? line.item) : line.name,
      line.quantity,
      therapistOf(line.therapist)?.name,
    ),
  ),
  client: body.client,
  tip_cents: body.tip_cents,
  discounts: discountWords(body.discounts),
});

const theirs = (sale) => ({
  lines: sale.lines.map((line) =>
    lineWords(
      line.item ? (itemOf(line.item)?.name ?? line.item) : line.name,
      line.quantity,
      line.therapist && (therapistOf(line.therapist.id)?.name ?? line.therapist.name),
    ),
  ),
  client: sale.client?.id ?? null,
  tip_cents: sale.tip_cents,
  discounts: discountWords(sale.discounts),
});

const lineWords = (name, quantity, therapist) => `${quantity} × ${name}${therapist ? ` with ${therapist}` : ""}`;
const discountWords = (discounts) =>
  discounts
    .map(({ percent, amount_cents, reason }) => `${percent ? `${Number(percent)} %` : amount_cents} ${reason}`)
    .join(", ");
