/** One step that is said in words before it is done. */

import { moneyButton } from "./buttons.js";
import { alertBox, h } from "./dom.js";
import { Panel } from "./panel.js";
import { openSheet } from "./sheet.js";

/** Asks once; `act()` does it, and `done()` comes after the sheet is closed. */
export function openConfirm({ title, test, words, label, act, done }) {
  const form = new Panel({ redraw: () => sheet.redraw() });
  const go = () =>
    form.attempt(async () => {
      await act();
      sheet.close();
      await done();
    });
  const sheet = openSheet({
    title,
    test,
    content: () => [
      h("p", null, words),
      alertBox(form.trouble),
      moneyButton("confirm", { class: "btn primary big", disabled: form.busy }, go, label),
    ],
  });
}
