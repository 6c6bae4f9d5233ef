// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { ServerClock } from "./server_clock";

function device(start: number) {
  const state = { now: start, text: null as string | null };
  const memory = { read: () => state.text, write: (text: string) => void (state.text = text) };
  return { state, clock: () => new ServerClock(() => state.now, memory) };
}

const kHour = 3_600_000;

describe("ServerClock", () => {
  it("corrects a device that is ten minutes slow", () => {
    const { state, clock } = device(1_000_000);
    const corrected = clock();
    corrected.correct(1_600_100, 1_000_000, 1_000_200);
    state.now = 1_001_000;
    expect(corrected.now()).toBe(1_601_000);
    expect(corrected.trusted).toBe(true);
  });

  it("is not trusted before it has heard a server", () => {
    expect(device(1_000_000).clock().trusted).toBe(false);
  });

  it("keeps the correction over a restart without network", () => {
    const { state, clock } = device(1_000_000);
    clock().correct(1_600_000, 1_000_000, 1_000_000);
    state.now += kHour;
    const restarted = clock();
    expect(restarted.now()).toBe(1_600_000 + kHour);
    expect(restarted.trusted).toBe(true);
  });

  it("is not trusted once it shows a time before one it has shown", () => {
    const { state, clock } = device(1_000_000_000);
    const first = clock();
    first.correct(1_000_000_000, 1_000_000_000, 1_000_000_000);
    state.now += kHour;
    first.now();
    state.now -= 5_000; // Network time may take a little back.
    expect(clock().trusted).toBe(true);
    state.now -= 1;
    expect(clock().trusted).toBe(false);
    const again = clock();
    again.correct(1_000_000_000 + 2 * kHour, state.now, state.now);
    expect(again.trusted).toBe(true);
  });

  it("takes damaged memory for none", () => {
    const { state, clock } = device(1_000);
    for (const text of ["", "{", "null", '{"offset":"1","seen":2}', "[]"]) {
      state.text = text;
      expect(clock().trusted).toBe(false);
    }
  });
});
