/** What refunds and voids share: a reason, the effect shown first, another person's yes, and the money to hand over. */

import { put } from "./api.js";
import { withApproval } from "./approval.js";
import { button, moneyButton, reasonChips, tryAgainButton } from "./buttons.js";
import { alertBox, h, icon } from "./dom.js";
import { showGivenBack } from "./done.js";
import { draft, dropDraft, keepDraft } from "./drafts.js";
import { amountAndWay, entryView, handedOver, legsView, legWords, onCards } from "./effect.js";
import { dollars } from "./money.js";
import { waitWords } from "./pages.js";
import { Panel } from "./panel.js";
import { patience } from "./signal.js";
import { tablet } from "./tablet.js";

/**
 * Money going back; a subclass knows its `path`, `what()` to send, the `parts()` of the page that say what goes back,
 * the `tenders()` in which it goes, and what of it is `kept()` over a reload. `over(changed)` is called when it is done
 * or given up.
 */
export class GivingBack extends Panel {
  constructor({ name, verb, sale, ...facts }) {
    super({ name, verb, sale, effect: null, refused: "", asked: 0, ...facts });
    this.reason = this.draft?.reason ?? null;
    this.wait = patience(() => this.redraw());
  }

  get draft() {
    return draft(`${this.name} ${this.sale.id}`);
  }

  remember() {
    keepDraft(`${this.name} ${this.sale.id}`, { ...this.kept(), reason: this.reason });
  }

  kept() {
    return {};
  }

  body() {
    return { ...this.what(), reason: this.reason ?? tablet.catalog.refund_reasons[0].code }; // a rehearsal needs one too
  }

  /** Asks the server what would happen; only the newest question counts. */
  async foresee() {
    const mine = (this.asked += 1);
    this.wait.stop();
    if (this.isEmpty()) return;
    this.wait.start();
    let told;
    try {
      told = { effect: await put(this.path, this.body(), { dry_run: 1 }), refused: "" };
    } catch (error) {
      told = { effect: null, refused: error.message };
    }
    if (mine !== this.asked) return;
    this.wait.stop();
    this.set(told);
  }

  send() {
    if (!this.reason) return void this.set({ trouble: "Choose a reason first." });
    return this.attempt(async () => {
      const done = await withApproval((approval) => put(this.path, { ...this.body(), ...(approval && { approval }) }));
      dropDraft(`${this.name} ${this.sale.id}`);
      const tenders = this.tenders(done);
      const { words, url } = this.paper(done);
      showGivenBack({ ...whatIsLeftToDo(tenders, words), url, next: () => this.over(true) });
    });
  }

  giveUp() {
    dropDraft(`${this.name} ${this.sale.id}`);
    this.over(false);
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
        choose: (reason) => this.choose(reason),
      }),
      this.effectView(),
      alertBox(this.refused || this.trouble, this.refused ? tryAgainButton(() => this.foresee()) : null),
      h(
        "div",
        { class: "row actions" },
        this.sendButton(),
        button("keep-sale", { class: "btn quiet", disabled: this.busy }, () => this.giveUp(), "Keep the sale"),
      ),
    );
  }

  choose(reason) {
    this.set({ reason, trouble: "" });
    this.remember();
  }

  /** Where the money goes, what it is for, and whether somebody else must agree. */
  effectView() {
    const { effect } = this;
    if (!effect) return this.wait.phase && !this.isEmpty() ? waitWords(this.wait) : null;
    const asks = h("p", { class: "info", key: "asks" }, icon("person"), "Another person’s PIN will be asked for.");
    return [
      legsView(this.tenders(effect)),
      this.sums(effect),
      entryView(effect.entry),
      effect.approval_needed ? asks : null,
    ];
  }

  sums() {
    return null;
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
    return this.effect ? `${this.verb} ${amountAndWay(this.tenders(this.effect))}` : this.verb;
  }
}

/** What the desk must hand over itself, and what the bank says of the rest: a line for each part. */
function whatIsLeftToDo(tenders, words) {
  const cards = onCards(tenders);
  const byHand = tenders.filter((tender) => !tender.charge);
  const failed = cards.filter(({ state }) => state === "failed");
  const fine = cards.filter(({ state }) => state !== "failed");
  const back = dollars(handedOver(tenders));
  return {
    title: byHand.length || !cards.length ? `Give back ${dollars(handedOver(byHand))}` : `${back} back to the card`,
    facts: [...byHand.map(legWords), ...fine.map(({ sentence }) => sentence), words],
    trouble: failed.map(({ sentence }) => sentence).join(" "),
  };
}
