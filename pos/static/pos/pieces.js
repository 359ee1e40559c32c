/** Counting a drawer by its notes and coins; the sum is shown as one counts, and the server adds up again. */

import { button } from "./buttons.js";
import { h } from "./dom.js";
import { dollars } from "./money.js";

const NOTES = [10_000, 5000, 2000, 1000, 500, 100];
const COINS = [25, 10, 5, 1];
export const FIRST = NOTES[0];
const MOST = 100_000;

const nameOf = (value) => (value >= 100 ? `$${value / 100}` : `${value} ¢`);

/** "How many $20", for the pad and its readers. */
export const askWords = (value) => `How many ${nameOf(value)}`;

/** "$20 × 5" */
export const pieceWords = (value, count) => `${nameOf(value)} × ${count}`;

/** The number after one more key of the pad. */
export function pressed(count, key) {
  if (key === "back") return Math.floor(count / 10);
  const next = key === "00" ? count * 100 : count * 10 + Number(key);
  return next > MOST ? count : next;
}

export const sumOf = (pieces) => Object.entries(pieces).reduce((sum, [value, count]) => sum + value * count, 0);

/** As the API wants them: only what was counted. */
export const listOf = (pieces) =>
  Object.entries(pieces)
    .filter(([, count]) => count)
    .map(([value, count]) => ({ value_cents: Number(value), pieces: count }));

/** One button for each note and coin; the pad writes into the chosen one. */
export function piecesView({ pieces, chosen, choose }) {
  const one = (value) =>
    button(
      `piece-${value}`,
      { class: "field piece", key: `piece-${value}`, "aria-pressed": chosen === value },
      () => choose(value),
      h("span", null, nameOf(value)),
      " ",
      h("b", { class: "num" }, pieces[value] ? `× ${pieces[value]}` : "–"),
    );
  return h(
    "div",
    { class: "stack", key: "pieces", "data-test": "pieces" },
    h("div", { class: "pieces", role: "group", "aria-label": "Notes" }, NOTES.map(one)),
    h("div", { class: "pieces", role: "group", "aria-label": "Coins" }, COINS.map(one)),
    h("p", { class: "pieces-sum num", role: "status", "data-test": "pieces-sum" }, `Counted: ${dollars(sumOf(pieces))}`),
  );
}
