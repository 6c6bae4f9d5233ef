// SPDX-License-Identifier: Apache-2.0
// Addresses behind #: the server knows one page only, and no address of a resident's page ever reaches a log.
import { type Router, createRouter, createWebHashHistory } from "vue-router";

import type { Session } from "./session";
import CodePage from "./pages/code_page.vue";
import EnrolPage from "./pages/enrol_page.vue";
import HelpPage from "./pages/help_page.vue";
import HistoryPage from "./pages/history_page.vue";
import MePage from "./pages/me_page.vue";
import RidesPage from "./pages/rides_page.vue";

export function makeRouter(session: Session): Router {
  const router = createRouter({
    history: createWebHashHistory(),
    routes: [
      { path: "/", name: "code", component: CodePage },
      { path: "/enrol", name: "enrol", component: EnrolPage },
      { path: "/rides", name: "rides", component: RidesPage },
      { path: "/history", name: "history", component: HistoryPage },
      { path: "/me", name: "me", component: MePage },
      { path: "/help", name: "help", component: HelpPage },
      { path: "/:rest(.*)", redirect: "/" },
    ],
    // Not at the first page: scrolling would make the browser lay out what is not drawn yet.
    scrollBehavior: (_to, from, saved) => saved ?? (from.name === undefined ? false : { top: 0 }),
  });
  router.beforeEach((to) => {
    const bound = session.state.phase === "bound";
    if (to.name === "help") return true;
    if (!bound && to.name !== "enrol") return { name: "enrol" };
    if (bound && to.name === "enrol") return { name: "code" };
    return true;
  });
  return router;
}
