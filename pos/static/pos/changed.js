/** When somebody else changed the sale in the cart: what is different, and which one counts. */

import { button } from "./buttons.js";
import { GIFTS, SINGLE } from "./contents.js";
import { h } from "./dom.js";
import { dollars } from "./money.js";
import { openSheet } from "./sheet.js";
import { itemOf, packageOf, planOf, tenderName, therapistOf, whereIs, whoIs } from "./tablet.js";

/** Whether the server's sale holds what the tablet sent: then only its answer was lost. */
export function sameContents(body, sale) {
  return JSON.stringify(ours(body)) === JSON.stringify(theirs(sale));
}

/**
 * Shows the differences; resolves to "mine", "theirs" or "leave": the sale stays where it is, and nothing of mine goes
 * there. Closing the sheet is that too.
 */
export function askWhichSale(body, sale) {
  const mine = ours(body);
  const other = theirs(sale);
  return new Promise((answer) => {
    const sheet = openSheet({
      title: sale.status === "parked" ? "This sale was parked" : titleOf(sale),
      test: "changed-sheet",
      onClose: (choice) => answer(choice ?? "leave"),
      content: () => [
        h("p", null, `${happened(sale)} What differs from yours:`),
        h(
          "ul",
          { class: "differences", "data-test": "differences" },
          differences(mine, other).map((words) => h("li", null, words)),
        ),
        h(
          "div",
          { class: "stack" },
          button("leave-sale", "btn primary big", () => sheet.close("leave"), "Leave it there"),
          h(
            "div",
            { class: "row" },
            button("take-theirs", "btn", () => sheet.close("theirs"), "Go on with theirs here"),
            button("keep-mine", "btn", () => sheet.close("mine"), "Go on with mine here"),
          ),
          h("p", { class: "soft" }, "If you leave it, Undo brings yours back as a sale of its own."),
        ),
      ],
    });
  });
}

const titleOf = ({ device }) => (device ? `${device} has this sale now` : "Another program has this sale now");

function happened(sale) {
  const [who, where, amount] = [whoIs(sale.changed_by), whereIs(sale), dollars(sale.total_cents)];
  if (sale.status === "parked") return `${who} put it aside ${where} with ${amount}.`;
  return `${who} changed it ${where}; it comes to ${amount} now. Nothing of yours is lost.`;
}

function differences(mine, other) {
  const words = [];
  for (const line of other.lines) if (!mine.lines.includes(line)) words.push(`Added: ${line}`);
  for (const line of mine.lines) if (!other.lines.includes(line)) words.push(`Taken out: ${line}`);
  if (mine.client !== other.client) words.push(other.client ? "Another client" : "No client");
  if (mine.tip_cents !== other.tip_cents) words.push(`Tip ${dollars(mine.tip_cents)} → ${dollars(other.tip_cents)}`);
  if (mine.discounts !== other.discounts) words.push("Another discount");
  if (mine.exempt !== other.exempt) words.push(other.exempt ? "No sales tax" : "With sales tax");
  return words.length ? words : ["The same lines in another order"];
}

const ours = (body) => ({
  lines: body.lines.map((line) =>
    lineWords(
      nameOfLine(line),
      line.quantity,
      therapistOf(line.therapist)?.name,
    ),
  ),
  client: body.client,
  tip_cents: body.tips ? body.tips.reduce((sum, tip) => sum + tip.amount_cents, 0) : body.tip_cents,
  discounts: discountWords([...body.lines.map((line) => line.price ?? line.discount).filter(Boolean), ...body.discounts]),
  exempt: Boolean(body.tax_exempt),
});

const theirs = (sale) => ({
  lines: sale.lines.map((line) =>
    lineWords(
      nameOfLine(line),
      line.quantity,
      line.therapist && (therapistOf(line.therapist.id)?.name ?? line.therapist.name),
    ),
  ),
  client: sale.client?.id ?? null,
  tip_cents: sale.tip_cents,
  discounts: discountWords(sale.discounts),
  exempt: Boolean(sale.tax_exemption),
});

/** What a line is, told alike by what was asked for and by what was answered; with what pays for it. */
function nameOfLine(line) {
  const kind = line.kind ?? "item";
  const paid = line.cover ? ` paid by ${tenderName(line.cover.kind)}` : "";
  if (kind === "item") return (itemOf(line.item)?.name ?? line.item) + paid;
  if (kind === "package") return packageNamed(line)?.name ?? "Package";
  if (GIFTS.includes(kind)) return giftNamed(kind, line);
  return SINGLE.includes(kind) ? kind.replace("_", " ") : (line.name ?? kind);
}

/** "gift card $50.00", "gift card load $50.00", "gift card Ashiatsu 60". */
function giftNamed(kind, { item, amount_cents, unit_cents }) {
  return `${kind.replaceAll("_", " ")} ${item ? (itemOf(item)?.name ?? item) : dollars(amount_cents ?? unit_cents)}`;
}

const packageNamed = (line) => planOf(line) ?? packageOf(line.instrument ?? "");

const lineWords = (name, quantity, therapist) => `${quantity} × ${name}${therapist ? ` with ${therapist}` : ""}`;
const discountWords = (discounts) =>
  discounts
    .map(({ percent, amount_cents, unit_cents, reason }) => {
      const size = percent ? `${Number(percent)} %` : amount_cents;
      return `${unit_cents === undefined || unit_cents === null ? size : `price ${unit_cents}`} ${reason}`;
    })
    .join(", ");
