/** What refunds and voids share: a reason, the effect shown first, another person's yes, and the money to hand over. */

import { put } from "./api.js";
import { withApproval } from "./approval.js";
import { button, moneyButton, reasonChips, tryAgainButton } from "./buttons.js";
import { alertBox, h } from "./dom.js";
import { showGivenBack } from "./done.js";
import { destination, handedOver, onCards } from "./effect.js";
import { dollars } from "./money.js";
import { Panel } from "./panel.js";
import { tablet } from "./tablet.js";

/**
 * Money going back; a subclass knows its `path`, `what()` to send, the `parts()` of the page that say what goes back,
 * and the `tenders()` in which it goes. `over(changed)` is called when it is done or given up.
 */
export class GivingBack extends Panel {
  constructor({ name, verb, ...facts }) {
    super({ name, verb, reason: null, effect: null, refused: "", asked: 0, ...facts });
  }

  body() {
    return { ...this.what(), reason: this.reason ?? tablet.catalog.refund_reasons[0].code }; // a rehearsal needs one too
  }

  /** Asks the server what would happen; only the newest question counts. */
  async foresee() {
    const mine = (this.asked += 1);
    if (this.isEmpty()) return;
    try {
      const effect = await put(this.path, this.body(), { dry_run: 1 });
      if (mine === this.asked) this.set({ effect, refused: "" });
    } catch (error) {
      if (mine === this.asked) this.set({ effect: null, refused: error.message });
    }
  }

  send() {
    if (!this.reason) return void this.set({ trouble: "Choose a reason first." });
    return this.attempt(async () => {
      const done = await withApproval((approval) => put(this.path, { ...this.body(), ...(approval && { approval }) }));
      const tenders = this.tenders(done);
      const { words, url } = this.paper(done);
      showGivenBack({ ...whatIsLeftToDo(tenders, words), url, next: () => this.over(true) });
    });
  }

  isEmpty() {
    return false;
  }

  view() {
    return h(
      "article",
      { class: "card", key: `${this.name} ${this.sale.id}`, "data-test": `${this.name}-panel` },
      h("h2", null, `${this.verb} ${this.sale.receipt?.title ?? ""}`),
      this.parts(),
      reasonChips({
        reasons: tablet.catalog.refund_reasons,
        chosen: this.reason,
        choose: (reason) => this.set({ reason, trouble: "" }),
      }),
      this.effectView(),
      alertBox(this.refused || this.trouble, this.refused ? tryAgainButton(() => this.foresee()) : null),
      h(
        "div",
        { class: "row actions" },
        this.sendButton(),
        button("keep-sale", { class: "btn quiet", disabled: this.busy }, () => this.over(false), "Keep the sale"),
      ),
    );
  }

  /** Says amount and destination, and is another button when they change under a finger. */
  sendButton() {
    const words = this.sendWords();
    const look = { class: "btn brick big", key: words, disabled: !this.effect || this.busy };
    return moneyButton(`${this.name}-send`, look, () => this.send(), words);
  }

  sendWords() {
    if (this.busy) return "One moment…";
    if (this.isEmpty()) return "Nothing chosen";
    if (!this.effect) return this.verb;
    const tenders = this.tenders(this.effect);
    const isCard = tenders.length === 1 && tenders[0].kind === "card";
    return `${this.verb} ${dollars(handedOver(tenders))} ${isCard ? "to" : "·"} ${destination(tenders)}`;
  }
}

/** What the desk must hand over itself, and what the bank says of the rest. */
function whatIsLeftToDo(tenders, words) {
  const cards = onCards(tenders);
  const byHand = tenders.filter((tender) => !tender.charge);
  const failed = cards.filter(({ state }) => state === "failed");
  const fine = cards.filter(({ state }) => state !== "failed");
  const back = dollars(handedOver(tenders));
  return {
    title: byHand.length || !cards.length ? `Give back ${dollars(handedOver(byHand))}` : `${back} back to the card`,
    facts: [byHand.length ? destination(byHand) : "", ...fine.map(({ sentence }) => sentence), words],
    trouble: failed.map(({ sentence }) => sentence).join(" "),
  };
}
