// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { EventStreamParser } from "./event_stream";

const kStream = 'event: ride\ndata: {"ride_id":"rid_1"}\n\n: heartbeat\n\nevent: balance\r\ndata: a\r\ndata: b\r\n\r\ndata:x\n\nevent: empty\n\n';
const kEvents = [
  { name: "ride", data: '{"ride_id":"rid_1"}' },
  { name: "balance", data: "a\nb" },
  { name: "message", data: "x" },
];

describe("EventStreamParser", () => {
  it("gives whole events, and nothing for comments and for events without data", () => {
    expect(new EventStreamParser().push(kStream)).toEqual(kEvents);
  });

  it("gives the same wherever the stream is cut", () => {
    for (let cut = 0; cut <= kStream.length; ++cut) {
      const parser = new EventStreamParser();
      expect([...parser.push(kStream.slice(0, cut)), ...parser.push(kStream.slice(cut))]).toEqual(kEvents);
    }
    const parser = new EventStreamParser();
    expect(Array.from(kStream).flatMap((character) => parser.push(character))).toEqual(kEvents);
  });

  it("keeps an unfinished event to itself", () => {
    expect(new EventStreamParser().push("event: ride\ndata: 1\n")).toEqual([]);
  });

  it("gives up on a line without end", () => {
    const parser = new EventStreamParser();
    expect(() => parser.push("data: " + "x".repeat(300_000))).toThrow(RangeError);
  });
});
