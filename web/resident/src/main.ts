// SPDX-License-Identifier: Apache-2.0
// Makes the things the page consists of, and joins them.
import { createApp } from "vue";

import App from "./app.vue";
import { makeRouter } from "./router";
import { Session, kSession } from "./session";
import { kView, makeView } from "./view";

const session = new Session();
await session.open();
const view = makeView(new URLSearchParams(location.search), localStorage, navigator.language);
createApp(App).provide(kSession, session).provide(kView, view).use(makeRouter(session)).mount("#app");

// After the page has drawn itself: the first code must not wait for the offline copy. `load` may be over by now, because this module awaits.
function keepOfflineCopy(): void {
  void navigator.serviceWorker?.register("/sw.js").catch(() => undefined);
}
if (document.readyState === "complete") keepOfflineCopy();
else addEventListener("load", keepOfflineCopy, { once: true });
