// SPDX-License-Identifier: Apache-2.0
// How the page speaks and looks: language, elder view, and the forms of money and time. Chosen once, remembered on the phone.
import { type ComputedRef, type InjectionKey, type Ref, computed, inject, ref, watchEffect } from "vue";

import { type Locale, type Messages, kMessages } from "./messages";

export interface View {
  readonly locale: Ref<Locale>;
  readonly elder: Ref<boolean>;
  readonly t: ComputedRef<Messages>;
  pick(text: { zh: string; en: string }): string;
  money(fen: number): string;
  time(when: string | number): string; // HH:MM
  day(when: string | number): string;
  moment(when: string | number): string; // day and time
}

export const kView: InjectionKey<View> = Symbol("view");
export const useView = (): View => inject(kView)!;

const kZone = "Asia/Shanghai"; // The city's time, wherever the phone thinks it is.

export function makeView(search: URLSearchParams, memory: Storage, browserLanguage: string): View {
  const remembered = (name: string, asked: string | null): string | null => {
    if (asked !== null) memory.setItem(name, asked);
    return memory.getItem(name);
  };
  const language = remembered("language", search.get("lang")) ?? (browserLanguage.toLowerCase().startsWith("en") ? "en" : "zh");
  const locale = ref<Locale>(language === "en" ? "en" : "zh");
  const elder = ref(remembered("elder", search.get("elder")) === "1");

  watchEffect(() => {
    memory.setItem("language", locale.value);
    memory.setItem("elder", elder.value ? "1" : "0");
    document.documentElement.lang = locale.value === "zh" ? "zh-CN" : "en";
    document.documentElement.classList.toggle("elder", elder.value);
  });

  const formats = computed(() => {
    const form = (options: Intl.DateTimeFormatOptions) =>
      new Intl.DateTimeFormat(locale.value === "zh" ? "zh-CN" : "en-GB", { timeZone: kZone, ...options });
    return {
      time: form({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
      day: form({ month: "long", day: "numeric", weekday: "short" }),
      moment: form({ year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
    };
  });
  const date = (when: string | number) => new Date(when);
  return {
    locale,
    elder,
    t: computed(() => kMessages[locale.value]),
    pick: (text) => text[locale.value],
    money: (fen) => `${fen < 0 ? "−" : ""}¥${Math.floor(Math.abs(fen) / 100)}.${String(Math.abs(fen) % 100).padStart(2, "0")}`,
    time: (when) => formats.value.time.format(date(when)),
    day: (when) => formats.value.day.format(date(when)),
    moment: (when) => formats.value.moment.format(date(when)),
  };
}
