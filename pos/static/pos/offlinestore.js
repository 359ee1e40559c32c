/** What stays on the tablet without the server: sales that wait to be sent, and what is needed to make more of them. */

const NAME = "footfall-desk";
const VERSION = 1;
let opening = null;

/** Whether a sale could be kept here at all; asked before one is offered. */
export const canKeep = () => opened().then(() => true, () => false);

/** Puts a sale into the queue; the answer comes when it is on the disk. A sale that is there already stays as it is. */
export async function enqueue(sale) {
  const done = await transaction("queue", "readwrite", (store) => {
    const known = store.get(sale.id);
    known.onsuccess = () => known.result || store.put(sale);
  });
  return done;
}

/** The sales that wait, oldest first. */
export async function queued() {
  let found;
  await transaction("queue", "readonly", (store) => (found = store.getAll()));
  return found.result.sort((a, b) => (a.body.sold_at < b.body.sold_at ? -1 : 1));
}

/** Writes down why the server did not take a sale; it stays in the queue. */
export const noteRefusal = (sale, words) =>
  transaction("queue", "readwrite", (store) => {
    const known = store.get(sale.id);
    known.onsuccess = () => known.result && store.put({ ...known.result, refused: words });
  });

/** Takes a sale out of the queue: the server has it. */
export const dequeue = (id) => transaction("queue", "readwrite", (store) => store.delete(id));

/** Keeps facts under a name. */
export const keepFacts = (name, facts) => transaction("facts", "readwrite", (store) => store.put(facts, name));

/** The facts that were kept under a name. */
export async function factsOf(name) {
  let found;
  await transaction("facts", "readonly", (store) => (found = store.get(name)));
  return found.result;
}

async function transaction(name, mode, work) {
  const db = await opened();
  return new Promise((done, failed) => {
    const whole = db.transaction(name, mode, { durability: "strict" });
    whole.oncomplete = () => done();
    whole.onabort = whole.onerror = () => failed(whole.error);
    work(whole.objectStore(name));
  });
}

function opened() {
  opening ??= new Promise((done, failed) => {
    const asked = indexedDB.open(NAME, VERSION);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("queue", { keyPath: "id" });
      asked.result.createObjectStore("facts");
    };
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  return opening;
}
