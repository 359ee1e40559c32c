/** When the server answered last: by its clock, by the tablet's, and by one that nobody sets. */

const KEY = "footfall.contact";
const EVERY_MS = 5_000;
const SECONDS = 1000;
const life = String(Math.random()).slice(2); // a counting clock starts anew with each load of the page
let last = read();

/** Notes an answer of the server. */
export function noteContact(response) {
  const server = Date.parse(response.headers.get("Date") ?? "");
  if (!server || (last?.life === life && performance.now() - last.count < EVERY_MS)) return;
  last = { server, wall: Date.now(), count: performance.now(), life };
  try {
    localStorage.setItem(KEY, JSON.stringify(last));
  } catch {
    // A full or blocked store only costs what is sold without the server after a reload.
  }
}

/** The server's clock at its last answer; nothing when it never answered here. */
export const lastContact = () => (last ? new Date(last.server).toISOString() : null);

/** Hours since then, by the clock that counted more of them. */
export function hoursAway() {
  if (!last) return Infinity;
  const counted = last.life === life ? performance.now() - last.count : 0;
  return Math.max(counted, Date.now() - last.wall) / (3600 * SECONDS);
}

/** A moment to count from, and how many milliseconds ago it was; nothing once the page was loaded anew. */
export const countFrom = () => ({ life, count: performance.now() });
export const countedSince = ({ life: born, count }) =>
  born === life ? Math.max(0, Math.round(performance.now() - count)) : null;

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY));
  } catch {
    return null;
  }
}
