// SPDX-License-Identifier: Apache-2.0
// Reads a terminal's records (docs/formats/terminal.md), as a gate's own log and the server's table hold them.
import { readFileSync } from "node:fs";

const kEvents = { 1: "held", 2: "confirmed", 3: "voided", 4: "refused", 5: "unknown" };
const kIdDigits = "0123456789abcdefghjkmnpqrstvwxyz";
const kLogCheckBytes = 8; // Behind each record in the gate's log.

// An id's text: 26 digits of five bits, two zero bits behind the last.
function idText(prefix, bytes) {
  let value = BigInt(`0x${bytes.toString("hex")}`) << 2n;
  let text = "";
  for (let digit = 0; digit < 26; ++digit, value >>= 5n) text = kIdDigits[Number(value & 31n)] + text;
  return `${prefix}_${text}`;
}

export function parseRecord(bytes) {
  if (bytes.toString("latin1", 0, 4) !== "YKR1") throw new RangeError("record: begins otherwise");
  let at = 78;
  const sized = () => {
    const length = bytes.readUInt16BE(at);
    at += 2 + length;
    return bytes.subarray(at - length, at);
  };
  const point = sized().toString();
  const ruleFile = sized().toString();
  const listVersion = Number(bytes.readBigUInt64BE(at));
  at += 8;
  const reason = sized().toString();
  const code = sized();
  if (at + 64 !== bytes.length) throw new RangeError("record: length");
  return {
    terminal: idText("ter", bytes.subarray(4, 20)),
    counter: Number(bytes.readBigUInt64BE(20)),
    event: kEvents[bytes[68]],
    heldCounter: Number(bytes.readBigUInt64BE(70)),
    point, ruleFile, listVersion, reason,
    code: code.toString("hex"),
    bytes: bytes.toString("hex"),
  };
}

// Every whole record of the gate's log, in order.
export function readGateLog(path) {
  const log = readFileSync(path);
  const records = [];
  for (let at = 0; at + 2 <= log.length; ) {
    const length = log.readUInt16BE(at);
    if (at + 2 + length + kLogCheckBytes > log.length) break; // Cut off by a crash: the gate cuts it too.
    records.push(parseRecord(log.subarray(at + 2, at + 2 + length)));
    at += 2 + length + kLogCheckBytes;
  }
  return records;
}
