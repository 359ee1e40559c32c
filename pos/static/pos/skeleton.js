/** The sale screen before the price list is here: the same places, empty, so that nothing jumps when it comes. */

import { h } from "./dom.js";

const TILES = 12;
const SLOW_MS = 2_000;

/** Empty places; words are said after two seconds. */
export function saleSkeleton() {
  const words = h("p", { class: "soft", role: "status" });
  setTimeout(() => (words.textContent = "Loading the price list…"), SLOW_MS);
  const blank = (look) => h("div", { class: `blank ${look}` });
  return h(
    "div",
    { class: "sale", key: "skeleton", "data-test": "skeleton" },
    h(
      "div",
      { class: "shop" },
      h(
        "div",
        { class: "shop-body" },
        blank("blank-search"),
        h("div", { class: "strip" }, blank("blank-chip")),
        h("div", { class: "tabs" }, ["", "", "", ""].map(() => blank("blank-tab"))),
        words,
        h("div", { class: "grid" }, Array.from({ length: TILES }, () => blank("blank-tile"))),
      ),
    ),
    h("div", { class: "cart" }),
  );
}
