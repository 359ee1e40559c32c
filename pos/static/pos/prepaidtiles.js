/** Packages and memberships on the price list; both belong to somebody, so they ask for the client first. */

import { button } from "./buttons.js";
import { addPrepaid, cart, listenCart } from "./cart.js";
import { focusSearch } from "./clients.js";
import { h, icon } from "./dom.js";
import { openJoining } from "./joining.js";
import { price } from "./money.js";
import { often } from "./plans.js";
import { signal } from "./signal.js";
import { tablet } from "./tablet.js";

const changes = signal();
export const listenPrepaidTiles = changes.listen;
let asks = "";
listenCart(() => cart.client && (asks = ""));

const OF_TAB = {
  package: { list: "packages", none: "No packages on sale yet.", foot: packageWords, pick: addPackage },
  membership: { list: "plans", none: "No memberships on sale yet.", foot: often, pick: (plan) => openJoining(plan) },
};

export const isPrepaidTab = (tab) => tab in OF_TAB;

/** The tiles of the tab, and above them what is missing; `onkeydown` moves between them. */
export function prepaidTiles(tab, onkeydown) {
  const { list, none, foot, pick } = OF_TAB[tab];
  const rows = tablet.catalog[list];
  if (!rows.length) return h("p", { class: "empty", key: `none-${tab}` }, none);
  return [
    asks === tab ? askClient(tab) : null,
    h(
      "ul",
      { class: "grid", key: `grid-${tab}`, "data-test": "tiles", onkeydown },
      rows.map((row) => tile({ tab, row, words: foot(row), pick })),
    ),
  ];
}

function askClient(tab) {
  const look = { class: "info", key: "client-first", role: "alert", "data-test": "client-first" };
  return h("p", look, icon("person"), `A ${tab} belongs to somebody: choose the client first.`);
}

function tile({ tab, row, words, pick }) {
  const many = cart.lines.find((line) => line.kind === tab && line.item === row.code)?.quantity;
  const tapped = () => (cart.client ? pick(row) : ask(tab));
  const foot = many ? h("span", { class: "count" }, `${many} in sale`) : h("span", { class: "soft" }, words);
  return h(
    "li",
    { key: row.code },
    button(
      `${tab}-${row.code}`,
      many ? "tile prepaid chosen" : "tile prepaid",
      tapped,
      h("b", null, row.name),
      h("span", { class: "tile-foot" }, h("span", { class: "num" }, price(row.price_cents)), " ", foot),
    ),
  );
}

function ask(tab) {
  asks = tab;
  changes.tell();
  focusSearch();
}

function addPackage({ code, name }) {
  addPrepaid({ kind: "package", item: code, label: name });
}

function packageWords({ units }) {
  return `${units} ${units === 1 ? "session" : "sessions"}`;
}
