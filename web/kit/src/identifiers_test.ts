// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { parseCitizenId, parseCounterCode, parseName } from "./identifiers";

describe("parseCitizenId", () => {
  it.each([
    ["11010519491231002X", "11010519491231002X"], // The example of GB 11643.
    ["11010519491231002x", "11010519491231002X"],
    ["110105 19491231 002X", "11010519491231002X"],
    ["１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X"],
    ["440524188001010014", "440524188001010014"],
  ])("takes %s", (typed, expected) => expect(parseCitizenId(typed)).toBe(expected));

  it.each([["110105194912310020"], ["11010519491231003X"], ["11015019491231002X"], ["1101051949123100"], [""], ["11010519491231002XX"], ["1101051949123100XX"]])(
    "refuses %s",
    (typed) => expect(parseCitizenId(typed)).toBeUndefined(),
  );
});

describe("parseCounterCode", () => {
  it.each([
    ["7KQ2M9XPRT", "7KQ2M9XPRT"],
    ["7kq2m-9xprt", "7KQ2M9XPRT"],
    [" 7KQ2M 9XPRT ", "7KQ2M9XPRT"],
    ["OIL0000000", "0110000000"],
  ])("takes %s", (typed, expected) => expect(parseCounterCode(typed)).toBe(expected));

  it.each([["7KQ2M9XPR"], ["7KQ2M9XPRTT"], ["UUUUUUUUUU"], [""]])("refuses %s", (typed) => expect(parseCounterCode(typed)).toBeUndefined());
});

describe("parseName", () => {
  it.each([
    ["旸喆㛃", "旸喆㛃"],
    ["𠮷田", "𠮷田"],
    [" 阿迪力•买买提 ", "阿迪力·买买提"],
    ["Anna  Maria", "Anna Maria"],
  ])("takes %s", (typed, expected) => expect(parseName(typed)).toBe(expected));

  it.each([[""], ["   "], ["a\u0000b"], ["\ud842"], ["长".repeat(65)]])("refuses %j", (typed) => expect(parseName(typed)).toBeUndefined());
});
