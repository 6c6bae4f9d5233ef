// SPDX-License-Identifier: Apache-2.0
// Raw bytes -> QR modules: one segment in byte mode, no ECI, the smallest version that holds them. Level L for the transport code: installed
// gates expect it, and 352 bytes then fit version 12.
import { encode } from "uqr";

export type ErrorCorrection = "L" | "M" | "Q" | "H";

export interface QrModules {
  readonly size: number; // Modules a side, without the quiet zone.
  readonly dark: (row: number, column: number) => boolean;
}

export const kQuietZone = 4; // Modules, on each side (ISO/IEC 18004).

export function encodeQr(bytes: Uint8Array, level: ErrorCorrection): QrModules {
  // Without boostEcc the level is the one asked for; the quiet zone is the drawer's.
  const { size, data } = encode(Array.from(bytes), { ecc: level, boostEcc: false, border: 0 });
  return { size, dark: (row, column) => data[row]![column]! };
}
