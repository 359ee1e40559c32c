/** What this tablet knows: where it stands, who is signed on, the price list, the open drawer. */

import { get } from "./api.js";
import { useCurrency } from "./money.js";
import { signal } from "./signal.js";

const changes = signal();
export const listenTablet = changes.listen;
export const tablet = { device: null, person: null, catalog: null, drawer: null };

/** Reads the tablet's own record; the person and the drawer come with it. */
export async function loadDevice() {
  const device = await get("device");
  Object.assign(tablet, { device, person: device.signed_on, drawer: device.drawer_session });
  useCurrency(device.business.currency);
  changes.tell();
}

/** Reads price list, therapists and reasons; the browser keeps them while the server says they are unchanged. */
export async function loadCatalog() {
  tablet.catalog = await get("catalog");
  changes.tell();
}

export function setPerson(person) {
  tablet.person = person;
  changes.tell();
}

export function setDrawer(session) {
  tablet.drawer = session;
  changes.tell();
}

/** Whether the person may do it, alone or with another person's PIN. */
export const may = (right) => ["allowed", "approval"].includes(tablet.person?.rights?.[right]);

export const itemOf = (code) => tablet.catalog.items.find((item) => item.code === code);
/** What of the price list a line of the cart is; nothing for a package, a custom amount and the like. */
export const wareOf = (line) => (line.kind ? undefined : itemOf(line.item));
/** The package or the plan that a line of the cart sells. */
export const planOf = ({ kind, item }) =>
  ({ package: tablet.catalog.packages, membership: tablet.catalog.plans })[kind]?.find(({ code }) => code === item);
/** The treatment that a gift card in the cart stands for. */
export const giftOf = ({ kind, item }) => (kind === "gift_card" && item ? itemOf(item) : undefined);
/** Whether an item has a price here today. */
export const isSold = ({ is_available, price_cents }) => is_available && price_cents !== null;
/** The package on sale that a line's instrument names, as "package:<id>" and what may follow. */
export const packageOf = (instrument) => tablet.catalog.packages.find(({ id }) => String(id) === instrument.split(":")[1]);
export const therapistOf = (id) => tablet.catalog.therapists.find((therapist) => therapist.id === id);
export const tenderName = (code) => tablet.catalog.tender_kinds.find((kind) => kind.code === code)?.name ?? code;
/** How a part of a sale was paid: with "Visa ···4242" once a card is known, else by the name of the kind. */
export const wayOf = ({ kind, charge, reference }) =>
  charge?.card || (kind === "card" && reference) || tenderName(kind);

/** What to call the client of a sale; a person without the right to names gets none. */
export const nameOfClient = (client) => (client ? client.name || "Client" : "Walk-in");

/** "You" or the name of somebody who works here. */
export const whoIs = ({ id, name }) => (id === tablet.person?.id ? "You" : name);

/** Where a sale was changed last: "on this tablet", "on Back desk" or "in another program". */
export function whereIs({ device }) {
  if (!device) return "in another program";
  return device === tablet.device.name ? "on this tablet" : `on ${device}`;
}

/** "9:41 AM" at the studio, or "Mon, Oct 5, 9:41 AM" when it was another day. */
export function moment(iso) {
  const at = new Date(iso);
  const time = inZone({ hour: "numeric", minute: "2-digit" }).format(at);
  return dayOf(at) === dayOf(new Date())
    ? time
    : `${inZone({ weekday: "short", month: "short", day: "numeric" }).format(at)}, ${time}`;
}

/** "Oct 5, 2026" for the day "2026-10-05". */
export const dayWords = (day) =>
  new Intl.DateTimeFormat("en-US", { dateStyle: "medium", timeZone: "UTC" }).format(new Date(day));

/** The studio's calendar day of a moment as "2026-10-05". */
export function dayOf(at) {
  const parts = Object.fromEntries(
    inZone({ year: "numeric", month: "2-digit", day: "2-digit" })
      .formatToParts(at)
      .map((part) => [part.type, part.value]),
  );
  return `${parts.year}-${parts.month}-${parts.day}`;
}

const inZone = (options) =>
  new Intl.DateTimeFormat("en-US", { ...options, timeZone: tablet.device.location.time_zone });
