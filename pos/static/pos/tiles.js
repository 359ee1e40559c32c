/** The price list as tiles under tabs. */

import { button } from "./buttons.js";
import { addItem, cart } from "./cart.js";
import { customForm } from "./custom.js";
import { h } from "./dom.js";
import { giftTiles } from "./gifttiles.js";
import { price } from "./money.js";
import { isPrepaidTab, prepaidTiles } from "./prepaidtiles.js";
import { sessionTiles } from "./sessions.js";
import { signal } from "./signal.js";
import { isSold, tablet } from "./tablet.js";

const FAVOURITES = ["favourite", "Favourites"];
const TABS = [
  ["treatment", "Treatments"],
  ["package", "Packages"],
  ["membership", "Memberships"],
  ["gift", "Gift cards"],
  ["addon", "Add-ons"],
  ["retail", "Retail"],
  ["custom", "Custom"],
];
const BOUNCE_MS = 400;
const changes = signal();
export const listenTiles = changes.listen;
let tab = null; // the first one
let last = { code: "", at: -BOUNCE_MS };

/** Shows a tab; the first one again when a sale is over. */
export function showTab(name = null) {
  tab = name;
  changes.tell();
}

/** The owner's favourites of this location come first where there are any. */
const tabsNow = () => (tablet.catalog.items.some((item) => item.is_favourite && isSold(item)) ? [FAVOURITES, ...TABS] : TABS);
const shown = () => tab ?? tabsNow()[0][0];

export function tiles() {
  return [
    h(
      "div",
      { class: "tabs", role: "group", "aria-label": "Price list", key: "tabs" },
      tabsNow().map(([name, label]) =>
        button(`tab-${name}`, { class: "tab", key: name, "aria-pressed": name === shown() }, () => showTab(name), label),
      ),
    ),
    shownTab(shown()),
  ];
}

function shownTab(tab) {
  if (tab === "custom") return customForm({ redraw: changes.tell, added: () => showTab() });
  if (tab === "gift") return giftTiles(byArrows);
  return isPrepaidTab(tab) ? prepaidTiles(tab, byArrows) : grid(tab);
}

function grid(tab) {
  const isHere = (item) => (tab === FAVOURITES[0] ? item.is_favourite : item.kind === tab);
  const shown = tablet.catalog.items.filter((item) => isHere(item) && isSold(item));
  const sessions = tab === tabsNow()[0][0] || tab === "treatment" ? sessionTiles() : [];
  if (!shown.length && !sessions.length) return h("p", { class: "empty", key: "none" }, "Nothing on the price list here yet.");
  return h(
    "ul",
    { class: "grid", key: `grid-${tab}`, "data-test": "tiles", onkeydown: byArrows },
    sessions,
    shown.map(tile),
  );
}

function tile(item) {
  const count = cart.lines.filter((line) => !line.kind && line.item === item.code).reduce((sum, line) => sum + line.quantity, 0);
  return h(
    "li",
    { key: item.code },
    button(
      `item-${item.code}`,
      count ? "tile chosen" : "tile",
      () => tapped(item),
      h("b", null, item.name),
      h(
        "span",
        { class: "tile-foot" },
        h("span", { class: "num" }, price(item.price_cents)),
        " ",
        count ? h("span", { class: "count" }, `${count} in sale`) : minutes(item),
      ),
    ),
  );
}

/** Arrow keys go from tile to tile; up and down to the nearest one of the next row. */
function byArrows(event) {
  const tiles = [...event.currentTarget.querySelectorAll(".tile")];
  const here = tiles.indexOf(event.target);
  const next = tiles[neighbour(event.key, here, columnsOf(tiles))];
  if (here < 0 || !next) return;
  event.preventDefault();
  next.focus();
}

function neighbour(key, here, columns) {
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
  return key in steps ? here + steps[key] : -1;
}

const columnsOf = (tiles) => tiles.filter((tile) => tile.offsetTop === tiles[0].offsetTop).length;

/** A finger that bounces does not sell a thing twice; of more than one there is the plus in the cart. */
function tapped(item) {
  const at = performance.now();
  const bounced = last.code === item.code && at - last.at < BOUNCE_MS;
  last = { code: item.code, at };
  if (!bounced) addItem(item);
}

const minutes = (item) => (item.minutes ? h("span", { class: "soft" }, `${item.minutes} min`) : null);
