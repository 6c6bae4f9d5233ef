// SPDX-License-Identifier: Apache-2.0
// Walks the list of bad requests against a running server: each gets its documented answer, a problem document with slug, title and next step in
// both languages, and afterwards the server is still the same process, still serves, and has said nothing about anybody in its log.
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Checks } from "../stage/checks.mjs";
import { City, Stage } from "../stage/city.mjs";
import { Catalogue } from "./catalogue.mjs";
import { counterWalk } from "./counter_walk.mjs";
import { operatorWalk } from "./operator_walk.mjs";
import { residentWalk } from "./resident_walk.mjs";
import { P256Signer, signed } from "./signers.mjs";
import { terminalWalk } from "./terminal_walk.mjs";
import { exchange, requestBytes } from "./wire.mjs";

const kTenMegabytes = 10 * 1024 * 1024;

// Bytes that are no request of ours, or break a bound. Slow ones wait for the server's own timeouts and therefore run beside everything else.
function wireRows(city) {
  const host = `Host: localhost:${city.port}\r\n`;
  const raw = (text) => [Buffer.from(text, "latin1")];
  return {
    quick: [
      ["not HTTP", raw("GARBAGE\r\n\r\n"), 400, "request_malformed"],
      ["no Host", raw("GET /v1/city HTTP/1.1\r\n\r\n"), 400, "request_malformed"],
      ["two Hosts", raw(`GET /v1/city HTTP/1.1\r\n${host}${host}\r\n`), 400, "request_malformed"],
      ["HTTP/2.0 in the request line", raw(`GET /v1/city HTTP/2.0\r\n${host}\r\n`), 400, "request_malformed"],
      ["a proxy's request", raw(`GET http://localhost/v1/city HTTP/1.1\r\n${host}\r\n`), 400, "request_malformed"],
      ["two lengths", raw(`POST /v1/enrolments HTTP/1.1\r\n${host}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}`), 400, "request_malformed"],
      ["a length that is none", raw(`POST /v1/enrolments HTTP/1.1\r\n${host}Content-Length: two\r\n\r\n{}`), 400, "request_malformed"],
      ["length and chunks", raw(`POST /v1/enrolments HTTP/1.1\r\n${host}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`), 400, "request_malformed"],
      ["chunks", raw(`POST /v1/enrolments HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`), 411, "length_required"],
      ["10 MB", [requestBytes(city, { method: "POST", path: "/v1/enrolments", body: Buffer.alloc(kTenMegabytes, 0x20) })], 413, "body_too_large"],
      ["10 MB announced, nothing sent", raw(`POST /v1/enrolments HTTP/1.1\r\n${host}Content-Length: ${kTenMegabytes}\r\n\r\n`), 413, "body_too_large"],
      ["an endless target", raw(`GET /${"x".repeat(9000)} HTTP/1.1\r\n${host}\r\n`), 414, "target_too_long"],
      ["an endless field", raw(`GET /v1/city HTTP/1.1\r\n${host}X: ${"x".repeat(20000)}\r\n\r\n`), 431, "head_too_large"],
      ["too many fields", raw(`GET /v1/city HTTP/1.1\r\n${host}${"X: 1\r\n".repeat(100)}\r\n`), 431, "head_too_large"],
      ["an unknown path", [requestBytes(city, { method: "GET", path: "/v1/nothing" })], 404, "route_unknown"],
      ["a path out of the pages", [requestBytes(city, { method: "GET", path: "/../../etc/passwd" })], 404, "route_unknown"],
      ["the same, encoded", [requestBytes(city, { method: "GET", path: "/%2e%2e/%2e%2e/etc/passwd" })], 404, "route_unknown"],
      ["a method that is not for this path", [requestBytes(city, { method: "DELETE", path: "/v1/me" })], 405, "method_not_allowed"],
    ],
    slow: [
      ["half a head, then silence", raw(`GET /v1/city HTTP/1.1\r\n${host}`), 408, "request_slow"],
      ["half a body, then silence", raw(`POST /v1/enrolments HTTP/1.1\r\n${host}Content-Length: 100\r\n\r\n{"name":`), 408, "request_slow"],
    ],
  };
}

async function wireWalk(city, checks, catalogue) {
  const rows = wireRows(city);
  const slow = rows.slow.map(([what, pieces, status, code]) =>
    exchange(city, pieces).then((answer) => catalogue.problem(`wire: ${what}`, answer, status, code)));
  for (const [what, pieces, status, code] of rows.quick) catalogue.problem(`wire: ${what}`, await exchange(city, pieces), status, code);
  const old = await exchange(city, [], { maxVersion: "TLSv1.1", minVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0" });
  checks.holds("wire: TLS 1.1 is refused", old.closed, old);
  return slow;
}

const stage = new Stage();
const checks = new Checks();
try {
  const template = await City.generate(stage, { residents: 20 });
  const city = await City.copy(stage, template, "city");
  const keyFile = join(stage.folder, "clerk.key");
  const added = await stage.run(["staff", "add", "--data", city.data, "--config", city.config, "--name", "王芳", "--out", keyFile]);
  if (added.code !== 0) throw new Error(`staff add: ${added.err}`);
  const [, staffId, scalar] = readFileSync(keyFile, "utf8").split("\n");
  const clerk = P256Signer.ofScalar(staffId, Buffer.from(scalar, "hex"));

  const server = await city.serve();
  const { pid } = server.process;
  const catalogue = await Catalogue.fetch(city, checks);
  const slow = await wireWalk(city, checks, catalogue);
  const context = {
    city,
    checks,
    catalogue,
    clerk,
    send: (signer, method, path, body, wrong) => exchange(city, [requestBytes(city, signed(city, signer, method, path, body, wrong))]),
  };
  const resident = await residentWalk(context);
  await counterWalk(context);
  await terminalWalk(context, resident);
  await Promise.all(slow);
  checks.equal("the server is the same process", [server.process.pid, server.ended], [pid, undefined]);
  checks.equal("and serves", (await city.exchange("GET", "/v1/city")).status, 200);
  await operatorWalk({ city, checks, server });
  const log = server.log.join("\n");
  for (const word of [city.facts.resident.name, city.facts.resident.number, city.facts.resident.counter_code]) {
    checks.holds("its log names nobody", !log.includes(word), log.length);
  }
  await server.stop();
  checks.equal("it drains and ends", server.ended.code, 0);
} catch (error) {
  checks.holds("the walk goes to its end", false, error.stack);
} finally {
  if (checks.failed > 0) stage.printLogs();
  await stage.close();
  checks.close();
}
