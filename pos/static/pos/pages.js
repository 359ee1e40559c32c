/** A long list that is read page by page, and the words while one waits for it. */

import { button, tryAgainButton } from "./buttons.js";
import { alertBox, h } from "./dom.js";
import { patience } from "./signal.js";

/** `fetch(query)` reads a page, with the query of a cursor or none for the first; only the newest question counts. */
export class Pages {
  constructor({ fetch, redraw }) {
    Object.assign(this, { fetch, redraw, rows: null, next: null, trouble: "", asked: 0, more: false });
    this.wait = patience(redraw);
  }

  /** Reads the first page; the rows stay until the answer is there when `keep` says so. */
  async read({ keep = false } = {}) {
    if (!keep) Object.assign(this, { rows: null, next: null });
    await this.ask(null);
  }

  async readMore() {
    if (!this.wait.phase) await this.ask(this.next);
  }

  async ask(cursor) {
    const mine = (this.asked += 1);
    Object.assign(this, { trouble: "", more: Boolean(cursor) });
    this.wait.start();
    this.redraw();
    try {
      const page = await this.fetch(cursor);
      if (mine === this.asked) this.take(page, cursor);
    } catch (error) {
      if (mine === this.asked) this.trouble = error.message;
    }
    if (mine !== this.asked) return;
    this.wait.stop();
    this.redraw();
  }

  take({ results, next }, cursor) {
    const seen = new Set(cursor ? this.rows.map(({ id }) => id) : []);
    const fresh = results.filter(({ id }) => !seen.has(id));
    Object.assign(this, { rows: cursor ? [...this.rows, ...fresh] : results, next: queryOf(next) });
  }

  /** What stands below the rows: trouble, waiting, or the button for the page after it. */
  foot(test, words = "More") {
    const again = () => (this.more ? this.readMore() : this.read());
    if (this.trouble) return alertBox(this.trouble, tryAgainButton(again));
    if (this.wait.phase && (this.more || !this.rows)) return waitWords(this.wait);
    return this.next ? button(test, { class: "btn", key: "more" }, () => this.readMore(), words) : null;
  }

  get isStale() {
    return ["dim", "slow"].includes(this.wait.phase) && !this.more;
  }
}

/** "One moment…", and after two seconds that the server is slow. */
export function waitWords({ phase }) {
  const slow = phase === "slow";
  return h(
    "p",
    { class: "soft wait", key: "wait", role: "status", "data-test": slow ? "slow" : "wait" },
    slow ? "The server is slow. Still waiting…" : "One moment…",
  );
}

const queryOf = (next) => (next ? Object.fromEntries(new URL(next, location.href).searchParams) : null);
