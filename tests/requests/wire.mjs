// SPDX-License-Identifier: Apache-2.0
// A TLS connection on which a test writes exactly the bytes it means, and reads what comes until the other side is done.
import { connect } from "node:tls";

const kPatience = 60_000; // A hang becomes a failure.

// { status, headers, text, body } of the first answer in the bytes; nothing while it is not whole.
export function parseAnswer(bytes) {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [line, ...fields] = bytes.subarray(0, end).toString("latin1").split("\r\n");
  const headers = Object.fromEntries(fields.map((field) => [field.slice(0, field.indexOf(":")).toLowerCase(), field.slice(field.indexOf(":") + 1).trim()]));
  const length = Number(headers["content-length"] ?? 0);
  const rest = bytes.subarray(end + 4);
  if (rest.length < length) return undefined;
  const text = rest.subarray(0, length).toString("utf8");
  return { status: Number(line.split(" ")[1]), headers, text, body: /json/.test(headers["content-type"] ?? "") ? JSON.parse(text) : undefined };
}

// Writes the pieces, one after the other, and gives the first answer. Resolves to { closed: true } when the connection ends without one.
export function exchange(city, pieces, options = {}) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: city.port, servername: "localhost", ca: city.ca, ...options });
    let seen = Buffer.alloc(0);
    const timer = setTimeout(() => finish(() => reject(new Error(`no answer in ${kPatience / 1000} s, after ${seen.length} bytes`))), kPatience);
    const finish = (settle) => {
      clearTimeout(timer);
      socket.destroy();
      settle();
    };
    socket.on("secureConnect", () => pieces.forEach((piece) => socket.write(piece)));
    socket.on("data", (part) => {
      seen = Buffer.concat([seen, part]);
      const answer = parseAnswer(seen);
      if (answer) finish(() => resolve(answer));
    });
    socket.on("error", (error) => finish(() => resolve({ closed: true, error: error.code ?? error.message })));
    socket.on("close", () => finish(() => resolve({ closed: true })));
  });
}

export function requestBytes(city, { method, path, headers = {}, body }) {
  const fields = { Host: `localhost:${city.port}`, ...headers };
  if (body !== undefined && fields["Content-Length"] === undefined) fields["Content-Length"] = body.length;
  const lines = Object.entries(fields).flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}\r\n`));
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`), body ?? Buffer.alloc(0)]);
}
