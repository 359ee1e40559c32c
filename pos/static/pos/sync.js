/** Keeps the server's sale equal to the cart: one request at a time, the last state wins, nothing is ever lost. */

import { get, put, Refused, Unreached } from "./api.js";
import { askApproval } from "./approval.js";
import {
  adoptSale,
  cart,
  cartBody,
  discountsNow,
  keep,
  leaveSale,
  listenCart,
  renumberCart,
  setDiscountsTo,
} from "./cart.js";
import { askWhichSale, sameContents } from "./changed.js";
import { patience, signal } from "./signal.js";
import { tablet, whereIs } from "./tablet.js";

const PAUSE_MS = 150;
const RETRY_MS = 3_000;
const changes = signal();
export const listenSync = changes.listen;
/** `sale` is the server's last answer; `trouble` is `{words, retry}` while the cart could not be sent. */
export const sync = {
  sale: null,
  trouble: null,
  notice: "",
  isAway: false,
  standIn: () => {}, // puts the tablet's own price in the place of the server's while it is away
  completed: () => {},
  wait: patience(changes.tell),
};

let dirty = false;
let failed = null; // what this round of sending ran into; shown when the round is over, so that words do not flicker
let working = null;
let timer = 0;
let approval;
let pricedLines = "";
let agreed = { id: "" }; // the sale whose discounts the server took last, and which

/** Sends every change of the cart after a short pause. */
export function startSync() {
  listenCart(() => {
    sync.notice = "";
    schedule();
  });
  addEventListener("online", () => sync.trouble?.retry && sendNow());
}

export function schedule() {
  dirty = true;
  sync.wait.start();
  clearTimeout(timer);
  timer = setTimeout(sendNow, PAUSE_MS);
  changes.tell();
}

/** Sends the cart now and waits for the answer; true when the shown sale is the cart's. */
export async function sendNow() {
  clearTimeout(timer);
  if (dirty || sync.trouble) working ??= work().finally(() => (working = null));
  await working;
  return Boolean(sync.sale) && !dirty && !sync.trouble;
}

/** Takes an answer of the server for the sale in the cart. */
export function acceptSale(sale) {
  if (sale.id !== cart.id) return;
  sync.sale = sale;
  keep({ revision: sale.revision });
  changes.tell();
}

async function work() {
  if (tablet.person && !cart.finishing) {
    sync.wait.start();
    dirty = true;
    failed = null;
    while (dirty && !failed) {
      dirty = false;
      await round();
    }
    sync.trouble = failed;
    if (failed && sync.isAway) sync.standIn();
  }
  sync.wait.stop();
  changes.tell();
}

async function round() {
  if (!cart.lines.length) return giveUp();
  const id = cart.id;
  const lines = JSON.stringify(cart.lines);
  const discounts = discountsNow();
  const body = { ...cartBody(tipFor(lines)), ...(approval && { approval }) };
  try {
    const sale = await put(`sales/${id}`, body);
    sync.isAway = false;
    if (cart.id !== id) return;
    approval = undefined;
    pricedLines = lines;
    agreed = { id, discounts };
    if (sale.status !== "open") return void closedElsewhere(sale);
    acceptSale(sale);
    if (lines === JSON.stringify(cart.lines) && !body.tips && tipFor(lines) !== body.tip_cents) dirty = true;
  } catch (error) {
    if (cart.id === id) await meet(error, id, body);
  }
}

/** The tip to ask for; a percentage counts only once the server has priced these very lines. */
function tipFor(lines) {
  if (!cart.tip || cart.tip.by) return 0;
  if (cart.tip.percent === undefined) return cart.tip.amount_cents;
  if (pricedLines !== lines || sync.sale?.id !== cart.id) return 0;
  return sync.sale.tip_suggestions.find((tip) => Number(tip.percent) === cart.tip.percent)?.amount_cents ?? 0;
}

/** An emptied cart lets its sale go; the next line opens a new one. */
function giveUp() {
  if (cart.revision !== null) {
    put(`sales/${cart.id}/abandonment`, {}).catch(() => {}); // the server gives it up by itself after 30 minutes
    renumberCart();
  }
  sync.sale = null;
}

async function meet(error, id, body) {
  if (error instanceof Unreached) return wait(error.message);
  sync.isAway = false;
  if (!(error instanceof Refused)) throw error;
  if (error.status === 401) return stay(error.message); // the lock screen is up; signing on sends again
  if (error.code === "approval_needed") return meetApproval(error);
  if (error.code === "approval_refused" && approval) return forgetApproval();
  if (error.status === 409) return meetConflict(error, id, body);
  return refuse(error.message);
}

function stay(words) {
  failed = { words, retry: true };
  dirty = true;
}

function wait(words) {
  stay(words);
  sync.isAway = true;
  timer = setTimeout(sendNow, RETRY_MS);
}

function refuse(words) {
  approval = undefined;
  failed = { words, retry: false };
}

async function meetApproval(error) {
  approval = await askApproval(error);
  if (approval) return void (dirty = true);
  takeOffDiscounts();
  const isTax = error.problem.action === "tax_exemption";
  sync.notice = isTax ? "Not approved: sales tax is charged." : "Not approved: the discount was taken off again.";
  dirty = true;
}

/** Back to the discounts that were agreed before; without any when these are the ones in question. */
function takeOffDiscounts() {
  const before = agreed.id === cart.id ? agreed.discounts : null;
  const isOther = before && JSON.stringify(before) !== JSON.stringify(discountsNow());
  setDiscountsTo(isOther ? before : { ofSale: [], ofLines: {}, exempt: false });
}

/** It was too old or for another amount: asking again brings the server's new question. */
function forgetApproval() {
  approval = undefined;
  dirty = true;
}

async function meetConflict(error, id, body) {
  const sale = await get(`sales/${id}`).catch((trouble) => trouble);
  if (cart.id !== id) return;
  if (sale instanceof Unreached) return wait(sale.message);
  if (sale instanceof Error) return refuse(error.message);
  if (sale.status === "parked") return meetParked(body, sale);
  if (sale.status !== "open") return closedElsewhere(sale);
  if (error.code !== "sale_changed") return refuse(error.message);
  if (!sameContents(body, sale)) await choose(body, sale);
  else goOnWith(sale);
}

/** Parked by another tablet, or by this one without hearing the answer: then it lies where it was wanted. */
async function meetParked(body, sale) {
  if (!sameContents(body, sale)) return choose(body, sale);
  return left("This sale is parked now. It waits above the price list.");
}

async function choose(body, sale) {
  const choice = await askWhichSale(body, sale);
  if (cart.id !== sale.id) return;
  if (choice === "leave") return void left(`The sale stays ${whereIs(sale)}. Undo brings yours back as a new sale.`);
  if (choice === "theirs") adoptSale(sale);
  goOnWith(sale);
}

function goOnWith(sale) {
  acceptSale(sale);
  dirty = true;
}

/** The sale is no longer this tablet's. */
function left(words) {
  sync.sale = null;
  leaveSale();
  sync.notice = words;
}

/** The sale in the cart has ended: it is shown when it was completed, and goes on as a new one when it was given up. */
export function meetEnd(sale) {
  closedElsewhere(sale);
  if (dirty) schedule();
}

function closedElsewhere(sale) {
  if (sale.status === "parked") return void left(`This sale was parked ${whereIs(sale)}.`);
  if (sale.status !== "abandoned") return sync.completed(sale);
  renumberCart();
  sync.notice = "This sale had timed out. It goes on as a new one.";
  dirty = true;
}
