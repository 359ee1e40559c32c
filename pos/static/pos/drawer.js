/** The cash drawer screen: closed, open, cash being moved, being counted, counted; and the Zs of before. */

import { get, put } from "./api.js";
import { button, chip, moneyButton, tryAgainButton } from "./buttons.js";
import { CountPanel } from "./count.js";
import { alertBox, h, icon, patch, rows } from "./dom.js";
import { newId } from "./ids.js";
import { moneyPad, typed } from "./keypad.js";
import { dollars, keyed } from "./money.js";
import { MOVES, MovementPanel, movedWords } from "./movement.js";
import { Pages } from "./pages.js";
import { Panel } from "./panel.js";
import { dayWords, moment, setDrawer, tablet } from "./tablet.js";
import { openX, openZ } from "./zview.js";

const CLOSED = "drawer-sessions/?status=closed";

export function mountDrawer(host) {
  const screen = new DrawerScreen(host);
  const typing = (event) => screen.typed(event);
  addEventListener("keydown", typing);
  screen.load();
  return () => {
    screen.gone = true;
    removeEventListener("keydown", typing);
  };
}

class DrawerScreen extends Panel {
  constructor(host) {
    super({ host, drawers: null, panel: null, result: null, said: "" });
    const fetch = (query) => get(query ? `drawer-sessions/?${new URLSearchParams(query)}` : CLOSED);
    this.closed = new Pages({ fetch, redraw: () => this.redraw() });
    this.redraw();
  }

  redraw() {
    if (!this.gone) patch(this.host, this.view());
  }

  /** Keys are for the pad wherever the focus is, unless a sheet lies above or a link is followed. */
  typed(event) {
    const isForOthers = document.querySelector("dialog[open]") || (event.key === "Enter" && event.target.closest("a"));
    if (!isForOthers && !this.result) this.panel?.onkeydown(event);
  }

  load() {
    return this.attempt(async () => {
      const drawers = await get("drawers/");
      const shut = drawers.filter((drawer) => !drawer.open_session);
      if (!tablet.drawer && shut.length) this.panel = new FloatPanel({ drawers: shut, ...this.hooks() });
      this.set({ drawers, busy: false });
      this.closed.read({ keep: true });
    });
  }

  move(kind) {
    const moved = (movement) => this.set({ said: movedWords(movement), panel: null });
    this.set({ said: "", panel: new MovementPanel({ kind, session: tablet.drawer, ...this.hooks(), moved }) });
  }

  join(drawer) {
    return this.attempt(async () => {
      setDrawer(await get(`drawer-sessions/${drawer.open_session}`));
      this.set({ panel: null, busy: false });
    });
  }

  count() {
    this.set({ panel: new CountPanel({ session: tablet.drawer, name: tablet.drawer.drawer.name, ...this.hooks() }) });
  }

  /** What a panel needs: to be drawn again, and to say how it ended. */
  hooks() {
    return {
      redraw: () => this.redraw(),
      opened: (session) => this.ended({ session, result: null }),
      closed: (result) => this.ended({ session: null, result }),
      leave: () => this.set({ panel: null }),
    };
  }

  ended({ session, result }) {
    setDrawer(session);
    this.set({ result, panel: null });
    this.load();
  }

  view() {
    return h(
      "main",
      { class: "page", key: "drawer", tabindex: "-1", "data-test": "drawer-screen" },
      h("h1", null, "Drawer"),
      this.body(),
      alertBox(
        this.trouble,
        tryAgainButton(() => this.load()),
      ),
    );
  }

  body() {
    if (this.result) return resultView(this.result, () => this.set({ result: null }));
    const isAtWork = this.panel && !(this.panel instanceof FloatPanel);
    if (tablet.drawer) return isAtWork ? this.panel.view() : [this.openView(), this.closedView()];
    if (!this.drawers) return this.trouble ? null : h("p", { class: "soft", role: "status" }, "One moment…");
    if (!this.drawers.length)
      return h("p", { class: "empty" }, "No drawer here yet. The owner adds one in the back office.");
    return [
      this.drawers.filter((drawer) => drawer.open_session).map((drawer) => this.usedView(drawer)),
      this.panel?.view(),
      this.closedView(),
    ];
  }

  openView() {
    const { opened_at, opened_by, float_cents } = tablet.drawer;
    return h(
      "section",
      { class: "card", key: "open", "data-test": "drawer-open" },
      h("h2", null, tablet.drawer.drawer.name, h("span", { class: "badge good" }, icon("check"), "Open")),
      rows([
        ["Since", moment(opened_at)],
        ["Opened by", opened_by.name],
        ["Float", dollars(float_cents)],
      ]),
      this.said ? h("p", { class: "info", role: "status", "data-test": "moved" }, this.said) : null,
      h("div", { class: "drawer-moves", role: "group", "aria-label": "Without a sale" }, this.moves()),
      h("p", { class: "soft" }, "To close, count the cash first. What should be there is shown afterwards."),
      h(
        "div",
        { class: "row" },
        button("count-and-close", "btn primary big", () => this.count(), "Count and close"),
        h("a", { class: "btn big", href: "#sale" }, "Back to the sale"),
      ),
    );
  }

  moves() {
    const one = ([kind, { name }]) => button(`move-${kind}`, "btn", () => this.move(kind), name);
    return [...Object.entries(MOVES).map(one), button("open-x", "btn", () => openX(tablet.drawer), "X so far")];
  }

  /** The Zs of this location, the newest first. */
  closedView() {
    if (!this.closed.rows?.length) return null;
    const one = (session) =>
      button(
        `z-${session.z_number}`,
        { class: "field", key: session.id },
        () => openZ(session),
        h("span", null, `Z ${session.z_number} · ${session.drawer.name} · ${dayWords(session.business_date)}`),
        " ",
        h("b", { class: "num" }, differenceWords(session.over_short_cents)),
      );
    return h(
      "section",
      { class: "card stack", key: "closed", "data-test": "closed-drawers" },
      h("h2", null, "Closed drawers"),
      this.closed.rows.map(one),
      this.closed.foot("older-zs", "Older"),
    );
  }

  usedView(drawer) {
    const use = () => this.join(drawer);
    return h(
      "section",
      { class: "card slim", key: drawer.id },
      h("p", null, h("b", null, drawer.name), " is already open."),
      button(`join-${drawer.id}`, { class: "btn", disabled: this.busy }, use, "Use it on this tablet"),
    );
  }
}

function resultView(session, again) {
  const { over_short_cents, counted_cents, expected_cents, left_cents, z_number } = session;
  const exact = over_short_cents === 0;
  return h(
    "section",
    { class: "card", key: "result", role: "status", "data-test": "drawer-result" },
    h("p", { class: "soft" }, z_number ? `Closed · Z ${z_number}` : "Closed"),
    h(
      "p",
      { class: exact ? "total-amount num good" : "total-amount num warn", "data-test": "over-short" },
      icon(exact ? "check" : "alert"),
      differenceWords(over_short_cents),
    ),
    rows([
      ["Counted", dollars(counted_cents)],
      ["Expected", dollars(expected_cents)],
      ["Stays in the drawer", dollars(left_cents)],
      ["To take out", dollars(counted_cents - left_cents)],
    ]),
    h(
      "div",
      { class: "row" },
      button("drawer-again", "btn primary big", again, "Done"),
      button("show-z", "btn big", () => openZ(session), icon("file"), "Show the Z"),
    ),
  );
}

function differenceWords(cents) {
  if (cents === 0) return "Exact";
  return cents > 0 ? `Over ${dollars(cents)}` : `Short ${dollars(-cents)}`;
}

/** Asks which drawer and how much is in it; `opened(session)` hears the open session. */
class FloatPanel extends Panel {
  constructor({ drawers, redraw, opened }) {
    super({ drawers, redraw, opened, drawer: drawers[0], cents: 0 });
    this.id = newId(); // the same session however often it is sent
    this.press = (key) => !this.busy && this.set({ cents: keyed(this.cents, key), trouble: "" });
    this.onkeydown = typed(this.press, () => this.send());
  }

  send() {
    const body = { drawer: this.drawer.id, float_cents: this.cents };
    return this.attempt(async () => this.opened(await put(`drawer-sessions/${this.id}`, body)));
  }

  view() {
    const words = this.busy ? "Opening…" : `Open with ${dollars(this.cents)}`;
    const look = { class: "btn primary big", disabled: this.busy };
    return h(
      "section",
      { class: "card two", key: "float", "data-test": "drawer-closed" },
      h("h2", null, this.drawers.length > 1 ? "Open a drawer" : `Open ${this.drawer.name}`),
      h(
        "div",
        { class: "stack" },
        this.drawers.length > 1 ? this.choice() : null,
        h("p", { class: "soft" }, "Count the float and enter it."),
        alertBox(this.trouble),
        moneyButton("open-drawer", look, () => this.send(), words),
      ),
      moneyPad({ label: "Float", cents: this.cents, press: this.press, test: "float-pad" }),
    );
  }

  choice() {
    const one = (drawer) =>
      chip(`drawer-${drawer.id}`, drawer === this.drawer, () => this.set({ drawer }), drawer.name);
    return h("div", { class: "chips wrap", role: "group", "aria-label": "Drawer" }, this.drawers.map(one));
  }
}
