/** Treatments that a session, a credit or a treatment card pays for: their tiles, and how a line changes its mind. */

import { button, moneyButton } from "./buttons.js";
import { addCovered, cart, setCover } from "./cart.js";
import { h, icon } from "./dom.js";
import { coverBy, leftWords, sessionsLeft, useWords } from "./holdings.js";
import { dollars, price } from "./money.js";
import { openSheet } from "./sheet.js";
import { isSold, planOf, tablet, wareOf } from "./tablet.js";

const KEY = "footfall.uses";
const KEPT = 40;

/** A tile for each of what the client has left, before those of the price list. */
export const sessionTiles = () => sessionsLeft().map(tile);

function tile(offer) {
  return h(
    "li",
    { key: offer.instrument },
    moneyButton(
      `use-${offer.kind}`,
      { class: "tile cedar" },
      () => useOffer(offer),
      h("b", null, useWords(offer)),
      h("span", { class: "tile-foot" }, h("span", null, offer.name), " ", h("span", null, leftWords(offer))),
    ),
  );
}

/** Pays a treatment that is in the cart already, else adds one; asks which when several could be meant. */
export function useOffer(offer) {
  const waiting = cart.lines.find((line) => isCoverable(line) && !line.cover && offer.items.includes(line.item));
  if (waiting) return setCover(waiting.key, coverBy(offer));
  const items = tablet.catalog.items.filter((item) => isSold(item) && offer.items.includes(item.code));
  if (items.length === 1) return add(items[0], offer);
  return askWhich(items, offer);
}

function add(item, offer) {
  rememberUse(offer.instrument, item.code);
  addCovered(item, coverBy(offer));
}

function askWhich(items, offer) {
  const last = lastUses()[offer.instrument];
  const choices = [...items].sort((one, other) => (other.code === last) - (one.code === last));
  const choice = (item) =>
    h(
      "li",
      { key: item.code },
      moneyButton(
        `use-for-${item.code}`,
        { class: "tile cedar" },
        () => {
          sheet.close();
          add(item, offer);
        },
        h("b", null, item.name),
        h("span", { class: "tile-foot" }, item.code === last ? "as last time" : price(item.price_cents)),
      ),
    );
  const none = h("p", null, "None of its treatments is on the price list here. Tap another one, then its line.");
  const sheet = openSheet({
    title: `${offer.name}: for which treatment?`,
    test: "use-sheet",
    content: () => [
      h("p", { class: "soft" }, leftWords(offer)),
      choices.length ? h("ul", { class: "grid" }, choices.map(choice)) : none,
    ],
  });
}

/** Whether a session may pay for the line at all: one treatment of the price list. */
export const isCoverable = (line) => wareOf(line)?.kind === "treatment";

/** Ways in which something else than money may pay for a line, and the way back; `close()` comes before the change. */
export function coverChoices(line, close) {
  if (!isCoverable(line)) return null;
  const set = (cover) => () => {
    close();
    setCover(line.key, cover);
  };
  const ways = line.cover ? [] : [...sessionsLeft().map((offer) => useButton(offer, line, set)), ...soldHere(line, set)];
  if (line.cover) ways.push(button("pay-money", "btn", set(undefined), icon("swap"), "Pay with money instead"));
  return ways.length ? h("div", { class: "stack", key: "cover", "data-test": "cover-choices" }, ways) : null;
}

function useButton(offer, line, set) {
  const more = offer.items.includes(line.item) ? "" : " · the difference is added";
  const words = h("span", null, `${useWords(offer)} · ${offer.name}`, h("small", null, leftWords(offer) + more));
  return button("cover-by", { class: "btn cedar", key: offer.instrument }, set(coverBy(offer)), words);
}

/** A package that this very sale sells pays, too. */
function soldHere(line, set) {
  const sold = cart.lines.filter((one) => one.kind === "package" && planOf(one)?.items.includes(line.item));
  return sold.map((one) => {
    const words = `Use a session of ${planOf(one).name} on this sale`;
    const look = { class: "btn cedar", key: `sold ${one.key}` };
    return button("cover-by-sold", look, set({ kind: "session", sold: one.key }), words);
  });
}


/** What pays for a priced line of the cart, and what is due on top. */
export function coverWords(priced) {
  if (!priced) return "Asking what is left …";
  const { covered_cents, upcharge_cents } = priced.cover;
  const top = upcharge_cents ? ` · ${dollars(upcharge_cents)} on top` : "";
  return `${priced.why} pays ${dollars(covered_cents)}${top}`;
}

/** Which treatment each of what clients have paid last, by its own number: no names are kept on the tablet. */
function lastUses() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

function rememberUse(instrument, code) {
  const { [instrument]: _, ...others } = lastUses();
  const kept = Object.entries(others).slice(-KEPT + 1);
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...Object.fromEntries(kept), [instrument]: code }));
  } catch {
    // A full or blocked store only costs the order of the choices.
  }
}
