/** Saying in words what costs another price than when the sale was put aside. */

import { price } from "./money.js";
import { listenSync, sync } from "./sync.js";

let before = null;

listenSync(() => {
  const { sale } = sync;
  if (!before || !sale || sale.id !== before.id || sale.revision <= before.revision) return;
  const words = changedPrices(before.lines, sale.lines);
  before = null;
  if (words.length) sync.notice = `Prices have changed since it was parked: ${words.join(", ")}.`;
});

/** Compares this sale with the next answer of the server for it. */
export function watchPrices(sale) {
  before = sale;
}

function changedPrices(old, now) {
  const isOther = (line, before) => before?.item === line.item && before.unit_cents !== line.unit_cents;
  const changed = now.filter((line, place) => isOther(line, old[place]));
  const words = (line) => `${line.name} ${price(old[line.position].unit_cents)} → ${price(line.unit_cents)}`;
  return [...new Set(changed.map(words))];
}
