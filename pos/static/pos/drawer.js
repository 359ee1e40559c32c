/** The cash drawer screen: closed, open, being counted, counted. */

import { get } from "./api.js";
import { CountPanel } from "./count.js";
import { alertBox, h, icon, patch } from "./dom.js";
import { FloatPanel } from "./float.js";
import { dollars } from "./money.js";
import { moment, setDrawer, tablet } from "./tablet.js";

/** Shows the drawer screen; the answer takes it down again. */
export function mountDrawer(host) {
  const screen = new DrawerScreen(host);
  screen.load();
  return () => (screen.gone = true);
}

class DrawerScreen {
  constructor(host) {
    Object.assign(this, { host, drawers: null, panel: null, result: null, trouble: "", busy: false });
    this.draw();
  }

  draw() {
    if (!this.gone) patch(this.host, this.view());
  }

  set(facts) {
    Object.assign(this, facts);
    this.draw();
  }

  async load() {
    await this.attempt(async () => {
      const drawers = await get("drawers/");
      const shut = drawers.filter((drawer) => !drawer.open_session);
      if (!tablet.drawer && shut.length) this.panel = new FloatPanel({ drawers: shut, ...this.hooks() });
      this.set({ drawers });
    });
  }

  join(drawer) {
    return this.attempt(async () => setDrawer(await get(`drawer-sessions/${drawer.open_session}`)));
  }

  async attempt(work) {
    if (this.busy) return;
    this.set({ busy: true, trouble: "" });
    try {
      await work();
    } catch (error) {
      this.trouble = error.message;
    }
    this.set({ busy: false });
  }

  count() {
    this.set({ panel: new CountPanel({ session: tablet.drawer, name: this.drawerName(), ...this.hooks() }) });
  }

  /** What a panel needs: to be drawn again, and to say how it ended. */
  hooks() {
    return {
      redraw: () => this.draw(),
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
    const onkeydown = (event) => !this.result && this.panel?.onkeydown(event);
    return h(
      "main",
      { class: "page", key: "drawer", "data-test": "drawer-screen", onkeydown },
      h("h1", null, "Drawer"),
      this.body(),
      alertBox(
        this.trouble,
        h("button", { class: "btn", "data-test": "try-again", onclick: () => this.load() }, "Try again"),
      ),
    );
  }

  body() {
    if (this.result) return resultView(this.result, () => this.set({ result: null }));
    if (tablet.drawer) return this.panel instanceof CountPanel ? this.panel.view() : this.openView();
    if (!this.drawers) return this.trouble ? null : h("p", { class: "soft", role: "status" }, "One moment…");
    if (!this.drawers.length)
      return h("p", { class: "empty" }, "No drawer here yet. The owner adds one in the back office.");
    return [
      this.drawers.filter((drawer) => drawer.open_session).map((drawer) => this.usedView(drawer)),
      this.panel?.view(),
    ];
  }

  openView() {
    const { opened_at, opened_by, float_cents } = tablet.drawer;
    return h(
      "section",
      { class: "card", key: "open", "data-test": "drawer-open" },
      h("h2", null, this.drawerName(), h("span", { class: "badge good" }, icon("check"), "Open")),
      facts([
        ["Since", moment(opened_at)],
        ["Opened by", opened_by?.name ?? opened_by ?? ""],
        ["Float", dollars(float_cents)],
      ]),
      h("p", { class: "soft" }, "To close, count the cash first. What should be there is shown afterwards."),
      h(
        "div",
        { class: "row" },
        h(
          "button",
          { class: "btn primary big", "data-test": "count-and-close", onclick: () => this.count() },
          "Count and close",
        ),
        h("a", { class: "btn big", href: "#sale" }, "Back to the sale"),
      ),
    );
  }

  usedView(drawer) {
    const use = () => this.join(drawer);
    return h(
      "section",
      { class: "card slim", key: drawer.id },
      h("p", null, h("b", null, drawer.name), " is already open."),
      h(
        "button",
        { class: "btn", disabled: this.busy, "data-test": `join-${drawer.id}`, onclick: use },
        "Use it on this tablet",
      ),
    );
  }

  drawerName() {
    const named = tablet.drawer.drawer?.name;
    const id = tablet.drawer.drawer?.id ?? tablet.drawer.drawer;
    return named ?? this.drawers?.find((drawer) => drawer.id === id)?.name ?? "The drawer";
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
    facts([
      ["Counted", dollars(counted_cents)],
      ["Expected", dollars(expected_cents)],
      ["Stays in the drawer", dollars(left_cents)],
      ["To take out", dollars(counted_cents - left_cents)],
    ]),
    h(
      "div",
      { class: "row" },
      h("button", { class: "btn primary big", "data-test": "drawer-again", onclick: again }, "Done"),
    ),
  );
}

function differenceWords(cents) {
  if (cents === 0) return "Exact";
  return cents > 0 ? `Over ${dollars(cents)}` : `Short ${dollars(-cents)}`;
}

const facts = (rows) =>
  h(
    "dl",
    { class: "facts" },
    rows.map(([label, value]) => [h("dt", null, label), h("dd", { class: "num" }, value)]),
  );
