// SPDX-License-Identifier: Apache-2.0
// text/event-stream (HTML standard, "server-sent events") read from a fetch, because EventSource cannot sign its request.

export interface StreamEvent {
  readonly name: string;
  readonly data: string;
}

const kEventBytesMax = 256 * 1024; // A longer one is not ours: the stream is given up.

// Feed it text as it comes; it gives back whole events. Comment lines (the heartbeat) give nothing.
export class EventStreamParser {
  private rest = "";
  private name = "";
  private data: string[] = [];

  push(chunk: string): StreamEvent[] {
    const events: StreamEvent[] = [];
    this.rest += chunk;
    if (this.rest.length > kEventBytesMax) throw new RangeError("event stream: line too long");
    for (;;) {
      const end = /\r\n|\n|\r(?!$)/.exec(this.rest); // A \r at the very end may be half of \r\n.
      if (!end) return events;
      const line = this.rest.slice(0, end.index);
      this.rest = this.rest.slice(end.index + end[0].length);
      const event = this.line(line);
      if (event) events.push(event);
    }
  }

  private line(line: string): StreamEvent | undefined {
    if (line === "") {
      const event = this.data.length > 0 ? { name: this.name || "message", data: this.data.join("\n") } : undefined;
      this.name = "";
      this.data = [];
      return event;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "event") this.name = value;
    if (field === "data") this.data.push(value);
    return undefined;
  }
}

export interface StreamListener {
  open(): void; // Connected, also again after a break: what was missed must be read from the lists.
  event(event: StreamEvent): void;
  closed(): void;
}

const kSilenceMax = 45_000; // Three heartbeats.
const kPauses = [1_000, 2_000, 5_000, 15_000, 30_000];

// Keeps one stream open until `signal` aborts. `connect` makes a freshly signed request each time.
export async function followStream(connect: (signal: AbortSignal) => Promise<Response>, listener: StreamListener, signal: AbortSignal): Promise<void> {
  for (let failures = 0; !signal.aborted; ) {
    const attempt = new AbortController();
    const stop = () => attempt.abort();
    signal.addEventListener("abort", stop, { once: true });
    let silence = setTimeout(stop, kSilenceMax);
    try {
      const response = await connect(attempt.signal);
      if (!response.ok || !response.body) throw new Error(`stream: ${response.status}`);
      listener.open();
      failures = 0;
      const parser = new EventStreamParser();
      const decoder = new TextDecoder();
      const reader = response.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        clearTimeout(silence);
        silence = setTimeout(stop, kSilenceMax);
        for (const event of parser.push(decoder.decode(value, { stream: true }))) listener.event(event);
      }
    } catch {
      // A broken connection is the ordinary end of a stream. The next attempt follows below.
    }
    clearTimeout(silence);
    signal.removeEventListener("abort", stop);
    attempt.abort();
    listener.closed();
    const pause = kPauses[Math.min(failures++, kPauses.length - 1)]!;
    await new Promise<void>((resolve) => {
      const wake = setTimeout(done, pause * (0.75 + Math.random() / 2)); // Spread, so that a restarted server is not met by all at once.
      function done() {
        clearTimeout(wake);
        signal.removeEventListener("abort", done);
        resolve();
      }
      signal.addEventListener("abort", done, { once: true });
      if (signal.aborted) done();
    });
  }
}
