// SPDX-License-Identifier: Apache-2.0
// What a terminal, or somebody who poses as one, can send wrong: tokens, proofs, and records that were altered, left out, re-timed or forked.
import { randomBytes } from "node:crypto";

import { digestOf, kEvents, record, showCode } from "./records.mjs";
import { Sm2Signer, fromBase32 } from "./signers.mjs";
import { exchange, requestBytes } from "./wire.mjs";

const kContext = Buffer.from("yukuai-terminal-enrolment");
const kTimeOffset = 60; // In a record.
const kTokenLength = 57; // "ter_", 26 digits, a dot, 26 digits.

// Enrolling is not signed: the proof stands in the body.
function enrol(city, token, signer, wrong = {}) {
  const secret = token.length === kTokenLength ? fromBase32(token.slice(31)) : Buffer.alloc(16);
  const proof = signer.sign(Buffer.concat([kContext, secret, signer.publicKey]));
  const body = { token, public_key: signer.publicKey.toString("base64url"), proof: proof.toString("base64url"), ...wrong };
  const headers = { "Content-Type": "application/json", "Idempotency-Key": randomBytes(12).toString("hex") };
  return exchange(city, [requestBytes(city, { method: "POST", path: "/v1/terminal-enrolments", headers, body: Buffer.from(JSON.stringify(body)) })]);
}

async function enrolmentWalk({ city, catalogue, checks }) {
  const { token } = city.terminal("in");
  const gate = new Sm2Signer("");
  const other = `${token.slice(0, -1)}${token.endsWith("0") ? "g" : "0"}`;
  const rows = [
    ["a token that is none", "hello", {}, 400, "terminal_token_malformed"],
    ["an unknown terminal", `ter_01hv0000000000000000000000${token.slice(30)}`, {}, 401, "terminal_token_refused"],
    ["a wrong secret", `${other.slice(0, 31)}${"0".repeat(26)}`, {}, 401, "terminal_token_refused"],
    ["a proof for another key", token, { public_key: new Sm2Signer("").publicKey.toString("base64url") }, 401, "terminal_proof_refused"],
    ["a proof that is too short", token, { proof: "AAAA" }, 400, "field_range"],
    ["a key that is no point", token, { public_key: Buffer.alloc(33, 2).toString("base64url") }, 400, "terminal_proof_malformed"],
  ];
  for (const [what, text, wrong, status, code] of rows) catalogue.problem(`terminal: ${what}`, await enrol(city, text, gate, wrong), status, code);

  const enrolled = await enrol(city, token, gate);
  if (!checks.equal("terminal: enrolled", enrolled.status, 201)) throw new Error(enrolled.text);
  gate.keyId = enrolled.body.terminal_id;
  catalogue.problem("terminal: the token a second time", await enrol(city, token, new Sm2Signer("")), 409, "terminal_token_used");
  const expired = city.terminal("out").token;
  await city.sql("UPDATE terminal_token SET expires_at = expires_at - 7200000000 WHERE used_at IS NULL");
  catalogue.problem("terminal: an expired token", await enrol(city, expired, new Sm2Signer("")), 401, "terminal_token_expired");
  return gate;
}

async function recordWalk({ city, catalogue, checks, send }, gate, { grantKey, template, validSeconds }) {
  const upload = (...records) => send(gate, "POST", "/v1/record-batches", { records: records.map((bytes) => bytes.toString("base64url")) });
  const { body: files } = await send(gate, "GET", "/v1/terminal-files");
  const [{ scene, version }] = files.rule_files;
  const common = { point: city.terminal("in").point, ruleFile: `${scene}@${version}` };
  const second = () => Math.floor(Date.now() / 1000);
  const held = (fields) => record(gate, { ...common, code: showCode(template, grantKey, second()), ...fields });
  const outcome = (what, answer, outcomes, acknowledged) => {
    const seen = answer.body?.results?.map((one) => one.code ?? one.outcome) ?? answer.text;
    checks.equal(`records: ${what}`, [answer.status, seen, answer.body?.acknowledged], [201, outcomes, acknowledged]);
    for (const one of answer.body?.results ?? []) if (one.code) checks.holds(`records: ${one.code} is in the catalogue`, catalogue.reasons.has(one.code), one.code);
  };

  const first = held({ counter: 1 });
  const damaged = Buffer.from(first);
  damaged[kTimeOffset + 7] ^= 1; // One microsecond.
  outcome("no record", await upload(randomBytes(200)), ["record_malformed"], 0);
  outcome("altered after signing", await upload(damaged), ["record_signature"], 0);
  outcome("signed by another key", await upload(record(Object.assign(new Sm2Signer(gate.keyId)), { ...common, counter: 1, code: showCode(template, grantKey, second()) })), ["record_signature"], 0);
  outcome("of another terminal", await upload(record(Object.assign(Object.create(gate), { keyId: "ter_01hv0000000000000000000000" }), { ...common, counter: 1, code: showCode(template, grantKey, second()) })), ["record_terminal"], 0);
  outcome("the first left out", await upload(held({ counter: 2, previous: digestOf(first) })), ["record_gap"], 0);
  outcome("a beginning with a past", await upload(held({ counter: 1, previous: randomBytes(32) })), ["record_malformed"], 0);
  outcome("an hour ahead", await upload(held({ counter: 1, at: (second() + 3600) * 1_000_000 })), ["record_time"], 0);
  const stale = showCode(template, grantKey, second() - validSeconds - 600);
  outcome("re-timed: the code had ended", await upload(held({ counter: 1, code: stale })), ["record_code_time"], 0);
  outcome("right", await upload(first), ["applied"], 1);
  outcome("delivered twice", await upload(first), ["known"], 1);
  outcome("forked", await upload(held({ counter: 1, at: Date.now() * 1000 + 1 })), ["record_fork"], 1);
  outcome("another past", await upload(held({ counter: 2, previous: randomBytes(32) })), ["record_chain"], 1);
  outcome("before the record before it", await upload(held({ counter: 2, previous: digestOf(first), at: (second() - 60) * 1_000_000 })), ["record_time"], 1);
  outcome("the end of a passage that never was", await upload(record(gate, { ...common, counter: 3, event: kEvents.confirmed, heldCounter: 2, previous: digestOf(first) })), ["record_gap"], 1);
  const confirmed = record(gate, { ...common, counter: 2, event: kEvents.confirmed, heldCounter: 1, previous: digestOf(first) });
  const twice = record(gate, { ...common, counter: 3, event: kEvents.voided, heldCounter: 1, previous: digestOf(confirmed) });
  outcome("confirmed, then voided as well", await upload(confirmed, twice), ["applied", "record_held_unknown"], 2);

  const one = first.toString("base64url");
  const batch = (records) => send(gate, "POST", "/v1/record-batches", { records });
  catalogue.problem("records: none", await batch([]), 400, "field_range");
  catalogue.problem("records: 201", await batch(Array(201).fill(one)), 400, "field_range");
  catalogue.problem("records: one of 3 kB", await batch([randomBytes(3000).toString("base64url")]), 400, "field_range");
  catalogue.problem("records: a number", await batch([7]), 400, "field_type");
  catalogue.problem("records: not base64url", await batch(["a+b/"]), 400, "field_range");
  catalogue.problem("records: megabytes", await batch(["A".repeat(1024 * 1024)]), 413, "body_too_large");
}

async function onlineWalk({ catalogue, checks, send }, gate, point) {
  const verify = (body) => send(gate, "POST", "/v1/code-verifications", body);
  catalogue.problem("online: a direction that is none", await verify({ code: "AAAA", point, direction: "up" }), 400, "field_range");
  catalogue.problem("online: no code", await verify({ point, direction: "in" }), 400, "field_missing");
  const refused = await verify({ code: randomBytes(332).toString("base64url"), point, direction: "in" });
  checks.equal("online: a code that is none is an answer", [refused.status, refused.body.verdict], [201, "refused"]);
  checks.holds("online: with a reason of the catalogue", catalogue.reasons.has(refused.body.reason), refused.body.reason);
}

export async function terminalWalk(context, resident) {
  const { catalogue, city, send } = context;
  const gate = await enrolmentWalk(context);
  await recordWalk(context, gate, resident);
  await onlineWalk(context, gate, city.terminal("in").point);
  catalogue.problem("terminal: a resident's page", await send(gate, "GET", "/v1/me"), 401, "signer_unknown");
  catalogue.problem("terminal: an unknown rule file", await send(gate, "GET", "/v1/rule-files/nowhere"), 404, "rule_file_unknown");
  catalogue.problem("terminal: an unknown freeze list", await send(gate, "GET", "/v1/freeze-lists/65535"), 404, "clearing_group_unknown");
  const disabled = new Sm2Signer(gate.keyId);
  catalogue.problem("terminal: another key", await send(disabled, "GET", "/v1/terminal-files"), 401, "signature_wrong");
}
