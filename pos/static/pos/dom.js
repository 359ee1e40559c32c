/** Building page elements and bringing a part of the page up to date without losing focus, scroll or a tap half-way. */

const EVENTS = ["onclick", "oninput", "onchange", "onsubmit", "onkeydown", "ontoggle"];
const OWN_STATE = new Set(["open", "data-hold"]); // attributes that belong to the element on the page, not to the drawing

/** An element with properties and children; null, false and undefined are left out, texts are always escaped. */
export function h(tag, props, ...children) {
  const el = document.createElement(tag);
  if (tag === "button") el.type = "button";
  for (const [name, value] of Object.entries(props ?? {})) set(el, name, value);
  el.append(...children.flat(Infinity).filter(present));
  return el;
}

/** A picture from the sprite; decoration only, so it is hidden from readers. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${document.body.dataset.icons}#${name}`);
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

/** A refusal or trouble in words, announced at once. */
export function alertBox(text, ...actions) {
  if (!text) return null;
  return h(
    "div",
    { class: "alert", role: "alert", "data-test": "alert", key: `alert ${text}` },
    icon("alert"),
    h("p", null, text),
    actions,
  );
}

/** A list of `[label, words, look]`; rows that are null are left out. */
export function rows(list, look = "facts", key = look) {
  return h(
    "dl",
    { class: look, key, "data-test": key },
    list
      .filter(Boolean)
      .map(([label, words, row = ""]) => [h("dt", { class: row }, label), h("dd", { class: `num ${row}` }, words)]),
  );
}

/** Makes the children of an element look like the given ones, keeping every element that can stay. */
export function patch(parent, ...children) {
  arrange(parent, children);
  refocus();
}

function arrange(parent, children) {
  const next = children.flat(Infinity).filter(present).map(asNode);
  const keyed = new Map([...parent.childNodes].filter(keyOf).map((node) => [keyOf(node), node]));
  let cursor = parent.firstChild;
  for (const node of next) {
    const match = keyOf(node) ? keyed.get(keyOf(node)) : cursor;
    if (!match || !alike(match, node)) {
      parent.insertBefore(node, cursor);
      continue;
    }
    if (match === cursor) cursor = cursor.nextSibling;
    else parent.insertBefore(match, cursor);
    update(match, node);
  }
  while (cursor) {
    const gone = cursor;
    cursor = cursor.nextSibling;
    gone.remove();
  }
}

/** Gives the focus back that was lost because what had it is gone or could not be pressed for a while. */
export function refocus() {
  if (!held || document.activeElement !== document.body) return;
  if (held.isConnected && held.disabled) return; // it comes back
  const place = held.isConnected ? held : holder?.isConnected ? holder : document.querySelector("main");
  place?.focus({ preventScroll: true });
}

let held = null; // what had the focus last, unless a finger went elsewhere since
let holder = null; // the place that it stood in
addEventListener("pointerdown", () => (held = null), true);
addEventListener("focusin", ({ target }) => {
  held = target;
  holder = target.parentElement?.closest("[tabindex]");
});

function update(old, node) {
  if (old === node) return;
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== node.data) old.data = node.data;
    return;
  }
  for (const { name } of [...old.attributes])
    if (!node.hasAttribute(name) && !OWN_STATE.has(name)) old.removeAttribute(name);
  for (const { name, value } of node.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const event of EVENTS) if (old[event] !== node[event]) old[event] = node[event];
  if (node.givenValue !== old.givenValue) old.value = old.givenValue = node.givenValue; // else what is being typed stays
  arrange(old, [...node.childNodes]);
}

function set(el, name, value) {
  if (value === null || value === undefined) return;
  if (name.startsWith("aria-")) el.setAttribute(name, String(value));
  else if (value === false) return;
  else if (name === "key") el.dataset.key = value;
  else if (name === "value") el.givenValue = el.value = value;
  else if (name.startsWith("on")) el[name] = (event) => void value(event); // an answer of false would be a veto
  else el.setAttribute(name, value === true ? "" : value);
}

const present = (child) => child !== null && child !== undefined && child !== false && child !== "";
const asNode = (child) => (child instanceof Node ? child : document.createTextNode(String(child)));
const keyOf = (node) => node.dataset?.key;
const alike = (a, b) => a.nodeName === b.nodeName && keyOf(a) === keyOf(b);
