// SPDX-License-Identifier: Apache-2.0
// A terminal's records (docs/formats/terminal.md), written from the document and not from the program, with every part to be falsified.
import { fromBase32, sm3Of } from "./signers.mjs";

const sized = (bytes) => {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const u64 = (value) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};

export const kEvents = { held: 1, confirmed: 2, voided: 3, refused: 4, unknown: 5 };

export function record(signer, fields) {
  const body = Buffer.concat([
    Buffer.from("YKR1"),
    fromBase32(signer.keyId.slice(4)),
    u64(fields.counter),
    fields.previous ?? Buffer.alloc(32),
    u64(fields.at ?? Date.now() * 1000),
    Buffer.of(fields.event ?? kEvents.held, fields.direction ?? 1),
    u64(fields.heldCounter ?? 0),
    sized(Buffer.from(fields.point)),
    sized(Buffer.from(fields.ruleFile)),
    u64(fields.freezeListVersion ?? 0),
    sized(Buffer.from(fields.reason ?? "")),
    sized(fields.code ?? Buffer.alloc(0)),
  ]);
  return Buffer.concat([body, signer.sign(body)]);
}

export const digestOf = sm3Of;

// Field 16 and 17 behind the issuer's template (docs/formats/code.md).
export function showCode(template, grant, atSeconds) {
  const time = Buffer.alloc(4);
  time.writeUInt32BE(atSeconds);
  return Buffer.concat([template, time, Buffer.of(0x15), grant.sign(Buffer.concat([template, time]))]);
}
