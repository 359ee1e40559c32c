/** What a keyboard can do here, told under "?". */

import { h } from "./dom.js";
import { openSheet } from "./sheet.js";

const KEYS = [
  [["/"], "Search a client"],
  [["←", "→", "↑", "↓"], "Move among the tiles"],
  [["Enter"], "Press what has the focus"],
  [["Tab"], "On to the next place"],
  [["Esc"], "Close a sheet or the search"],
  [["0", "–", "9"], "Key in an amount on an open key pad"],
  [["?"], "This list"],
];

export function openShortcuts() {
  openSheet({
    title: "Keyboard and scanner",
    test: "shortcuts-sheet",
    content: () => [
      h(
        "dl",
        { class: "shortcuts" },
        KEYS.map(([keys, words]) => [
          h("dt", null, keys.map((key) => h("kbd", null, key))),
          h("dd", null, words),
        ]),
      ),
      h("p", { class: "soft" }, "A scanner needs no field: scan a receipt to open it, or a product to sell it."),
    ],
  });
}
