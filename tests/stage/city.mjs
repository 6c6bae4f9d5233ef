// SPDX-License-Identifier: Apache-2.0
// A city in a temporary folder: made by `yukuai city generate`, served on free ports, with its gates and its operator's tools.
//
// YUKUAI   the program (default build/yukuai)
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { parseRecord, readGateLog } from "./records.mjs";
import { Program, freePorts, run, until } from "./programs.mjs";

export const kRoot = fileURLToPath(new URL("../..", import.meta.url));
export const kProgram = resolve(kRoot, process.env.YUKUAI ?? "build/yukuai");
const kRequestTimeout = 15_000;

const kEndings = ["SIGINT", "SIGTERM", "SIGHUP"];
const endByExit = () => process.exit(1); // So that "exit" is told, which a signal alone does not.

// Where everything of one run lies; gone at the end, unless KEEP=1. Whoever ends the test early leaves nothing behind either.
export class Stage {
  folder = mkdtempSync(join(process.env.TMPDIR ?? tmpdir(), "yukuai-stage-"));
  programs = [];

  constructor() {
    process.on("exit", this.#clear);
    for (const signal of kEndings) process.on(signal, endByExit);
  }

  #clear = () => {
    for (const program of this.programs) program.kill();
    if (process.env.KEEP === "1") console.log(`kept: ${this.folder}`);
    else rmSync(this.folder, { recursive: true, force: true });
  };

  start(name, argv, env = {}) {
    const program = new Program(name, kProgram, argv, { env, folder: kRoot });
    this.programs.push(program);
    return program;
  }

  run(argv, { env, input, seconds } = {}) {
    return run(kProgram, argv, { env, input, seconds, folder: kRoot });
  }

  // The last words of everything that ran, for somebody who must find out why a test failed.
  printLogs(print = console.log) {
    for (const program of this.programs) {
      print(`--- ${program.name}, ${program.ended ? JSON.stringify(program.ended) : "running"}`);
      for (const line of program.log.slice(-40)) print(`    ${line}`);
    }
  }

  async close() {
    for (const program of this.programs) program.kill();
    await Promise.all(this.programs.map((program) => program.death().catch(() => undefined)));
    this.#clear();
    process.off("exit", this.#clear);
    for (const signal of kEndings) process.off(signal, endByExit);
  }
}

// The server did not answer: it is not there, or died meanwhile. What was asked for may have happened.
export class Lost extends Error {}

export class City {
  constructor(stage, name, data, facts, ports) {
    Object.assign(this, { stage, name, data, facts });
    [this.port, this.adminPort] = ports;
    this.origin = `https://localhost:${this.port}`;
    this.config = join(stage.folder, `${name}.toml`);
    writeFileSync(
      this.config,
      `[server]\nport = ${this.port}\nadmin_port = ${this.adminPort}\nurl = "${this.origin}"\n`,
    );
    this.caFile = this.#inside(facts.ca_file);
    this.ca = readFileSync(this.caFile);
  }

  // Paths that generation printed, in the copy that is used now.
  #inside(path) {
    return path.startsWith(this.facts.folder) ? join(this.data, path.slice(this.facts.folder.length)) : resolve(kRoot, path);
  }

  // Once: what copies are made of.
  static async generate(stage, { residents = 50, seed = 1 } = {}) {
    const folder = join(stage.folder, "template");
    const made = await stage.run(["city", "generate", "--data", folder, "--residents", `${residents}`, "--seed", `${seed}`, "--json"], { seconds: 120 });
    if (made.code !== 0) throw new Error(`city generate: ${JSON.stringify({ ...made, out: made.out.toString() })}`);
    return { ...JSON.parse(made.out.toString()), folder };
  }

  static async copy(stage, template, name) {
    const data = join(stage.folder, name);
    cpSync(template.folder, data, { recursive: true });
    return new City(stage, name, data, template, await freePorts(2));
  }

  get database() {
    return join(this.data, "yukuai.db");
  }

  terminal(direction) {
    return this.facts.terminals.find((terminal) => terminal.direction === direction);
  }

  // Gives the server when it says that it serves; a dead one when it died before.
  async serve(env = {}) {
    const server = this.stage.start(`${this.name} server`, ["serve", "--data", this.data, "--config", this.config], env);
    await server.heard("serves", (said) => said.event === "serving", { seconds: 30 });
    this.server = server;
    return server;
  }

  // Gives the gate when it holds all it needs to decide; a dead one when it died before.
  async gate(direction) {
    const gate = this.startGate(direction);
    await until(`${gate.name} holds its files`, () => gate.ended || holdsFiles(gate), 30);
    return gate;
  }

  startGate(direction, env = {}) {
    const terminal = this.terminal(direction);
    const data = join(this.stage.folder, `${this.name}-gate-${direction}`);
    mkdirSync(data, { recursive: true });
    const argv = ["gate", "--data", data, "--server", this.origin, "--ca", this.caFile, "--token", terminal.token];
    argv.push("--list-key", this.facts.list_key, "--direction", direction, "--sync-seconds", "1", "--json");
    const gate = this.stage.start(`${this.name} gate ${terminal.point} ${direction}`, argv, env);
    gate.data = data;
    return gate;
  }

  // One exchange. Throws Lost when there was no answer.
  exchange(method, path, { headers = {}, body } = {}) {
    return new Promise((resolveAnswer, reject) => {
      const lost = (error) => reject(new Lost(`${method} ${path}: ${error.message}`));
      const sent = request(
        { host: "127.0.0.1", servername: "localhost", port: this.port, method, path, ca: this.ca, agent: false, timeout: kRequestTimeout,
          headers: { Host: `localhost:${this.port}`, ...headers } },
        (answer) => {
          const parts = [];
          answer.on("data", (part) => parts.push(part));
          answer.on("error", lost);
          answer.on("end", () => {
            const bytes = Buffer.concat(parts);
            const isJson = /json/.test(answer.headers["content-type"] ?? "");
            resolveAnswer({ status: answer.statusCode, headers: answer.headers, bytes, body: isJson ? JSON.parse(bytes.toString()) : undefined });
          });
        },
      );
      sent.on("timeout", () => sent.destroy(new Error("no answer in time")));
      sent.on("error", lost);
      sent.end(body);
    });
  }

  sql(text) {
    return run("sqlite3", ["-json", this.database, text]).then((answer) => {
      if (answer.code !== 0) throw new Error(`sqlite3: ${answer.err}`);
      return answer.out.length === 0 ? [] : JSON.parse(answer.out.toString());
    });
  }

  // The operator's tools: exit code and the object they print.
  async tool(...argv) {
    const done = await this.stage.run(argv);
    const text = done.out.toString().trim();
    return { code: done.code, signal: done.signal, err: done.err, said: text.startsWith("{") ? JSON.parse(text) : text };
  }
  seal(env = {}) {
    return this.stage.run(["audit", "seal", "--data", this.data, "--json"], { env });
  }
  ledgerVerify() {
    return this.tool("ledger", "verify", "--data", this.data, "--json");
  }
  auditCheck() {
    return this.tool("audit", "check", "--data", this.data, "--json");
  }

  // What a gate wrote, and what the server holds of it.
  gateRecords(gate) {
    return readGateLog(join(gate.data, "records.log"));
  }
  async serverRecords(direction) {
    const id = this.terminal(direction).terminal_id;
    const rows = await this.sql("SELECT hex(bytes) AS bytes FROM terminal_record ORDER BY terminal, counter");
    return rows.map((row) => parseRecord(Buffer.from(row.bytes, "hex"))).filter((record) => record.terminal === id);
  }

  async auditVerify(bundle, remembered) {
    const file = join(this.stage.folder, `${this.name}-bundle.json`);
    writeFileSync(file, bundle);
    const argv = ["audit", "verify", "--bundle", file, "--log-key", this.facts.log_key, "--json"];
    if (remembered !== undefined) {
      const memory = join(this.stage.folder, `${this.name}-remembered.json`);
      writeFileSync(memory, JSON.stringify(remembered));
      argv.push("--remembered", memory);
    }
    return this.tool(...argv);
  }
}

export function holdsFiles(gate) {
  return gate.said.some((said) => said.event === "synchronised" && said.rules_version > 0);
}

// Shows something to a gate and gives what it decided; nothing when the gate died over it.
export async function present(gate, shown) {
  const from = gate.said.length;
  gate.tell(shown);
  return gate.heard("decides", (said) => said.decision !== undefined || said.event === "input_unreadable", { from });
}
