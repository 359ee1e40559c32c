/** A receipt's link that a scanner types, wherever the page stands: opens the receipt. */

const LINK = /\/r\/([A-Za-z0-9_-]{22})(?:\.pdf)?(?:\?copy)?$/;
const PAUSE_MS = 100; // between two keys of a scanner; a person's fingers are slower
const LONGEST = 300;

/** The token of a receipt's link, or undefined. */
export const receiptToken = (text) => LINK.exec(text.trim())?.[1];

/** Calls `found(token)` for a link that was typed in one go and ended with Enter. */
export function watchScanner(found) {
  let typed = "";
  let last_at = 0;
  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.timeStamp - last_at > PAUSE_MS) typed = "";
    last_at = event.timeStamp;
    if (event.key.length === 1) typed = (typed + event.key).slice(-LONGEST);
    if (event.key !== "Enter") return;
    const token = receiptToken(typed);
    typed = "";
    if (!token) return;
    event.preventDefault();
    event.stopPropagation();
    emptyField(event.target);
    found(token);
  };
  document.addEventListener("keydown", onKey, true);
}

/** What the scanner typed into a field was not meant for it. */
function emptyField(field) {
  if (!(field instanceof HTMLInputElement)) return;
  const before = field.value.replace(/https?:\/\/\S*$/, "");
  if (before === field.value) return;
  field.value = before;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
