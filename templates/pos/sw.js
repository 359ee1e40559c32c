/* Keeps the desk page and its files on the tablet, so that it opens without the server. No answer of the API is kept. */
const KEPT = "footfall-desk-{{ version }}";
const PAGE = "{{ page }}";
const FILES = [
{% for file in files %}  "{{ file }}",
{% endfor %}];
const PATIENCE_MS = 3000;

self.addEventListener("install", (event) => event.waitUntil(keepAll()));
self.addEventListener("activate", (event) => event.waitUntil(forgetOthers()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate" && pathname === PAGE) event.respondWith(page(request));
  else if (FILES.includes(pathname)) event.respondWith(file(request));
});

async function keepAll() {
  const kept = await caches.open(KEPT);
  await kept.addAll([PAGE, ...FILES].map((address) => new Request(address, { cache: "no-cache" })));
  await self.skipWaiting();
}

async function forgetOthers() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== KEPT && name.startsWith("footfall-desk-")).map((name) => caches.delete(name)));
  await self.clients.claim();
}

/* The page itself from the server, if it answers soon. */
async function page(request) {
  const kept = await caches.open(KEPT);
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.ok && !answer.redirected) await kept.put(PAGE, answer.clone());
    if (answer.status < 500) return answer;
  } catch {
    // The server is away, or slow.
  }
  return (await kept.match(PAGE)) ?? Response.error();
}

async function file(request) {
  const kept = await caches.open(KEPT);
  return (await kept.match(request)) ?? fetch(request);
}
