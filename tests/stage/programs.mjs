// SPDX-License-Identifier: Apache-2.0
// Runs the program under test: long-lived ones that print a JSON object per line, and ones that end. Every wait has a bound and ends as soon
// as what is waited for is there.
import { execFile, spawn } from "node:child_process";
import { createServer } from "node:net";
import { createInterface } from "node:readline";

const kPollPause = 20;
const kLinesKept = 400;

// Asks again until `probe` gives something, and gives that. Throws what was waited for after `seconds`.
export async function until(what, probe, seconds = 20) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, kPollPause));
  }
}

// Held open together, so that no two are the same.
export async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, () => new Promise((resolve, reject) => {
      const server = createServer();
      server.once("error", reject);
      server.listen(0, "127.0.0.1", () => resolve(server));
    })),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

// A program that lives until it is told to end, or dies.
export class Program {
  said = []; // Objects it printed.
  log = []; // Everything it printed, newest last.
  ended = undefined; // { code, signal }

  constructor(name, path, argv, { env = {}, folder } = {}) {
    this.name = name;
    this.process = spawn(path, argv, { cwd: folder, env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
    this.process.stdin.on("error", () => undefined); // It may have died; `ended` tells.
    this.process.on("error", (error) => (this.ended = { code: null, signal: null, error: error.message }));
    this.process.on("close", (code, signal) => (this.ended = { code, signal }));
    createInterface({ input: this.process.stdout }).on("line", (line) => {
      this.#keep(line);
      if (line.startsWith("{")) this.said.push(JSON.parse(line));
    });
    createInterface({ input: this.process.stderr }).on("line", (line) => this.#keep(line));
  }

  #keep(line) {
    this.log.push(line);
    if (this.log.length > kLinesKept) this.log.shift();
  }

  tell(bytes) {
    if (!this.ended) this.process.stdin.write(bytes);
  }

  // The first object after the `from`th that satisfies; nothing when the program has ended before it said so.
  heard(what, satisfies, { from = 0, seconds = 20 } = {}) {
    return until(`${this.name}: ${what}`, () => {
      const found = this.said.slice(from).find(satisfies);
      if (found) return { found };
      return this.ended ? { found: undefined } : undefined;
    }, seconds).then(({ found }) => found);
  }

  get crashed() {
    return this.ended?.signal === "SIGKILL" && !this.killed;
  }

  death(seconds = 20) {
    return until(`${this.name} ends`, () => this.ended, seconds);
  }

  // Asks it to end. It must, in time and in order.
  async stop(seconds = 20) {
    if (!this.ended) this.process.kill("SIGTERM");
    const ended = await this.death(seconds);
    if (ended.code !== 0) throw new Error(`${this.name} ended with ${JSON.stringify(ended)}`);
  }

  kill() {
    this.killed = true;
    if (!this.ended) this.process.kill("SIGKILL");
  }
}

// Runs to the end: { code, signal, out, err }.
export function run(path, argv, { env = {}, folder, seconds = 60, input } = {}) {
  return new Promise((resolve) => {
    const options = { cwd: folder, env: { ...process.env, ...env }, timeout: seconds * 1000, maxBuffer: 64 << 20, encoding: "buffer" };
    const child = execFile(path, argv, options, (error, out, err) =>
      resolve({ code: error ? (typeof error.code === "number" ? error.code : null) : 0, signal: error?.signal ?? null, out, err: err.toString() }),
    );
    child.stdin.end(input);
  });
}
