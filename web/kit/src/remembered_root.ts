// SPDX-License-Identifier: Apache-2.0
// What the phone remembers of the audit log (docs/formats/audit.md, "Remembered"), so that the operator cannot later show it another past.
// This checks what needs only the phone: the root's signature and that the new bundle continues the remembered one. The proofs inside the
// bundle are for `yukuai audit verify`, which anybody can run.
import { sm2, sm3 } from "sm-crypto-v2";

import { concat, fromBase64Url, readU32, toBase64Url, toHex } from "./bytes";

export interface Remembered {
  readonly form: "yukuai-audit-remembered-1";
  readonly root_number: number;
  readonly root: string; // The signed root, 148 bytes.
  readonly count: number;
  readonly head: string;
}

// In order of precedence.
export type Finding = "bundle_malformed" | "root_signature" | "remembered_count" | "remembered_head" | "remembered_root";

const kRootBytes = 148; // "YKT1" | number 8 | time 8 | previous 32 | shards 32 | signature 64.
const kZeros = toBase64Url(new Uint8Array(32));

interface Entry {
  readonly salt: string;
  readonly content: string;
}
interface Bundle {
  readonly root: string;
  readonly map: { readonly count: number; readonly head?: string };
  readonly entries: readonly Entry[];
}

function isBundle(value: unknown): value is Bundle {
  const bundle = value as Partial<Bundle> | null;
  return (
    typeof bundle === "object" && bundle !== null && typeof bundle.root === "string" && Array.isArray(bundle.entries) &&
    Number.isSafeInteger(bundle.map?.count) && bundle.map!.count === bundle.entries.length
  );
}

function rootNumber(root: Uint8Array): number {
  return readU32(root, 4) * 2 ** 32 + readU32(root, 8);
}

function commitment(entry: Entry): string {
  return toBase64Url(sm3Bytes(concat(fromBase64Url(entry.salt), fromBase64Url(entry.content))));
}

function sm3Bytes(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(sm3(bytes).match(/../g)!, (pair) => Number.parseInt(pair, 16));
}

// `logKey`: compressed, hex, as it was when this phone first met the city. Gives what to remember now, or why not to believe the bundle; then
// what was remembered before must be kept.
export function remember(bundle: unknown, logKey: string, before: Remembered | undefined): Remembered | Finding {
  try {
    if (!isBundle(bundle)) return "bundle_malformed";
    const root = fromBase64Url(bundle.root);
    if (root.length !== kRootBytes) return "bundle_malformed";
    if (!sm2.doVerifySignature(root.subarray(0, -64), toHex(root.subarray(-64)), logKey, { hash: true })) return "root_signature";
    const now: Remembered = {
      form: "yukuai-audit-remembered-1",
      root_number: rootNumber(root),
      root: bundle.root,
      count: bundle.map.count,
      head: bundle.map.head ?? kZeros,
    };
    if (before) {
      if (now.count < before.count) return "remembered_count";
      if (before.count > 0 && commitment(bundle.entries[before.count - 1]!) !== before.head) return "remembered_head";
      if (now.root_number < before.root_number) return "remembered_root";
      if (now.root_number === before.root_number && now.root !== before.root) return "remembered_root";
    }
    return now;
  } catch {
    return "bundle_malformed";
  }
}
