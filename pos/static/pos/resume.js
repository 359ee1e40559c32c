/** Going on with a sale that is open or parked, from its receipt. */

import { cart } from "./cart.js";
import { resume as takeUp } from "./parking.js";

/** Shows the sale screen with that sale in the cart. */
export function resume(sale) {
  location.hash = "#sale";
  if (cart.id !== sale.id) takeUp({ ...sale, lines_summary: sale.lines.map(({ name }) => name).join(", ") });
}

export function resumeWords(sale) {
  if (cart.id === sale.id) return "This sale is in the cart now.";
  return cart.lines.length
    ? "Not paid yet. The sale in the cart is put aside for it."
    : "Not paid yet. Going on puts it into the cart.";
}
