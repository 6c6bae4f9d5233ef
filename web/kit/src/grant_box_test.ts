// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { type Grant, grantState } from "./grant_box";

const grant = { serviceDayEnds: 1_000, notAfter: 5_000 } as Grant;

describe("grantState", () => {
  it.each([
    { now: 999, journeyOpen: false, state: "good" },
    { now: 1_000, journeyOpen: false, state: "wants_new" },
    { now: 1_000, journeyOpen: true, state: "good" }, // The exit must carry the card account of the entry.
    { now: 5_000, journeyOpen: true, state: "good" },
    { now: 5_001, journeyOpen: true, state: "dead" },
    { now: 5_001, journeyOpen: false, state: "dead" },
  ])("at $now, journey open $journeyOpen: $state", ({ now, journeyOpen, state }) => {
    expect(grantState(grant, now, journeyOpen)).toBe(state);
  });

  it("is dead without a grant", () => expect(grantState(undefined, 0, false)).toBe("dead"));
});
