/// <reference lib="webworker" />
// The service worker: hashed files from the cache, everything else from the network, and a page for when there is none.
// A new version waits until the player takes it.

declare const SHELL: readonly string[];
declare const BUILD: string;
declare const self: ServiceWorkerGlobalScope;

const cacheName = `quizmania-${BUILD}`;
const offlinePage = "/offline.html";

async function fill(): Promise<void> {
  const cache = await caches.open(cacheName);
  await cache.addAll([...SHELL, offlinePage]);
}

async function clean(): Promise<void> {
  for (const name of await caches.keys()) if (name !== cacheName) await caches.delete(name);
}

/** Names carry a hash of the content, so what is in the cache is right for ever. */
async function fromCache(request: Request): Promise<Response> {
  const known = await caches.match(request);
  if (known) return known;
  const answer = await fetch(request);
  if (answer.ok) await (await caches.open(cacheName)).put(request, answer.clone());
  return answer;
}

async function page(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch {
    return (await caches.match(offlinePage)) ?? Response.error();
  }
}

self.addEventListener("install", (event) => event.waitUntil(fill()));
self.addEventListener("activate", (event) => event.waitUntil(clean()));
self.addEventListener("message", (event) => {
  if (event.data === "take over") void self.skipWaiting();
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (url.pathname.startsWith("/assets/")) event.respondWith(fromCache(request));
});
