/** Undoing a whole sale on its own day. */

import { h } from "./dom.js";
import { GivingBack } from "./givingback.js";
import { tenderName } from "./tablet.js";

export class VoidPanel extends GivingBack {
  constructor({ sale, redraw, over }) {
    super({ name: "void", verb: "Void", sale, redraw, over, path: `sales/${sale.id}/void` });
    this.foresee();
  }

  what() {
    return {};
  }

  /** All of it goes back the way it came. */
  tenders({ tenders } = this.sale) {
    const live = tenders.filter((tender) => tender.status !== "released");
    return live.map((tender) => ({ ...tender, name: tenderName(tender.kind) }));
  }

  paper() {
    const { receipt } = this.sale;
    return { words: `${receipt?.title ?? "The sale"} is void`, url: receipt?.url };
  }

  parts() {
    return h("p", { class: "soft" }, "The whole sale is undone, tips too, as if it had not been made.");
  }
}
