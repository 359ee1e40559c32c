/** The desk page: pairs the tablet, signs people on, and shows one screen at a time. */

import { onAccessLost, Unreached } from "./api.js";
import { button, tryAgainButton } from "./buttons.js";
import { mountCards } from "./cards.js";
import { cart } from "./cart.js";
import { checkout, tryAgain } from "./checkout.js";
import { forgetClients } from "./clients.js";
import { watchCodes } from "./codes.js";
import { alertBox, h, icon, patch } from "./dom.js";
import { forgetLastSale, showPaid } from "./done.js";
import { forgetDrafts } from "./drafts.js";
import { offerCard } from "./joining.js";
import { lock, lockHere, mountLock, watchIdle } from "./lock.js";
import { mountPair } from "./pair.js";
import { watchPreferred } from "./preferred.js";
import { loadReaders } from "./readers.js";
import { mountReceipts } from "./receipts.js";
import { mountSale, showCart } from "./sale.js";
import { watchScanner } from "./scanned.js";
import { closeAll } from "./sheet.js";
import { saleSkeleton } from "./skeleton.js";
import { schedule, startSync } from "./sync.js";
import { listenTablet, loadCatalog, loadDevice, setDrawer, setPerson, tablet } from "./tablet.js";
import { showTab } from "./tiles.js";
import { watchCharges } from "./waiting.js";

/** Some screens are fetched when they are first shown. */
const SCREENS = {
  sale: { label: "Sale", mount: mountSale },
  clients: { label: "Clients", load: () => import("./clientlist.js").then((module) => module.mountClients) },
  receipts: { label: "Receipts", mount: mountReceipts },
  drawer: { label: "Drawer", load: () => import("./drawer.js").then((module) => module.mountDrawer) },
  cards: { label: "Gift cards", mount: mountCards },
};
const AFTER_MS = 2_000;
const root = document.getElementById("desk");
const rail = h("div", { class: "rail-host" });
const screen = h("div", { class: "screen" });
let shown = { name: "", leave: () => {} };
let turn = 0; // of the screens: one that is fetched too late is not shown any more

onAccessLost({ signedOut: lockHere, deviceUnknown: forget });
checkout.done = paid;
startSync();
watchPreferred();
watchIdle();
watchCharges();
listenTablet(() => tablet.person === null && shown.name === "desk" && showLock());
addEventListener("hashchange", () => shown.name === "desk" && showScreen());
watchScanner(openScanned);
watchCodes();
if (document.body.dataset.paired === "yes") start().finally(watchAway);
else forget();

/** Finds out where this page stands: not paired, locked, or ready to sell. */
async function start() {
  try {
    await loadDevice();
    if (!tablet.person) return showLock();
    showEmpty();
    await Promise.all([loadCatalog(), loadReaders()]);
    return enter();
  } catch (error) {
    if (error.status === 401) return null; // the pairing or lock screen is already up
    if (error instanceof Unreached && (await openAway())) return tablet.person ? enter() : showLock();
    return showTrouble(error.message);
  }
}

/** What is needed without the server comes after the first look at the page. */
async function watchAway() {
  await new Promise((done) => setTimeout(done, AFTER_MS));
  const { watchOffline } = await import("./offlinedesk.js");
  return watchOffline();
}

async function openAway() {
  const module = await import("./offlinedesk.js").catch(() => null);
  const isOpen = await module?.openAway();
  if (isOpen) module.watchOffline();
  return isOpen;
}

/** The sale screen without anything on it, until the price list is here. */
function showEmpty() {
  if (!["", "#sale"].includes(location.hash)) return;
  take("empty", () => patch(root, demoStrip(), rail, screen));
  patch(rail, navigation("sale"));
  patch(screen, saleSkeleton());
}

function showTrouble(words) {
  const card = h(
    "div",
    { class: "door-card" },
    h("div", { class: "mark" }, icon("mark")),
    h("h1", null, "The desk"),
    alertBox(words, tryAgainButton(start)),
  );
  take("trouble", () => patch(root, h("main", { class: "door", "data-test": "trouble-screen" }, card)));
}

function forget() {
  closeAll();
  Object.assign(tablet, { device: null, person: null });
  take("pair", () => mountPair(root, () => start().finally(watchAway)));
  setDrawer(null); // and whoever keeps something for this tablet hears of it
}

function showLock() {
  forgetClients();
  forgetDrafts();
  forgetLastSale();
  take("lock", () => mountLock(root, signedOn));
}

/** The right PIN: fresh price list and drawer, then the sale as it was left. */
async function signedOn(person) {
  await Promise.all([loadDevice(), loadCatalog(), loadReaders()]);
  setPerson(person);
  history.replaceState(null, "", "#sale");
  enter();
}

function enter() {
  take("desk", () => patch(root, demoStrip(), rail, screen));
  showScreen();
  if (cart.finishing) tryAgain();
  else if (cart.lines.length || cart.revision !== null) schedule();
}

function take(name, mount) {
  turn += 1;
  shown.leave();
  if (shown.name !== name) root.replaceChildren();
  shown = { name, leave: () => {} };
  const leave = mount();
  if (typeof leave === "function") shown.leave = leave;
}

async function showScreen() {
  const [asked, ...place] = location.hash.slice(1).split("/");
  const name = asked in SCREENS ? asked : "sale";
  if (shown.screen === name && shown.leave.go) return shown.leave.go(...place); // another part of the same screen
  shown.leave();
  screen.replaceChildren();
  Object.assign(shown, { screen: name, leave: () => {} });
  patch(rail, navigation(name));
  document.title = `${SCREENS[name].label} · ${tablet.device.business.name}`;
  const mine = (turn += 1);
  const mount = SCREENS[name].mount ?? (await fetched(name));
  if (mine === turn && mount) shown.leave = mount(screen, ...place);
}

/** The function that mounts the screen; without it, words and a way to try again. */
async function fetched(name) {
  SCREENS[name].mount = await SCREENS[name].load().catch(() => null);
  if (!SCREENS[name].mount && shown.screen === name)
    patch(screen, alertBox("This screen could not be fetched.", tryAgainButton(showScreen)));
  return SCREENS[name].mount;
}

/** A receipt's code was scanned; not while a sheet asks for something else. */
function openScanned(token) {
  if (tablet.person && !document.querySelector("dialog[open]")) location.hash = `#receipts/find/${token}`;
}

const demoStrip = () =>
  tablet.device.demo ? h("p", { class: "demo-strip", key: "demo", "data-test": "demo" }, "Test payments") : null;

function navigation(current) {
  return h(
    "nav",
    { class: "rail", "aria-label": "Main" },
    h("div", { class: "mark" }, icon("mark")),
    Object.entries(SCREENS).map(([name, { label }]) =>
      h(
        "a",
        { href: `#${name}`, key: name, "aria-current": name === current ? "page" : null, "data-test": `nav-${name}` },
        icon(name),
        label,
      ),
    ),
    button("lock", "rail-lock", lock, icon("lock"), h("span", null, tablet.person.name), h("span", null, "Lock")),
  );
}

function paid(sale, note) {
  closeAll();
  showTab();
  showCart(false);
  showPaid(sale, { note, next: () => offerCard(sale) });
}
