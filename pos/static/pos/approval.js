/** Another person's yes, by their PIN on the same tablet. */

import { post } from "./api.js";
import { h } from "./dom.js";
import { dollars } from "./money.js";
import { PinPanel } from "./pin.js";
import { openSheet } from "./sheet.js";
import { tablet } from "./tablet.js";

const OF_THE_DRAWER = { pay_out: "Pay out", no_sale: "Open the drawer", drawer_correction: "Correction" };
const WORDS = {
  refund: "Refund",
  void: "Void",
  discount: "Discount or price",
  tax_exemption: "No sales tax",
  drawer_difference: "Drawer difference",
  gift_cards: "Gift cards",
  ...OF_THE_DRAWER,
};

/**
 * Runs `send(approval)` and, as long as the server asks for another person's PIN, repeats it with their approval.
 * Throws the server's refusal when nobody approves.
 */
export async function withApproval(send) {
  let approval;
  for (;;) {
    try {
      return await send(approval);
    } catch (error) {
      if (error.code === "approval_refused" && approval) {
        approval = undefined; // too old by now: the server says again what it needs
        continue;
      }
      if (error.code !== "approval_needed") throw error;
      approval = await askApproval(error);
      if (!approval) throw error;
    }
  }
}

/** The id of an approval, or undefined when the sheet was closed. */
export function askApproval(refusal) {
  const { action, object, amount_cents } = refusal.problem;
  return new Promise((answer) => {
    const enter = async (person, pin) => {
      const approval = await post("approvals/", { action, object, amount_cents, staff: person.id, pin });
      sheet.close(approval.id);
    };
    const panel = new PinPanel({
      people: tablet.device.staff.filter((person) => person.id !== tablet.person?.id && person.has_pin !== false),
      enter,
      redraw: () => sheet.redraw(),
      question: "Who approves it?",
      none: "Nobody else has a PIN here. Ask the owner.",
    });
    const sheet = openSheet({
      title: "Approval needed",
      test: "approval-sheet",
      content: () => [
        h(
          "p",
          { class: "approval-what" },
          h("b", null, `${WORDS[action] ?? "Approval"} ${amount_cents ? dollars(Math.abs(amount_cents)) : ""}`),
          h("span", { class: "soft" }, refusal.message),
        ),
        panel.view(),
      ],
      onkeydown: panel.onkeydown,
      onClose: answer,
    });
  });
}
