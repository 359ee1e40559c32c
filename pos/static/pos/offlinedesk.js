/** The desk without the server: what it keeps to go on selling for cash, and when it does so. */

import { get, Unreached } from "./api.js";
import { cart, freshCart, listenCart } from "./cart.js";
import { checkout, heldTenders, listenCheckout } from "./checkout.js";
import { hoursAway } from "./contact.js";
import { useCurrency } from "./money.js";
import { isAway, offline, tellOffline } from "./offline.js";
import { finishable, sellAway } from "./offlinepay.js";
import { priceAway } from "./offlineprice.js";
import { looksAtReview, sendQueue } from "./offlinesend.js";
import { canKeep, factsOf, keepFacts, queued } from "./offlinestore.js";
import { loadReaders } from "./readers.js";
import { listenSync, schedule, sync } from "./sync.js";
import { listenTablet, loadCatalog, loadDevice, tablet } from "./tablet.js";

const FACTS = "desk";
const AGAIN_MS = 3_000;
let timer = 0;
let kept = {}; // the facts on the disk

/** Begins to keep what is needed, and to send what waits. */
export async function watchOffline() {
  if (offline.sell || !(await canKeep())) return;
  Object.assign(offline, { sell: sellAway });
  sync.standIn = standIn;
  kept = (await factsOf(FACTS)) ?? {};
  await readTerms();
  await forgetSoldCart();
  listenTablet(keepDesk);
  listenCart(() => sync.isAway && standIn());
  listenCheckout(offerToFinish);
  listenSync(wake);
  addEventListener("online", wake);
  if (tablet.device) keepDesk();
  offerToFinish();
  if (sync.isAway) standIn();
  await goOn();
  registerWorker();
}

/** Opens the desk from what was kept, when the server does not answer: whoever was signed on stays. */
export async function openAway() {
  const facts = await factsOf(FACTS).catch(() => null);
  if (!facts?.device || !facts.terms || hoursAway() >= facts.terms.most_hours) return false;
  const { device, person, catalog, drawer, terms } = facts;
  Object.assign(tablet, { device, person, catalog, drawer });
  offline.terms = terms;
  sync.isAway = true;
  useCurrency(device.business.currency);
  return true;
}

/** The terms of the server, or those that were kept before. */
async function readTerms() {
  offline.terms = (await get("offline-terms").catch(() => offline.terms)) ?? kept.terms ?? null;
  tellOffline();
}

/** The page may have gone between writing a sale down and the next cart. */
async function forgetSoldCart() {
  if ((await queued()).some(({ id }) => id === cart.id)) freshCart();
}

/** Writes down what changed; a tablet that is not paired any more keeps nothing but its queue. */
function keepDesk() {
  const { device, person, drawer } = tablet;
  const isSame = kept.device === device && kept.person === person && kept.drawer === drawer;
  if (isSame && kept.catalog === tablet.catalog && kept.terms === offline.terms) return;
  const catalog = tablet.catalog ?? kept.catalog ?? null; // on the lock screen it is not read anew
  kept = device ? { device, person, drawer, catalog, terms: offline.terms } : {};
  keepFacts(FACTS, kept).catch(() => (kept = {}));
}

/** Puts the tablet's own price in the place of the server's, while it is away. */
function standIn() {
  if (cart.finishing || !offline.terms || !tablet.catalog || !cart.lines.length) return say("");
  if (heldTenders().length) return say("A part of this sale is paid already: it waits for the server.");
  if (hoursAway() >= offline.terms.most_hours)
    return say(`No answer of the server for ${offline.terms.most_hours} hours: nothing more can be sold without it.`);
  const { sale, why } = priceAway(cart, { catalog: tablet.catalog, terms: offline.terms });
  if (sale) sync.sale = sale;
  else if (sync.sale?.offline) sync.sale = null;
  return say(why ?? "");
}

function say(why) {
  offline.why = why;
  tellOffline();
}

/** A payment whose answer was lost may be finished here: the server knows its own by the tender. */
function offerToFinish() {
  const before = offline.finish;
  offline.finish = checkout.unknown && offline.terms && tablet.catalog ? finishable() : null;
  if (Boolean(before) !== Boolean(offline.finish)) tellOffline();
  wake();
}

function wake() {
  if (sync.isAway || offline.unsent) again();
}

function again() {
  if (!timer) timer = setTimeout(() => ((timer = 0), goOn()), AGAIN_MS);
}

/** Sends what waits, asks whether the server is there, and comes back as long as there is something to do. */
async function goOn() {
  const isThere = await sendQueue();
  if (isThere && sync.isAway) await comeBack();
  if (isAway() || offline.unsent) again();
}

async function comeBack() {
  try {
    await Promise.all([loadDevice(), loadCatalog(), loadReaders()]);
  } catch (error) {
    if (error instanceof Unreached) return;
    if (!error.status) throw error;
  }
  sync.isAway = false;
  offline.why = "";
  await readTerms();
  await looksAtReview();
  if (tablet.person && cart.lines.length) schedule();
  tellOffline();
}

function registerWorker() {
  if (!("serviceWorker" in navigator)) return; // not on plain http: the page then needs the server to open
  navigator.serviceWorker.register(document.body.dataset.worker, { updateViaCache: "none" }).catch(() => {});
}
