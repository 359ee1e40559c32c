/** The screen while a card is waited for: what is going on in one sentence, and what can be done next. */

import { button, moneyButton } from "./buttons.js";
import { listenCharge, lookNow, talk, want } from "./charge.js";
import { h, icon } from "./dom.js";
import { askEmail } from "./handout.js";
import { lock } from "./lock.js";
import { dollars } from "./money.js";
import { qrFigure } from "./qrcode.js";
import { askReader, listenReaders, readerOf, readers } from "./readers.js";
import { openCover } from "./sheet.js";
import { sync } from "./sync.js";
import { listenTablet, tablet } from "./tablet.js";

/** What a state looks like, and the buttons that lead on from it. */
const STATES = {
  asking: { look: "calm", picture: "card", next: takeBack },
  waiting: { look: "calm", picture: "card", next: takeBack },
  checking: { look: "calm", picture: "wait", next: takeBack },
  cancelling: { look: "warn", picture: "undo", next: check },
  declined: { look: "bad", picture: "alert", next: choices },
  cancelled_at_reader: { look: "warn", picture: "close", next: choices },
  reader_gone: { look: "warn", picture: "away", next: choices },
  reader_failed: { look: "warn", picture: "alert", next: choices },
  card_gone: { look: "bad", picture: "alert", next: choices },
  tired_out: { look: "bad", picture: "alert", next: choices },
  refused: { look: "warn", picture: "alert", next: choices },
  away: { look: "warn", picture: "away", next: check },
  paid: { look: "good", picture: "check", next: () => null },
};
let cover = null;

/** Shows the screen whenever a card is waited for and somebody is signed on. */
export function watchCharges() {
  [listenCharge, listenTablet, listenReaders].forEach((listen) => listen(show));
}

function show() {
  const wanted = talk.step && tablet.person;
  if (wanted && cover) cover.redraw();
  else if (wanted) cover = openCover({ labelledby: "card-words", test: "card-screen", content: view, onClose: closed });
  else cover?.close();
}

/** Whoever closed it, a card that is still waited for is not out of sight. */
function closed() {
  cover = null;
  show();
}

function view() {
  const { name, words } = state();
  const { look, picture, next } = STATES[name] ?? STATES.checking;
  const { body, card } = talk.step;
  return [
    tablet.device.demo ? h("p", { class: "demo-strip", key: "demo" }, "Test payments") : null,
    h(
      "div",
      { class: `card-wait ${look}`, key: "wait", "data-test": `card-${name}` },
      h("div", { class: "card-picture", key: `picture ${name}` }, icon(picture)),
      h(
        "div",
        { class: "stack", role: "status", "aria-atomic": "true" },
        h("h2", { id: "card-words", "data-test": "card-words" }, words),
        h("p", { class: "total-amount num" }, dollars(body.amount_cents)),
        h("p", { class: "soft" }, card.reader?.label),
      ),
      name === "waiting" && talk.charge.qr ? payCode(talk.charge.qr) : null,
      h("div", { class: "row", key: `next ${name}` }, next()),
      simulator(card.reader?.id),
    ),
    name === "paid" ? null : lockButton(),
  ];
}

const lockButton = () =>
  button("card-lock", "btn quiet card-lock", lock, icon("lock"), `${tablet.person.name} · Lock`);

/** The state by name, with the sentence for it: the server's own as far as it has one. */
function state() {
  const { charge, asking, refused, away, late } = talk;
  const { card } = talk.step;
  if (away) return { name: "away", words: away };
  if (charge?.state === "paid") return { name: "paid", words: late ? "The card was charged." : charge.sentence };
  if (asking) return card.wish === "back" ? takingBack : { name: "asking", words: askingWords(card) };
  if (refused) return { name: "refused", words: refused };
  return { name: charge.state, words: charge.sentence.split(" · ")[0] }; // amount and reader stand below it
}

const takingBack = { name: "cancelling", words: "Taking it back…" };

function askingWords({ reader, isSeen, wish }) {
  if (isSeen && wish === "pay") return "Looking how it stands…";
  return reader ? `Asking ${reader.label}…` : "Asking the bank…";
}

function takeBack() {
  return step("card-back", () => want("back"), icon("close"), "Cancel");
}

/** The code that the client's phone pays by, and the way to send it instead. */
function payCode(qr) {
  const mail = () => askEmail({ title: "E-mail the pay link", path: `${talk.step.path}/mail`, client: sync.sale?.client });
  return [
    qrFigure(qr, "Code with the link to pay", "The client scans this with a phone"),
    button("link-mail", { class: "btn", key: "link-mail" }, mail, icon("mail"), "E-mail it"),
  ];
}

function check() {
  return step("card-look", lookNow, "Check now");
}

function choices() {
  const another = () => askReader({ act: again, current: talk.step.card.reader?.id, title: "Another reader" });
  return [
    moneyButton("card-again", { class: "btn primary big" }, () => again(), "Try again"),
    readers.list.length > 1 ? step("card-another", another, "Another reader") : null,
    step("card-back", () => want("back"), "Other way to pay"),
  ];
}

/** A button that takes one tap, wherever the second half of a double tap lands. */
const step = (test, act, ...words) => moneyButton(test, { class: "btn big" }, act, ...words);

const again = (reader) => want("again", reader && { id: reader.id, label: reader.label });

function simulator(id) {
  const url = readerOf(id)?.simulator_url;
  if (!url) return null;
  const look = { class: "btn quiet", "data-test": "simulator", key: "simulator" };
  return h("a", { ...look, href: url, target: "_blank", rel: "noopener" }, icon("card"), "Open the simulated reader");
}
