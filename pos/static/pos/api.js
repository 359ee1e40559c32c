/** Talking to the studio's server: one request, one answer, and the two ways it can go wrong. */

import { noteContact } from "./contact.js";

const TIMEOUT_MS = 15_000;
const PATIENCE = 5; // repeats while the server says that the same request is still under way
const listeners = { signedOut: () => {}, deviceUnknown: () => {} };

/** The server said no; `message` is a sentence for the cashier. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || "That did not work.");
    Object.assign(this, { status, code: problem.code ?? "", problem });
  }
}

/** No clear answer: the request may or may not have been carried out. */
export class Unreached extends Error {}

/** Says whom to tell when the person was signed out or the tablet is not known (any more). */
export function onAccessLost(handlers) {
  Object.assign(listeners, handlers);
}

export const get = (path, query) => send("GET", withQuery(path, query));
export const put = (path, body, query) => send("PUT", withQuery(path, query), body);
export const post = (path, body) => send("POST", path, body);
export const del = (path) => send("DELETE", path);

async function send(method, path, body, repeats = PATIENCE) {
  const response = await reach(method, path, body);
  const answer = await read(response);
  if (response.ok) noteContact(response);
  if (response.ok) return answer;
  const wait = Number(response.headers.get("Retry-After"));
  if (response.status === 409 && wait > 0 && repeats > 0) {
    await new Promise((done) => setTimeout(done, wait * 1000));
    return send(method, path, body, repeats - 1);
  }
  if (response.status >= 500) throw new Unreached(answer?.detail || "The server has a problem. Nothing is lost here.");
  const refusal = new Refused(response.status, answer ?? {});
  if (response.status === 401) tellAccessLost(refusal);
  throw refusal;
}

async function reach(method, path, body) {
  const headers = { Accept: "application/json, application/problem+json" };
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    return await fetch(document.body.dataset.api + path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new Unreached("No connection to the studio’s server. Nothing is lost here.");
  }
}

async function read(response) {
  if (response.status === 204) return null;
  try {
    return await response.json();
  } catch {
    if (response.ok) throw new Unreached("The answer was cut off. Nothing is lost here.");
    return null;
  }
}

function tellAccessLost(refusal) {
  if (refusal.code === "device_unknown") listeners.deviceUnknown();
  else listeners.signedOut();
}

function csrfToken() {
  const name = `${document.body.dataset.csrfCookie}=`;
  const found = document.cookie.split("; ").find((pair) => pair.startsWith(name));
  return found ? decodeURIComponent(found.slice(name.length)) : "";
}

function withQuery(path, query) {
  const given = Object.entries(query ?? {}).filter(
    ([, value]) => value !== null && value !== undefined && value !== "",
  );
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}
