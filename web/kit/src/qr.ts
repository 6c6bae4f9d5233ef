// SPDX-License-Identifier: Apache-2.0
// Raw bytes -> QR modules: one segment in byte mode, no ECI, the smallest version that holds them. Level L for the transport code: installed
// gates expect it, and 352 bytes then fit version 12.
import qrcode from "qrcode-generator";

export type ErrorCorrection = "L" | "M" | "Q" | "H";

export interface QrModules {
  readonly size: number; // Modules a side, without the quiet zone.
  readonly dark: (row: number, column: number) => boolean;
}

export const kQuietZone = 4; // Modules, on each side (ISO/IEC 18004).

export function encodeQr(bytes: Uint8Array, level: ErrorCorrection): QrModules {
  const symbol = qrcode(0, level);
  // The library asks for a string and takes the low byte of each character: one character is one byte, handed through as it is.
  let characters = "";
  for (const byte of bytes) characters += String.fromCharCode(byte);
  symbol.addData(characters, "Byte");
  symbol.make();
  return { size: symbol.getModuleCount(), dark: (row, column) => symbol.isDark(row, column) };
}
