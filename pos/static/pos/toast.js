/** A word at the lower edge about what was just done, with a way back; it goes by itself. */

import { h, icon, patch } from "./dom.js";
import { listenTablet, tablet } from "./tablet.js";

const SHOWN_MS = 8_000;
const host = h("div", { class: "toast-host", role: "status" });
let timer = 0;

listenTablet(() => tablet.person === null && hideToast());

/** Says so for eight seconds; `actions` are buttons, and a tap on one of them ends it. */
export function toast(words, ...actions) {
  if (!host.isConnected) document.body.append(host);
  const look = { class: "toast", "data-test": "toast", key: words };
  patch(host, h("div", look, icon("check"), h("p", null, words), actions));
  clearTimeout(timer);
  timer = setTimeout(hideToast, SHOWN_MS);
}

export function hideToast() {
  clearTimeout(timer);
  patch(host);
}
