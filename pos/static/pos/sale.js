/** The sale screen: price list on one side, the cart with tip, total and payment on the other. */

import { button, moneyButton, round } from "./buttons.js";
import { canUndo, cart, clearCart, listenCart, setClient, undo } from "./cart.js";
import { checkout, heldTenders, listenCheckout } from "./checkout.js";
import { clientName, clientSearch, listenClients } from "./clients.js";
import { askDiscount, discountRow } from "./discount.js";
import { h, icon, patch } from "./dom.js";
import { exemptRow } from "./exempt.js";
import { listenHoldings } from "./holdings.js";
import { cartLines } from "./lines.js";
import { dollars } from "./money.js";
import { listenOffline, offlineBanner } from "./offline.js";
import { canPark, listenParking, park, parking } from "./parking.js";
import { payButtons, payNotes, totalDue } from "./pay.js";
import { listenPrepaidTiles } from "./prepaidtiles.js";
import { listenReaders } from "./readers.js";
import { listenRepeat } from "./repeat.js";
import { signal } from "./signal.js";
import { clientStrip, listenStrip, watchStrip } from "./strip.js";
import { listenSync, sync } from "./sync.js";
import { listenTablet } from "./tablet.js";
import { listenTiles, tiles } from "./tiles.js";
import { tipChips } from "./tips.js";

const narrow = matchMedia("(max-width: 700px)");
const changes = signal();
const HEARD = [
  listenCart,
  listenSync,
  listenCheckout,
  listenClients,
  listenTiles,
  listenPrepaidTiles,
  listenHoldings,
  listenTablet,
  listenRepeat,
  listenReaders,
  listenParking,
  listenStrip,
  listenOffline,
  changes.listen,
];
let cartShown = false; // on a narrow screen the cart lies over the price list

/** Shows the sale screen; the answer takes it down again. */
export function mountSale(host) {
  let waiting = false;
  let stopped = false;
  let shown = cart.lines.length;
  const draw = () => {
    patch(host, view());
    if (cart.lines.length > shown) showLastLine(host);
    shown = cart.lines.length;
  };
  const redraw = () => {
    if (waiting) return;
    waiting = true;
    queueMicrotask(() => {
      waiting = false;
      if (!stopped) draw();
    });
  };
  const stops = [...HEARD.map((listen) => listen(redraw)), watchStrip()];
  narrow.addEventListener("change", redraw);
  draw();
  return () => {
    stopped = true;
    stops.forEach((stop) => stop());
    narrow.removeEventListener("change", redraw);
  };
}

function showLastLine(host) {
  const lines = host.querySelector(".cart-lines");
  lines.scrollTop = lines.scrollHeight;
}

export function showCart(shown) {
  cartShown = shown;
  changes.tell();
}

function view() {
  const busy = checkout.busy || parking.busy || Boolean(cart.finishing);
  const over = narrow.matches && cartShown;
  return h(
    "div",
    { class: "sale", key: "sale", "data-test": "sale-screen" },
    h(
      "main",
      { class: "shop", tabindex: "-1" },
      h("h1", { class: "vh" }, "Sale"),
      h("div", { class: "shop-body", inert: over || busy }, offlineBanner(), clientSearch(), clientStrip(), tiles()),
    ),
    h(
      "aside",
      { class: over ? "cart over" : "cart", tabindex: "-1", "aria-label": "Current sale", "data-test": "cart" },
      bar(over),
      cartBody(busy, narrow.matches && !over),
    ),
  );
}

function bar(over) {
  const count = cart.lines.reduce((sum, line) => sum + line.quantity, 0);
  return button(
    "cart-bar",
    { class: "cart-bar", key: "bar", "aria-expanded": over },
    () => showCart(!over),
    icon(over ? "down" : "up"),
    h("span", null, over ? "Back to the price list" : count ? `Pay · ${count} in sale` : "Nothing in the sale"),
    h("b", { class: "num" }, dollars(sync.sale?.due_cents ?? 0)),
  );
}

function cartBody(busy, hidden) {
  return h(
    "div",
    { class: "cart-body", key: "body", hidden },
    h("div", { class: "cart-what", inert: busy }, head(), h("div", { class: "cart-lines" }, cartLines()), tools()),
    h(
      "div",
      { class: "cart-pay" },
      h("div", { class: "cart-sums", inert: busy }, tipChips()),
      totalDue(),
      payNotes(),
      payButtons(),
    ),
  );
}

function head() {
  const clearable = cart.lines.length > 0 && !heldTenders().length;
  return h(
    "div",
    { class: "cart-head", key: "head" },
    h("h2", { "data-test": "cart-client", title: clientName() }, clientName()),
    cart.client && narrow.matches ? removeClient() : null,
    h(
      "div",
      { class: "cart-acts", key: "acts" },
      cart.lines.length ? parkButton() : null,
      button("undo", { class: "btn quiet", key: "undo", disabled: !canUndo() }, undo, icon("undo"), "Undo"),
    ),
    clearable ? round("clear", "Clear the sale", clearCart, icon("trash"), { key: "clear" }) : null,
  );
}

const removeClient = () => round("client-remove", "Remove client", () => setClient(null), icon("close"));
const parkButton = () =>
  moneyButton("park", { class: "btn quiet", disabled: !canPark() }, park, icon("pause"), "Park");

function tools() {
  if (!cart.lines.length) return null;
  const give = button("discount", "btn quiet", askDiscount, icon("tag"), "Discount");
  return h("div", { class: "cart-tools", key: "tools" }, discountRow() ?? give, exemptRow());
}
