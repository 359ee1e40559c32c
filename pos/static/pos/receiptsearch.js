/** Finding receipts by what was typed or scanned: a link, a number, an amount, or a client. */

import { get } from "./api.js";
import { receiptToken } from "./scanned.js";

const NUMBER = /^(?:[A-Za-z]{1,8}-0*(\d{1,9})|0*(\d{1,6}))$/; // more digits are a phone number
const AMOUNT = /^\$?\s?(\d{1,6})(?:\.(\d{2}))?$/;
const CLIENTS = 8;

/** What the words can mean, each as a question to the list of sales; or a search for clients by `words`. */
export function meanings(text) {
  const words = text.trim();
  const token = receiptToken(words);
  if (token) return { queries: [{ receipt_token: token }] };
  const queries = [numberQuery(words), amountQuery(words)].filter(Boolean);
  return queries.length ? { queries } : { queries: [], words };
}

/** A page of sales; with `clients` when the words were a name, of whom `chosen` or the first one is shown. */
export async function findReceipts(text, chosen, cursor) {
  if (cursor) return get("sales/", cursor);
  const { queries, words } = meanings(text);
  if (words) return ofClient(words, chosen);
  const pages = await Promise.all(queries.map((query) => get("sales/", query)));
  const all = pages.flatMap(({ results }) => results);
  const once = [...new Map(all.map((sale) => [sale.id, sale])).values()];
  return { results: once, next: pages.length === 1 ? pages[0].next : null };
}

async function ofClient(words, chosen) {
  const { results } = await get("clients/", { search: words });
  const clients = results.slice(0, CLIENTS);
  const client = clients.find(({ id }) => id === chosen) ?? clients[0];
  const page = client ? await get("sales/", { client: client.id }) : { results: [], next: null };
  return { ...page, clients, client: client?.id };
}

function numberQuery(words) {
  const [, titled, bare] = NUMBER.exec(words) ?? [];
  const number = Number(titled ?? bare ?? 0);
  return number > 0 && number < 2 ** 31 ? { receipt: number } : null;
}

function amountQuery(words) {
  const [, whole, cents = "00"] = AMOUNT.exec(words) ?? [];
  return whole ? { total_cents: Number(whole) * 100 + Number(cents) } : null;
}
