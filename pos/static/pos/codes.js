/** A scanner or keyboard anywhere on the page: codes are looked up, and two keys are shortcuts. */

import { get } from "./api.js";
import { addItem } from "./cart.js";
import { focusSearch, searchFor, takeFound } from "./clients.js";
import { isGiftCode, takeGift } from "./gifts.js";
import { parking } from "./parking.js";
import { receiptToken } from "./scanned.js";
import { openShortcuts } from "./shortcuts.js";
import { tablet } from "./tablet.js";
import { toast } from "./toast.js";

const PAUSE_MS = 60; // between two keys of a scanner; a person's fingers are slower
const LEAST = 4;
const UNKNOWN = "Nothing is known by this code.";
const RECEIPT = /^([A-Za-z]+)-0*(\d{1,9})$/;
const TEXT = "input:not([type=checkbox]), textarea, select";
const SEARCH = '[data-test="client-search"]';
const SHORTCUTS = { "/": () => onSale(focusSearch), "?": openShortcuts };
let typed = "";
let last_at = 0;
let isQuick = false; // whether the last key came faster than a person types

/** Listens from now on. A receipt's link is left to whoever opens receipts. */
export function watchCodes() {
  addEventListener("keydown", onKey, true);
}

/** What the code stands for is done; false when it is no code that is known here. */
export async function takeCode(code) {
  const item = itemByCode(code);
  if (item) return sell(item);
  const receipt = RECEIPT.exec(code);
  if (receipt?.[1].toUpperCase() !== tablet.device.location.code) return takeGift(code);
  const { results } = await get("sales/", { receipt: Number(receipt[2]) });
  if (!results.length) return false;
  location.hash = `#receipts/${results[0].id}`;
  return true;
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || !tablet.person || !tablet.catalog) return;
  if (event.key === "Enter") return void entered(event);
  if (event.key.length !== 1) return;
  isQuick = event.timeStamp - last_at <= PAUSE_MS;
  last_at = event.timeStamp;
  typed = isQuick ? typed + event.key : event.key;
  if (event.target.matches(TEXT) || isCovered()) return;
  if (isQuick && event.key === " ") event.preventDefault(); // it would press the button that has the focus
  if (!isQuick && event.key in SHORTCUTS) {
    event.preventDefault();
    SHORTCUTS[event.key]();
  }
}

function entered(event) {
  const isScan = typed.length >= LEAST && event.timeStamp - last_at <= PAUSE_MS;
  const code = typed.trim();
  typed = "";
  if (isScan && receiptToken(code)) return;
  if (event.target.matches(SEARCH)) return void searched(event, isScan);
  if (!isScan || event.target.matches(TEXT)) return;
  if (isCovered() && /^\d+$/.test(code)) return; // an amount that was typed on a key pad
  event.preventDefault(); // the button that has the focus was not meant
  event.stopPropagation();
  if (!isCovered()) look(code);
}

/** Enter in the search: a code by its meaning, else the one client that was found. */
async function searched(event, isScan) {
  event.preventDefault();
  const words = event.target.value.trim();
  if (!words) return;
  const isCode = itemByCode(words) || RECEIPT.test(words) || isGiftCode(words) || (isScan && /\d/.test(words));
  if (isCode) await look(words);
  else takeFound();
}

async function look(code) {
  try {
    if (await takeCode(code)) searchFor("");
    else onSale(() => searchFor(code, UNKNOWN));
  } catch (error) {
    onSale(() => searchFor(code, error.message));
  }
}

function sell(item) {
  if (parking.busy) return false;
  addItem(item);
  onSale(() => toast(`${item.name} is in the sale.`));
  return true;
}

function itemByCode(code) {
  const asked = code.toLowerCase();
  const isIt = (item) => item.code.toLowerCase() === asked || (item.barcode && item.barcode.toLowerCase() === asked);
  return tablet.catalog.items.find((item) => item.is_available && item.price_cents !== null && isIt(item));
}

/** Does it on the sale screen, going there first. */
function onSale(act) {
  if (document.querySelector(SEARCH)) return act();
  addEventListener("hashchange", () => setTimeout(act), { once: true });
  location.hash = "#sale";
}

const isCovered = () => Boolean(document.querySelector("dialog[open]"));
