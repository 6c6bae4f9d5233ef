// SPDX-License-Identifier: Apache-2.0
// The server's time on a phone whose own clock may be wrong. Codes carry the second they were made, and a gate refuses one from its future.
//
// Each exchange that brings the server's time corrects the device's clock by a constant. Between exchanges the device's clock is believed as
// long as it only moves forward. It is not believed once it shows a time before one that has already been seen: a phone that was restarted
// with an empty battery and has no network does that.

export interface ClockMemory {
  read(): string | null;
  write(text: string): void;
}

interface Kept {
  offset: number; // Server minus device, milliseconds.
  seen: number; // The latest server time that was ever shown.
}

const kBackwardsAllowed = 5_000; // Network time corrections are smaller.
const kWriteEvery = 10_000;

export class ServerClock {
  private kept: Kept | undefined;
  private written = 0;

  constructor(
    private readonly deviceNow: () => number,
    private readonly memory: ClockMemory,
  ) {
    this.kept = parse(memory.read());
  }

  // `serverTime` was read by the server between `sent` and `received` of the device's clock. Long exchanges say little: the better one is kept.
  correct(serverTime: number, sent: number, received: number): void {
    this.kept = { offset: Math.round(serverTime - (sent + received) / 2), seen: serverTime };
    this.write();
  }

  now(): number {
    const now = this.deviceNow() + (this.kept?.offset ?? 0);
    if (this.kept && now > this.kept.seen) {
      this.kept.seen = now;
      if (now - this.written >= kWriteEvery) this.write();
    }
    return now;
  }

  get trusted(): boolean {
    return this.kept !== undefined && this.deviceNow() + this.kept.offset >= this.kept.seen - kBackwardsAllowed;
  }

  get everCorrected(): boolean {
    return this.kept !== undefined;
  }

  private write(): void {
    if (!this.kept) return;
    this.written = this.kept.seen;
    this.memory.write(JSON.stringify(this.kept));
  }
}

function parse(text: string | null): Kept | undefined {
  if (text === null) return undefined;
  try {
    const kept = JSON.parse(text) as Partial<Kept>;
    return Number.isFinite(kept.offset) && Number.isFinite(kept.seen) ? { offset: kept.offset!, seen: kept.seen! } : undefined;
  } catch {
    return undefined;
  }
}
