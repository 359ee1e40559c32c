/** The code of a receipt's link, drawn from what the server says, dark on white by day and by night. */

import { h } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";

/** The code as a picture; it holds its own quiet zone. */
export function qrPicture({ size, path }, label) {
  const svg = document.createElementNS(SVG, "svg");
  const shape = document.createElementNS(SVG, "path");
  shape.setAttribute("d", path);
  for (const [name, value] of Object.entries({ viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": label }))
    svg.setAttribute(name, value);
  svg.setAttribute("shape-rendering", "crispEdges");
  svg.setAttribute("data-test", "qr");
  svg.append(shape);
  return svg;
}

/** The picture with words below it; without a code only the room for it. */
export const qrFigure = (qr, label, words) =>
  h(
    "figure",
    { class: qr ? "qr" : "qr to-come", key: "qr" },
    qr ? qrPicture(qr, label) : h("span", { class: "qr-room" }),
    h("figcaption", { class: "soft" }, words),
  );
