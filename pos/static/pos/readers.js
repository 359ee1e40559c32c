/** The card readers of this place, and the one that stands beside this tablet. */

import { get, Refused, Unreached } from "./api.js";
import { moneyButton } from "./buttons.js";
import { h } from "./dom.js";
import { openSheet } from "./sheet.js";
import { signal } from "./signal.js";

const KEY = "footfall.reader";
const changes = signal();
export const listenReaders = changes.listen;
export const readers = { list: [] };

/** Reads which readers there are; without an answer a card is not offered, and everything else goes on. */
export async function loadReaders() {
  try {
    readers.list = await get("readers/");
  } catch (error) {
    if (!(error instanceof Refused || error instanceof Unreached)) throw error;
  }
  changes.tell();
}

export const readerOf = (id) => readers.list.find((reader) => reader.id === id);

/** The only reader, or the one that was chosen on this tablet; undefined while nobody chose one of several. */
export function ownReader() {
  return readers.list.length === 1 ? readers.list[0] : readerOf(remembered());
}

/** Calls `act(reader)` with this tablet's reader; asks for it when several may be meant. */
export function withReader(act) {
  const own = ownReader();
  if (own) act(own);
  else askReader({ act });
}

/** Asks for a reader and remembers it; `words(reader)` say what a tap does beside choosing. */
export function askReader({ act = () => {}, current = ownReader()?.id, title = "Which reader?" }) {
  const choose = (reader) => {
    remember(reader.id);
    sheet.close();
    act(reader);
  };
  const choice = (reader) => {
    const look = { class: "tile person", "aria-pressed": reader.id === current };
    return h(
      "li",
      { key: reader.id },
      moneyButton(`reader-${reader.id}`, look, () => choose(reader), h("b", null, reader.label)),
    );
  };
  const sheet = openSheet({
    title,
    test: "reader-sheet",
    content: () => [
      h("p", { class: "soft" }, "This tablet remembers it."),
      h("ul", { class: "people" }, readers.list.map(choice)),
    ],
  });
}

function remembered() {
  try {
    return Number(localStorage.getItem(KEY));
  } catch {
    return 0;
  }
}

function remember(id) {
  try {
    localStorage.setItem(KEY, String(id));
  } catch {
    // A full or blocked store: it is asked again next time.
  }
  changes.tell();
}
