// SPDX-License-Identifier: Apache-2.0
// The code on the screen: when it is made, when it is replaced, when it must not be shown. Runs only while the page is visible.
//
// A code is replaced after the server's refresh interval, and never later than at 80 % of its own validity, so that nobody stands at a gate
// with one that runs out while it is read.
import { type Grant, grantState } from "@yukuai/kit/grant_box";
import { type QrModules, encodeQr } from "@yukuai/kit/qr";
import { computed, onMounted, onUnmounted, reactive, ref } from "vue";

import { type Ride, type Session } from "./session";

const kTick = 250;
const kGrantRetry = 20_000;
const kValidityUsed = 0.8;

export interface LiveCode {
  modules: QrModules | undefined;
  generatedAt: number; // Unix milliseconds, by the server's clock.
  now: number;
  used: { at: string; point: { zh: string; en: string } } | undefined;
  trouble: unknown;
  waiting: boolean; // The first grant is being fetched.
}

export function useLiveCode(session: Session) {
  const live = reactive<LiveCode>({ modules: undefined, generatedAt: 0, now: session.clock.now(), used: undefined, trouble: undefined, waiting: true });
  const grant = ref<Grant>();
  const period = computed(() => {
    const of = grant.value;
    return of ? Math.min(of.refreshSeconds, Math.floor(of.validSeconds * kValidityUsed)) * 1000 : 60_000;
  });
  const secondsLeft = computed(() => Math.max(0, Math.ceil((live.generatedAt + period.value - live.now) / 1000)));
  const shareLeft = computed(() => Math.max(0, Math.min(1, (live.generatedAt + period.value - live.now) / period.value)));
  const clockTrusted = ref(session.clock.trusted);
  let askedAt = Number.NEGATIVE_INFINITY;
  let asking = false;
  let timer: ReturnType<typeof setInterval> | undefined;
  let lock: WakeLockSentinel | undefined;

  function make(): void {
    if (!grant.value) return;
    live.now = session.clock.now();
    live.generatedAt = Math.floor(live.now / 1000) * 1000;
    live.modules = Object.freeze(encodeQr(grant.value.maker.make(live.generatedAt / 1000), "L"));
    live.used = undefined;
  }

  // Asks for a grant when one is wanted, and not again for a while after a failure: pressing the button asks at once.
  async function ask(atOnce = false): Promise<void> {
    const group = session.group;
    if (asking || session.state.frozen || (!atOnce && Date.now() - askedAt < kGrantRetry)) return;
    askedAt = Date.now();
    asking = true;
    try {
      if (group === undefined) await session.loadCity();
      grant.value = await session.grant(group ?? session.group!);
      live.trouble = undefined;
      make();
    } catch (error) {
      grant.value = undefined;
      live.modules = undefined;
      live.trouble = error;
    } finally {
      asking = false;
      live.waiting = false;
    }
  }

  function tick(): void {
    live.now = session.clock.now();
    clockTrusted.value = session.clock.trusted || !session.clock.everCorrected;
    if (session.state.frozen || !clockTrusted.value) {
      live.modules = undefined;
      return;
    }
    const state = grantState(grant.value, live.now, session.journeyOpen);
    if (state !== "good") void ask();
    if (state === "dead") {
      live.modules = undefined;
      grant.value = undefined;
    } else if (!live.modules || live.now >= live.generatedAt + period.value || live.now < live.generatedAt - 1000) {
      make(); // Also when the clock was corrected backwards: gates refuse a code from their future.
    }
  }

  async function wake(): Promise<void> {
    try {
      lock = await navigator.wakeLock?.request("screen");
    } catch {
      // Refused on low battery: the screen may dim, nothing else.
    }
  }

  function start(): void {
    if (timer !== undefined) return;
    timer = setInterval(tick, kTick);
    if (grant.value) make(); // What was on the screen before may be old or photographed.
    tick();
    void wake();
  }

  function stop(): void {
    clearInterval(timer);
    timer = undefined;
    void lock?.release().catch(() => undefined);
    lock = undefined;
  }

  function visibility(): void {
    if (document.visibilityState === "visible") start();
    else stop();
  }

  // A gate that reported while this code was on the screen has read this code.
  const unlisten = session.onRide((ride: Ride) => {
    const tap = ride.exited_at && ride.exit_point ? { at: ride.exited_at, point: ride.exit_point } : { at: ride.entered_at, point: ride.entry_point };
    const when = Date.parse(tap.at);
    if (live.modules && when >= live.generatedAt - 1000 && when <= live.generatedAt + period.value) live.used = tap;
  });

  onMounted(() => {
    document.addEventListener("visibilitychange", visibility);
    visibility();
  });
  onUnmounted(() => {
    document.removeEventListener("visibilitychange", visibility);
    unlisten();
    stop();
  });

  return {
    live,
    grant,
    secondsLeft,
    shareLeft,
    clockTrusted,
    refresh: () => {
      if (grant.value) make();
      else void ask(true);
    },
  };
}
