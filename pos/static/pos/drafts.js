/** What is being typed: it outlives a reload of this tab, and is gone when the tablet locks. */

const PREFIX = "footfall.draft.";

export function draft(name) {
  try {
    return JSON.parse(sessionStorage.getItem(PREFIX + name));
  } catch {
    return null;
  }
}

export function keepDraft(name, facts) {
  try {
    sessionStorage.setItem(PREFIX + name, JSON.stringify(facts));
  } catch {
    // A full or blocked store costs the draft only when the page is reloaded.
  }
}

export function dropDraft(name) {
  try {
    sessionStorage.removeItem(PREFIX + name);
  } catch {
    // What can not be kept can not be dropped.
  }
}

/** Forgets all of them; names never stay on a tablet that is locked. */
export function forgetDrafts() {
  for (const name of ours()) dropDraft(name.slice(PREFIX.length));
}

function ours() {
  try {
    return Object.keys(sessionStorage).filter((name) => name.startsWith(PREFIX));
  } catch {
    return [];
  }
}
