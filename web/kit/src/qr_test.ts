// SPDX-License-Identifier: Apache-2.0
// What is drawn is read back by a decoder that shares no code with the encoder.
import jsQR from "jsqr";
import { describe, expect, it } from "vitest";

import { type QrModules, encodeQr, kQuietZone } from "./qr";

// jsQR ships CommonJS with an ES default; which of the two arrives depends on who loads it.
const decode = ((jsQR as unknown as { default?: typeof jsQR }).default ?? jsQR) as typeof jsQR;
const kScale = 3;

function picture(modules: QrModules): { pixels: Uint8ClampedArray; side: number } {
  const side = (modules.size + 2 * kQuietZone) * kScale;
  const pixels = new Uint8ClampedArray(side * side * 4).fill(255);
  for (let y = 0; y < side; ++y) {
    for (let x = 0; x < side; ++x) {
      const row = Math.floor(y / kScale) - kQuietZone;
      const column = Math.floor(x / kScale) - kQuietZone;
      const inside = row >= 0 && column >= 0 && row < modules.size && column < modules.size;
      if (inside && modules.dark(row, column)) pixels.set([0, 0, 0], (y * side + x) * 4);
    }
  }
  return { pixels, side };
}

const everyByte = Uint8Array.from({ length: 352 }, (_, i) => (i * 7 + 128) & 0xff);

describe("encodeQr", () => {
  it("carries every byte value unchanged", () => {
    const { pixels, side } = picture(encodeQr(everyByte, "L"));
    expect(decode(pixels, side, side)?.binaryData).toEqual(Array.from(everyByte));
  });

  it.each([
    { bytes: 332, size: 65 }, // Version 12 holds 367 bytes at level L.
    { bytes: 352, size: 65 },
    { bytes: 364, size: 65 },
    { bytes: 367, size: 65 },
    { bytes: 368, size: 69 },
  ])("takes the smallest version: $bytes bytes are $size modules wide", ({ bytes, size }) => {
    expect(encodeQr(new Uint8Array(bytes).fill(0x80), "L").size).toBe(size);
  });
});
