// SPDX-License-Identifier: Apache-2.0
// What a long test saw, said line by line: everything that held too, so that a log can be read without running anything again.
import { isDeepStrictEqual } from "node:util";

function shown(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text === undefined ? "nothing" : text.length > 400 ? `${text.slice(0, 400)}…` : text;
}

export class Checks {
  passed = 0;
  failed = 0;

  constructor(title = "") {
    this.title = title === "" ? "" : `${title}: `;
    this.lines = [];
  }

  equal(what, seen, wanted) {
    return this.#note(isDeepStrictEqual(seen, wanted), what, seen, ` (wanted: ${shown(wanted)})`);
  }

  holds(what, held, seen) {
    return this.#note(Boolean(held), what, seen, "");
  }

  #note(held, what, seen, wanted) {
    if (held) ++this.passed;
    else ++this.failed;
    this.print(`${held ? "  ok  " : "FAILED"} ${this.title}${what}: ${shown(seen)}${held ? "" : wanted}`);
    return held;
  }

  print(line) {
    console.log(line);
  }

  // The last line of a test, and its exit code.
  close() {
    console.log(`${this.passed} passed, ${this.failed} failed`);
    process.exitCode = this.failed === 0 && this.passed > 0 ? 0 : 1;
  }
}
