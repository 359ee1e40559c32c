/** Freezing, changing and cancelling a membership: what it would do is shown before it is done. */

import { del, get, put } from "./api.js";
import { withApproval } from "./approval.js";
import { button, chip, moneyButton } from "./buttons.js";
import { openConfirm } from "./confirm.js";
import { alertBox, h } from "./dom.js";
import { termsText } from "./joining.js";
import { dollars } from "./money.js";
import { Panel } from "./panel.js";
import { often } from "./plans.js";
import { openSheet } from "./sheet.js";
import { tablet } from "./tablet.js";

const REASONS = {
  own_wish: "Own wish",
  moved: "Moved away",
  medical: "Medical",
  disability: "Disability",
  death: "Death",
};

export function openFreeze(member, done, wish = { months: 1, reason: "" }) {
  open({
    member,
    done,
    what: "freeze",
    title: `Freeze ${member.plan.name}`,
    words: "Freeze it",
    wish,
    choices: (wish, choose) => [
      choiceOf("For", months(member, wish).map((count) => [monthWords(count), { months: count }]), wish, choose),
      choiceOf("Why", [["Own wish", { reason: "" }], ["Medical", { reason: "medical" }]], wish, choose),
    ],
  });
}

export function openChange(member, done) {
  const plans = tablet.catalog.plans.filter(({ code }) => code !== member.plan.code);
  if (!plans.length) return openNothing("There is no other membership on sale.");
  return open({
    member,
    done,
    what: "change",
    title: `Change ${member.plan.name}`,
    words: "The client agrees: change it",
    wish: { plan: plans[0].code, when: "renewal" },
    prepare: agreement,
    choices: (wish, choose) => [
      choiceOf("To", plans.map(planChoice), wish, choose),
      choiceOf("When", [["At the renewal", { when: "renewal" }], ["Now", { when: "now" }]], wish, choose),
    ],
  });
}

export function openCancelling(member, done) {
  open({
    member,
    done,
    what: "cancellation",
    title: `Cancel ${member.plan.name}`,
    words: "Cancel it",
    wish: { why: "own_wish" },
    choices: (wish, choose) => [
      choiceOf("Why", Object.entries(REASONS).map(([why, words]) => [words, { why }]), wish, choose),
    ],
  });
}

/** Takes a planned freeze, change or cancellation back, with what that does shown first. */
export function takeBack(member, what, done) {
  open({ member, done, what, title: `Take the ${what} back`, words: "Take it back", wish: null, choices: () => [] });
}

/** Nothing is to be paid for leaving early; who may not say so alone asks somebody who may. */
export function waiveExitFee(member, done) {
  const path = `memberships/${member.id}/cancellation/waiver`;
  openConfirm({
    title: "Waive the fee",
    test: "waive-fee-sheet",
    words: `${member.client.name} pays nothing for leaving early: ${dollars(member.cancellation.fee_cents)} are waived.`,
    label: "Waive it",
    act: () => withApproval((approval) => put(path, approval ? { approval } : {})),
    done,
  });
}

const planChoice = (plan) => [`${plan.name} · ${dollars(plan.price_cents)} ${often(plan)}`, { plan: plan.code }];
const monthWords = (count) => (count === 1 ? "1 month" : `${count} months`);
const months = ({ freeze_months_left }, { reason }) =>
  Array.from({ length: reason === "medical" ? 6 : freeze_months_left }, (_, place) => place + 1);

/** The terms that the client agrees to with another plan. */
async function agreement({ plan }) {
  const { text, text_hash } = await get(`plans/${plan}/terms`);
  return { text, fields: { text_hash } };
}

function openNothing(words) {
  openSheet({ title: "Change", test: "change-sheet", content: () => h("p", null, words) });
}

function open(facts) {
  const form = new Rehearsed({ effect: null, text: "", fields: {}, asked: 0, ...facts, redraw: () => sheet.redraw() });
  const sheet = openSheet({
    title: facts.title,
    wide: Boolean(facts.prepare),
    test: `${facts.what}-sheet`,
    content: () => form.view(),
  });
  form.close = sheet.close;
  form.rehearse();
}

/** A wish, what it would do, and the button that does it; only what was shown can be done. */
class Rehearsed extends Panel {
  get path() {
    return `memberships/${this.member.id}/${this.what}`;
  }

  choose = (part) => {
    Object.assign(this.wish, part);
    this.rehearse();
  };

  send(query, approval) {
    if (!this.wish) return del(`${this.path}${query}`);
    return put(`${this.path}${query}`, { ...this.wish, ...this.fields, ...(approval && { approval }) });
  }

  /** Only the newest wish counts. */
  async rehearse() {
    const mine = (this.asked += 1);
    this.set({ effect: null, trouble: "" });
    try {
      const { text = "", fields = {} } = (await this.prepare?.(this.wish)) ?? {};
      if (mine !== this.asked) return;
      Object.assign(this, { text, fields });
      const { effect } = await this.send("?dry_run=1");
      if (mine === this.asked) this.set({ effect });
    } catch (error) {
      if (mine === this.asked) this.set({ trouble: error.message });
    }
  }

  carryOut() {
    return this.attempt(async () => {
      await withApproval((approval) => this.send("", approval));
      this.close();
      await this.done();
    });
  }

  view() {
    const { effect, trouble, busy, text } = this;
    const send = { class: "btn primary big", disabled: busy || !effect };
    return h(
      "div",
      { class: "stack" },
      this.choices(this.wish, this.choose),
      text ? termsText(text) : null,
      alertBox(trouble),
      effect ? effectList(effect) : null,
      !effect && !trouble ? h("p", { class: "soft", role: "status" }, "Working out what it does …") : null,
      moneyButton("do-it", send, () => this.carryOut(), busy ? "Saving …" : this.words),
      button("do-not", { class: "btn quiet" }, this.close, "Leave it as it is"),
    );
  }
}

function effectList(effect) {
  const list = effect.map((words) => h("li", null, words));
  return h("div", { role: "status", "data-test": "effect" }, h("ul", { class: "effect" }, list));
}

/** Chips for the parts of a wish; the pressed one is that which the wish holds. */
function choiceOf(legend, options, wish, choose) {
  const isChosen = (part) => Object.entries(part).every(([name, value]) => wish[name] === value);
  const named = (part) => `choose-${Object.values(part)[0] || "own"}`;
  const one = ([words, part]) => chip(named(part), isChosen(part), () => choose(part), words);
  const chips = h("div", { class: "chips wrap" }, options.map(one));
  return h("fieldset", { class: "plain", key: legend }, h("legend", null, legend), chips);
}
