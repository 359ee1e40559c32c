/** Sheets: dialogs over the page that hold one task, and the full screen at the end of one. */

import { hold, round } from "./buttons.js";
import { h, icon, patch, refocus } from "./dom.js";

const stack = new Set();
let opened_so_far = 0;

/**
 * Opens a sheet; `content()` gives its elements and is asked again by `redraw()`.
 * `onClose(result)` hears the result given to `close(result)`, or undefined when it was dismissed.
 */
export function openSheet({ title, content, onClose, onkeydown, wide, test }) {
  const heading = h("h2", { id: `sheet-title-${(opened_so_far += 1)}` }, title);
  const body = h("div", { class: "sheet-body" });
  const dialog = h(
    "dialog",
    {
      class: wide ? "sheet wide" : "sheet",
      "aria-labelledby": heading.id,
      "data-test": test,
      tabindex: "-1",
      onkeydown,
    },
    h(
      "header",
      { class: "sheet-head" },
      heading,
      round("sheet-close", "Close", () => close(), icon("close")),
    ),
    body,
  );
  const redraw = () => fill(dialog, body, content());
  dialog.addEventListener("click", (event) => event.target === dialog && close());
  const close = opened(dialog, onClose, redraw);
  return { close, redraw, element: dialog };
}

export function openSheetScreen({ labelledby, body, onClose, test }) {
  const dialog = h(
    "dialog",
    { class: "done", "aria-labelledby": labelledby, "data-test": test, onclick: () => tapped() },
    body,
  );
  const shown_at = performance.now();
  const tapped = () => performance.now() - shown_at > 400 && close(); // the second half of a double tap is not a tap
  hold();
  const close = opened(dialog, onClose, () => {});
  return { close };
}

/** A screen over everything that only the page takes away again; `content()` as in a sheet. */
export function openCover({ labelledby, content, onClose, test }) {
  const look = { class: "cover", closedby: "none", tabindex: "-1" };
  const dialog = h("dialog", { ...look, "aria-labelledby": labelledby, "data-test": test });
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  const redraw = () => fill(dialog, dialog, content());
  hold();
  const close = opened(dialog, onClose, redraw);
  return { close, redraw };
}

export function closeAll() {
  for (const dialog of [...stack]) dialog.close();
}

function fill(dialog, body, content) {
  patch(body, content);
  if (dialog.open && !dialog.contains(document.activeElement)) dialog.focus(); // what had the focus is gone
}

function opened(dialog, onClose, draw) {
  let result;
  dialog.addEventListener("close", () => {
    stack.delete(dialog);
    dialog.remove();
    onClose?.(result);
    requestAnimationFrame(refocus);
  });
  stack.add(dialog);
  draw();
  document.body.append(dialog);
  dialog.showModal();
  return (given) => {
    result = given;
    dialog.close();
  };
}
