/** Putting a sale aside, and going on with one that was put aside or lies open on another tablet. */

import { get, put } from "./api.js";
import { button } from "./buttons.js";
import { cart, cartBody, freshCart, listenCart, takeUpSale } from "./cart.js";
import { checkout, heldTenders } from "./checkout.js";
import { h } from "./dom.js";
import { dollars } from "./money.js";
import { watchPrices } from "./repriced.js";
import { openSheet } from "./sheet.js";
import { signal } from "./signal.js";
import { schedule, sendNow, sync } from "./sync.js";
import { moment, nameOfClient, tablet, whereIs, whoIs } from "./tablet.js";
import { hideToast, toast } from "./toast.js";

const HELD = "A part of this sale is paid already. Finish it, or take the part off first.";
const changes = signal();
const moves = signal();
export const listenParking = changes.listen;
/** Hears that sales were put aside or taken up. */
export const listenMoves = moves.listen;
export const parking = { busy: false, trouble: "" };

export const canPark = () => cart.lines.length > 0 && !checkout.busy && !parking.busy && !cart.finishing;

/** What went wrong was about the cart as it was. */
listenCart(() => (parking.trouble = ""));

/** Puts the sale in the cart aside; its client, or what is on it, is its name. */
export function park() {
  if (!canPark()) return;
  guarded(async () => {
    const { sale, body } = await putAside();
    freshCart();
    sayParked(sale, body);
  });
}

/** Goes on here with a sale of the list; what is in the cart is put aside for it. */
export async function resume(row) {
  if (parking.busy || checkout.busy || cart.finishing) return;
  if (row.status === "open" && !(await askTakeOver(row))) return;
  await guarded(async () => {
    hideToast();
    const wanted = await findUnfinished(row.id);
    const isNews = wanted.status === "open" && row.status !== "open"; // another tablet was faster
    if (isNews && !(await askTakeOver({ ...wanted, lines_summary: summaryOf(wanted) }))) return;
    const own = cart.lines.length ? await putAside() : null;
    try {
      takeUp(wanted.status === "open" ? await putAsideThere(wanted) : wanted);
    } catch (error) {
      if (own) takeUp(own.sale);
      throw error;
    }
    if (own) sayParked(own.sale, own.body);
    await sendNow();
  });
}

export const nameOfRow = ({ client, label, lines_summary }) =>
  label || (client ? nameOfClient(client) : `Walk-in · ${lines_summary}`);

const summaryOf = ({ lines }) => lines.map(({ name }) => name).join(", ");

async function guarded(work) {
  Object.assign(parking, { busy: true, trouble: "" });
  changes.tell();
  try {
    await work();
  } catch (error) {
    parking.trouble = error.message;
    if (error.status === 409) schedule(); // the sale may have moved on: the next answer says how
  } finally {
    parking.busy = false;
    changes.tell();
    moves.tell();
  }
}

/** Parks the sale in the cart as the server has it then; the cart itself is left alone. */
async function putAside() {
  if (heldTenders().length) throw new Error(HELD);
  if (!(await sendNow())) throw new Error(`Not parked. ${sync.trouble?.words ?? "Look at the sale again."}`);
  const body = cartBody(sync.sale.tip_cents);
  return { sale: await putAsideThere(sync.sale), body };
}

async function putAsideThere({ id }, label = "") {
  const sale = await put(`sales/${id}/park`, { label });
  if (sale.status !== "parked") throw new Error("A card is being taken back. Try again in a moment.");
  return sale;
}

async function findUnfinished(id) {
  const sale = await get(`sales/${id}`);
  if (!["open", "parked"].includes(sale.status)) throw new Error("This sale is finished already.");
  const isTaken = sale.tenders.some(({ status, line }) => status !== "released" && !line);
  if (isTaken) throw new Error(`Money is being taken for this sale ${whereIs(sale)}. It has to be finished there.`);
  return sale;
}

function takeUp(sale) {
  sync.sale = null;
  takeUpSale(sale);
  watchPrices(sale);
}

function sayParked(sale, body) {
  const words = `Parked: ${nameOfRow({ ...sale, lines_summary: summaryOf(sale) })} · ${dollars(sale.total_cents)}`;
  const act = (test, what, label) =>
    button(test, "btn quiet", () => {
      hideToast();
      what();
    }, label);
  toast(
    words,
    sale.client ? null : act("park-label", () => askLabel(sale, body), "Name it"),
    act("park-undo", () => resume({ ...sale, status: "parked" }), "Undo"),
  );
}

/** A name for a parked walk-in: it is opened and parked once more, which is the one way to give it another. */
function askLabel(sale, body) {
  const save = (event) => {
    event.preventDefault();
    const label = new FormData(event.target).get("label").trim();
    sheet.close();
    if (label) guarded(() => relabel(sale, body, label));
  };
  const field = { name: "label", maxlength: "60", autocomplete: "off", autofocus: true, "data-test": "park-words" };
  const sheet = openSheet({
    title: "Name the parked sale",
    test: "label-sheet",
    content: () =>
      h(
        "form",
        { class: "stack", onsubmit: save },
        h("label", null, "What to find it by", h("input", { ...field, placeholder: "Blue jacket, back at five" })),
        button("label-save", { type: "submit", class: "btn primary big" }, null, "Save"),
      ),
  });
}

async function relabel(sale, body, label) {
  await put(`sales/${sale.id}`, { ...body, revision: sale.revision });
  await putAsideThere(sale, label);
}

/** Whether to take a sale over that is open elsewhere. */
function askTakeOver(row) {
  const isHere = row.device === tablet.device.name;
  const told = isHere ? "Nothing on it is lost." : "If you go on with it here, the other one is told. Nothing on it is lost.";
  return new Promise((answer) => {
    const sheet = openSheet({
      title: `This is open ${whereIs(row)}`,
      test: "take-over-sheet",
      onClose: (yes) => answer(Boolean(yes)),
      content: () => [
        h("p", null, h("b", null, nameOfRow(row)), ` · ${row.lines_summary} · ${dollars(row.total_cents)}`),
        h("p", null, historyOf(row)),
        h("p", { class: "soft" }, told),
        button("take-over", "btn primary big", () => sheet.close(true), `Take it over · ${dollars(row.total_cents)}`),
        button("leave-it", "btn big", () => sheet.close(), "Leave it there"),
      ],
    });
  });
}

/** Who opened it and when, and who changed it last. */
function historyOf({ opened_by, opened_at, changed_by }) {
  const opened = `${whoIs(opened_by)} opened it, ${moment(opened_at)}.`;
  return changed_by.id === opened_by.id ? opened : `${opened} ${whoIs(changed_by)} changed it last.`;
}
