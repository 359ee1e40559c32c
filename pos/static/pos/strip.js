/** Who is here: unfinished sales on any tablet, and today's clients, each one tap away. */

import { get } from "./api.js";
import { chip, moneyButton } from "./buttons.js";
import { cart, listenCart, setClient } from "./cart.js";
import { meetClient } from "./clients.js";
import { h, icon } from "./dom.js";
import { dollars } from "./money.js";
import { listenMoves, nameOfRow, parking, resume } from "./parking.js";
import { signal } from "./signal.js";
import { dayOf, listenTablet, tablet, whereIs, whoIs } from "./tablet.js";

const EVERY_MS = 20_000;
const HOUR_MS = 3_600_000;
const RECENT = 6;
const MOST = 20;
const changes = signal();
export const listenStrip = changes.listen;
const state = { unfinished: [], recent: [], asked: 0 };

/** Keeps the strip up to date while the sale screen is shown; the answer stops it. */
export function watchStrip() {
  let sale = cart.id;
  const onCart = () => {
    if (sale === cart.id) return;
    sale = cart.id; // one sale is over: it may be a client of today now
    look();
    lookBack();
  };
  const onShown = () => document.hidden || look();
  const stops = [listenMoves(look), listenCart(onCart), listenTablet(forgetNames)];
  const timer = setInterval(onShown, EVERY_MS);
  document.addEventListener("visibilitychange", onShown);
  look();
  lookBack();
  return () => {
    stops.forEach((stop) => stop());
    clearInterval(timer);
    document.removeEventListener("visibilitychange", onShown);
  };
}

/** The chips below the search. */
export function clientStrip() {
  const others = state.unfinished.filter(({ id }) => id !== cart.id).slice(0, MOST);
  const here = new Set(others.map(({ client }) => client?.id));
  return h(
    "div",
    { class: "strip", role: "group", "aria-label": "Clients here today", key: "strip", "data-test": "strip" },
    chip("walk-in", !cart.client, () => choose(null), "Walk-in"),
    others.map(unfinishedChip),
    state.recent.filter(({ id }) => !here.has(id)).map(recentChip),
  );
}

function unfinishedChip(row) {
  const isParked = row.status === "parked";
  const name = nameOfRow(row);
  const words = isParked ? parkedWords(row) : openWords(row);
  const look = {
    class: isParked && ageHours(row) >= 24 ? "chip here old" : "chip here",
    key: `${row.status} ${row.id}`,
    disabled: parking.busy,
    "aria-label": `${name}, ${dollars(row.total_cents)}, ${words}: go on with it here`,
  };
  return moneyButton(
    isParked ? "parked-chip" : "open-chip",
    look,
    () => resume(row),
    h("span", { class: "here-name" }, name),
    h("small", { class: "num" }, icon(isParked ? "pause" : "tablet"), `${words} · ${dollars(row.total_cents)}`),
  );
}

function recentChip(client) {
  const pressed = cart.client === client.id;
  const look = { class: "chip", key: client.id, "aria-pressed": pressed, title: client.name };
  return moneyButton("recent-chip", look, () => choose(client), client.name);
}

function choose(client) {
  if (client) meetClient(client);
  if (cart.client !== (client?.id ?? null)) setClient(client?.id ?? null);
}

const ageHours = ({ parked_at }) => (Date.now() - new Date(parked_at)) / HOUR_MS;

function parkedWords(row) {
  const days = Math.floor(ageHours(row) / 24);
  if (days < 1) return "parked";
  return days === 1 ? "parked since yesterday" : `parked ${days} days ago`;
}

const openWords = (row) => `open ${whereIs(row)}, ${whoIs(row.changed_by)}`;

/** Reads the unfinished sales; only the newest question counts, and without an answer the strip stays as it is. */
async function look() {
  if (!tablet.person) return;
  const mine = (state.asked += 1);
  const page = await get("sales/", { unfinished: true }).catch(() => null);
  if (!page || mine !== state.asked) return;
  state.unfinished = page.results;
  changes.tell();
}

async function lookBack() {
  if (!tablet.person) return;
  const query = { business_date: dayOf(new Date()), status: "completed" };
  const page = await get("sales/", query).catch(() => null);
  if (!page || !tablet.person) return;
  const clients = page.results.map(({ client }) => client).filter((client) => client?.name);
  state.recent = [...new Map(clients.map((client) => [client.id, client])).values()].slice(0, RECENT);
  changes.tell();
}

/** Nobody is signed on: no name stays on the page. */
function forgetNames() {
  if (tablet.person) return;
  Object.assign(state, { unfinished: [], recent: [], asked: state.asked + 1 });
}
