// SPDX-License-Identifier: Apache-2.0
// Lets the page open without network. It keeps the page's own files and nothing else: no answer of the API is ever cached, and a code needs
// no service worker to be made.
const kCache = "yukuai-__VERSION__";
const kFiles = ["__FILES__"];

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(kCache)
      .then((cache) => cache.addAll(kFiles.map((path) => new Request(path, { cache: "reload" }))))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== kCache).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin || !kFiles.includes(url.pathname)) return;
  // By path, because ?elder=1 is the same page.
  event.respondWith(
    caches
      .open(kCache)
      .then((cache) => cache.match(url.pathname))
      .then((kept) => kept ?? fetch(event.request)),
  );
});
