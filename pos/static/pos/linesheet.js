/** One line of the cart in a sheet: how many, by whom, what is taken off, or out with it. */

import { button, chip, stepper } from "./buttons.js";
import { cart, listenCart, setLineDiscount, setQuantity, setTherapist } from "./cart.js";
import { DiscountForm } from "./discountform.js";
import { h, icon } from "./dom.js";
import { typed } from "./keypad.js";
import { coverChoices } from "./sessions.js";
import { openSheet } from "./sheet.js";
import { wareOf } from "./tablet.js";
import { qualified } from "./therapists.js";

/** Opens the line with that key; it closes when the line is gone. */
export function openLine(key, name) {
  const form = new DiscountForm({
    old: lineOf(key).price ?? lineOf(key).discount ?? null,
    hasPrice: hasPrice(lineOf(key)),
    redraw: () => sheet.redraw(),
    done: (discount) => {
      sheet.close();
      setLineDiscount(key, discount);
    },
  });
  const sheet = openSheet({
    title: name,
    wide: true,
    test: "line-sheet",
    onkeydown: typed(form.press, () => form.apply()),
    onClose: () => stop(),
    content: () => (lineOf(key) ? view(lineOf(key), name, form, sheetClose) : null),
  });
  const stop = listenCart(() => (lineOf(key) ? sheet.redraw() : sheet.close()));
  function sheetClose() {
    sheet.close();
  }
}

/** Whether there is a price of the list that another can stand in for. */
const hasPrice = ({ kind, cover }) => (!kind || kind === "package") && !cover;

const lineOf = (key) => cart.lines.find((line) => line.key === key);

function view(line, name, form, close) {
  return form.view({
    first: [
      coverChoices(line, close),
      line.cover ? null : howMany(line, name),
      therapists(line),
    ],
    last: h(
      "div",
      { class: "row", key: "ways-out" },
      line.discount || line.price ? noDiscount(line, close) : null,
      button("line-remove", "btn danger", () => setQuantity(line.key, 0), icon("trash"), "Remove line"),
    ),
  });
}

function howMany(line, name) {
  return h(
    "div",
    { class: "row line-many", key: "many" },
    h("span", null, "How many"),
    stepper({ name, quantity: line.quantity, least: 1, set: (quantity) => setQuantity(line.key, quantity) }),
  );
}

function noDiscount(line, close) {
  const away = () => {
    close();
    setLineDiscount(line.key, null);
  };
  return button("line-discount-remove", "btn", away, line.price ? "List price again" : "Remove discount");
}

function therapists(line) {
  const item = wareOf(line);
  if (item?.kind === "retail" || (line.kind && line.kind !== "custom")) return null;
  const one = ({ id, name }) =>
    chip(`line-therapist-${id}`, line.therapist === id, () => setTherapist(line.key, id), name);
  return h(
    "fieldset",
    { class: "plain", key: "who" },
    h("legend", null, "Done by"),
    h("div", { class: "chips wrap" }, qualified(item).map(one)),
  );
}
