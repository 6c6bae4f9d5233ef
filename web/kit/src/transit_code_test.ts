// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { sm2 } from "sm-crypto-v2";
import { describe, expect, it } from "vitest";

import { fromHex, readU32, toHex } from "./bytes";
import { CodeTemplate, TransitCodeMaker, assemble, generateGrantKey } from "./transit_code";

const vectors = JSON.parse(readFileSync(new URL("../../../tests/vectors/transit-code.json", import.meta.url), "utf8")) as Record<string, string>;
const kCases = [
  { name: "A_v80_x0", issuerField: 0 },
  { name: "B_v80_x32", issuerField: 32 },
];
const code = (name: string) => fromHex(vectors[name]!);
const userKey = fromHex(vectors["user_d"]!);

function userSignatureHolds(bytes: Uint8Array, publicKey: Uint8Array): boolean {
  const signed = bytes.subarray(0, bytes.length - 65);
  return sm2.doVerifySignature(signed, toHex(bytes.subarray(-64)), toHex(publicKey), { hash: true });
}

describe.each(kCases)("code $name", ({ name, issuerField }) => {
  const whole = code(name);
  const template = CodeTemplate.parse(whole.slice(0, 263 + issuerField));

  it("is the vector, byte for byte, when time and signature are the vector's", () => {
    const generatedAt = readU32(whole, 263 + issuerField);
    expect(toHex(assemble(template, generatedAt, whole.slice(-64)))).toBe(vectors[name]);
  });

  it("reads what the template says about itself", () => {
    expect(toHex(template.userKey)).toBe(vectors["user_pub"]);
    expect(template.authorisationExpiry).toBe(0x70dbd880);
    expect(template.validitySeconds).toBe(120);
  });

  it("carries a signature that holds under the user key, over fields 1 to 16 and nothing less", () => {
    expect(userSignatureHolds(whole, template.userKey)).toBe(true);
    const made = new TransitCodeMaker(template, userKey).make(1_772_323_200);
    expect(made.length).toBe(332 + issuerField);
    expect(readU32(made, 263 + issuerField)).toBe(1_772_323_200);
    expect(made[267 + issuerField]).toBe(0x15);
    expect(userSignatureHolds(made, template.userKey)).toBe(true);
    for (const offset of [0, 197, 200 + issuerField, 263 + issuerField, 266 + issuerField]) {
      const changed = made.slice();
      changed[offset]! ^= 1;
      expect(userSignatureHolds(changed, template.userKey)).toBe(false);
    }
  });

  it("never shows the same bytes twice, even within one second", () => {
    const maker = new TransitCodeMaker(template, userKey);
    expect(toHex(maker.make(1_772_323_200))).not.toBe(toHex(maker.make(1_772_323_200)));
  });
});

describe("a template that could not become a code", () => {
  const good = code("A_v80_x0").slice(0, 263);
  const changed = (offset: number, value: number) => {
    const bytes = good.slice();
    bytes[offset] = value;
    return bytes;
  };
  it.each([
    ["one byte short", good.slice(0, 262)],
    ["one byte long", code("A_v80_x0").slice(0, 264)],
    ["empty", new Uint8Array()],
    ["version below 80", changed(0, 0x7f)],
    ["wrong length field", changed(2, 0x4a)],
    ["issuer field longer than 32", changed(197, 33)],
    ["issuer field that is not there", changed(197, 1)],
    ["issuer signature of another format", changed(198, 0x14)],
  ])("is refused: %s", (_, bytes) => {
    expect(() => CodeTemplate.parse(bytes)).toThrow(RangeError);
  });

  it("is refused for another key", () => {
    expect(() => new TransitCodeMaker(CodeTemplate.parse(good), generateGrantKey().privateKey)).toThrow("another key");
  });
});

describe("grant keys", () => {
  it("are compressed points that verify what their private key signs", () => {
    const key = generateGrantKey();
    expect(key.privateKey.length).toBe(32);
    expect(key.publicKey.length).toBe(33);
    expect([2, 3]).toContain(key.publicKey[0]);
    const bytes = code("B_v80_x32").slice(0, 295);
    bytes.set(key.publicKey, 158);
    expect(userSignatureHolds(new TransitCodeMaker(CodeTemplate.parse(bytes), key.privateKey).make(1), key.publicKey)).toBe(true);
  });

  it("differ from one another", () => {
    const keys = Array.from({ length: 16 }, () => toHex(generateGrantKey().privateKey));
    expect(new Set(keys).size).toBe(keys.length);
  });
});
