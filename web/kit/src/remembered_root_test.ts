// SPDX-License-Identifier: Apache-2.0
// Against the bundle and the note that the server's own tests use.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { type Remembered, remember } from "./remembered_root";

const read = (name: string) => readFileSync(new URL(`../../../tests/vectors/audit/${name}`, import.meta.url), "utf8");
const kBundle = JSON.parse(read("bundle.json"));
const kLogKey = read("log-key.hex").trim();
const kBefore = JSON.parse(read("remembered.json")) as Remembered;
const kCopy = () => structuredClone(kBundle);

describe("remember", () => {
  it("notes root, count and head of a first bundle", () => {
    expect(remember(kBundle, kLogKey, undefined)).toEqual({
      form: "yukuai-audit-remembered-1",
      root_number: expect.any(Number),
      root: kBundle.root,
      count: kBundle.entries.length,
      head: kBundle.map.head,
    });
  });

  it("accepts a bundle that continues what was remembered", () => {
    const now = remember(kBundle, kLogKey, kBefore) as Remembered;
    expect(now.root_number).toBeGreaterThanOrEqual(kBefore.root_number);
    expect(now.count).toBeGreaterThanOrEqual(kBefore.count);
    expect(remember(kBundle, kLogKey, now)).toEqual(now);
  });

  const now = remember(kBundle, kLogKey, undefined) as Remembered;
  const otherRoot = (root: string) => (root.startsWith("A") ? "B" : "A") + root.slice(1);
  it.each([
    ["bundle_malformed", {}, undefined],
    ["bundle_malformed", null, undefined],
    ["bundle_malformed", { ...kCopy(), root: "AAAA" }, undefined],
    ["bundle_malformed", { ...kCopy(), entries: kBundle.entries.slice(1) }, undefined],
    ["root_signature", { ...kCopy(), root: otherRoot(kBundle.root) }, undefined],
    ["remembered_count", kBundle, { ...now, count: now.count + 1 }],
    ["remembered_head", kBundle, { ...now, head: otherRoot(now.head) }],
    ["remembered_root", kBundle, { ...now, root_number: now.root_number + 1 }],
    ["remembered_root", kBundle, { ...now, root: otherRoot(now.root) }],
  ])("finds %s", (finding, bundle, before) => {
    expect(remember(bundle, kLogKey, before)).toBe(finding);
  });
});
