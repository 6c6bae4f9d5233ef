// SPDX-License-Identifier: Apache-2.0
// What a resident's device can send wrong: bodies, signatures, keys of idempotency, queries. Gives the enrolled device.
import { randomBytes } from "node:crypto";

import { P256Signer, Sm2Signer, signed } from "./signers.mjs";
import { exchange, requestBytes } from "./wire.mjs";

const kNobody = { kind: "citizen_id", number: "11010119900307889X" };

// Every way for one JSON body to be wrong. `fields` maps a name to values of a wrong type and to values out of range.
function bodyRows(good, fields) {
  const text = JSON.stringify(good);
  const rows = [
    ["empty", Buffer.alloc(0), "json_malformed"],
    ["no JSON", "hello", "json_malformed"],
    ["cut short", text.slice(0, -1), "json_malformed"],
    ["something behind it", `${text}{}`, "json_malformed"],
    ["an array", "[]", "json_malformed"],
    ["null", "null", "json_malformed"],
    ["nested without end", `{"a":${"[".repeat(5000)}`, "json_malformed"],
    ["not UTF-8", Buffer.concat([Buffer.from(text.slice(0, -1)), Buffer.from(',"x":"\xff\xfe"}', "latin1")]), "json_malformed"],
    ["an unknown field", { ...good, extra: 1 }, "field_unknown"],
  ];
  for (const [name, { types, ranges = [] }] of Object.entries(fields)) {
    const { [name]: gone, ...rest } = good;
    rows.push([`without ${name} (${typeof gone})`, rest, "field_missing"]);
    for (const value of [...types, null]) rows.push([`${name} = ${JSON.stringify(value)}`, { ...good, [name]: value }, "field_type"]);
    for (const value of ranges) rows.push([`${name} = ${JSON.stringify(value).slice(0, 40)}`, { ...good, [name]: value }, "field_range"]);
  }
  return rows;
}

async function enrolmentWalk({ city, catalogue, checks, send }) {
  const device = P256Signer.generate("new");
  const resident = city.facts.resident;
  const good = {
    name: resident.name,
    document: { kind: "citizen_id", number: resident.number },
    counter_code: resident.counter_code,
    device_public_key: device.publicKey.toString("base64url"),
    device_name: "Test phone",
  };
  const enrol = (body, wrong) => send(device, "POST", "/v1/enrolments", body, wrong);
  const rows = bodyRows(good, {
    name: { types: [1, {}, []], ranges: ["", "王".repeat(200)] },
    document: { types: [1, "citizen_id", []] },
    counter_code: { types: [1, false], ranges: ["", "7".repeat(100)] },
    device_name: { types: [1], ranges: ["", "x".repeat(100)] },
  }).filter(([what]) => what !== "empty");
  rows.push(["a document with an unknown field", { ...good, document: { ...good.document, extra: 1 } }, "field_unknown"]);
  rows.push(["a document without number", { ...good, document: { kind: "citizen_id" } }, "field_missing"]);
  rows.push(["an unknown kind of document", { ...good, document: { kind: "library_card", number: "1" } }, "document_kind"]);
  rows.push(["a number too short", { ...good, document: { kind: "citizen_id", number: "1101011990" } }, "citizen_id_length"]);
  rows.push(["a wrong check digit", { ...good, document: { kind: "citizen_id", number: "110101199003078890" } }, "citizen_id_check_digit"]);
  for (const [what, body, code] of rows) catalogue.problem(`enrolment: ${what}`, await enrol(body), 400, code);
  catalogue.problem("enrolment: no key of its own", await enrol({ ...good, device_public_key: undefined }), 401, "signer_unknown");
  catalogue.problem("enrolment: another device's key", await enrol({ ...good, device_public_key: P256Signer.generate("new").publicKey.toString("base64url") }), 401, "signature_wrong");

  // Who does not know everything learns nothing: one answer for three mistakes.
  const refused = [];
  for (const [what, body] of [
    ["a wrong name", { ...good, name: "赵无名" }],
    ["an unknown number", { ...good, document: kNobody }],
    ["a wrong code", { ...good, counter_code: "0000000000" }],
  ]) {
    const answer = await enrol(body);
    catalogue.problem(`enrolment: ${what}`, answer, 403, "enrolment_refused");
    refused.push({ ...answer.body, request_id: "" });
  }
  checks.equal("enrolment: the three answers are one", new Set(refused.map((answer) => JSON.stringify(answer))).size, 1);

  const enrolled = await enrol(good);
  if (!checks.equal("enrolment: everything right", enrolled.status, 201)) throw new Error(enrolled.text);
  device.keyId = enrolled.body.device_id;
  const used = P256Signer.generate("new");
  const again = await send(used, "POST", "/v1/enrolments", { ...good, device_public_key: used.publicKey.toString("base64url") });
  catalogue.problem("enrolment: the same counter code again", again, 403, "enrolment_refused");
  return device;
}

async function signatureWalk({ city, catalogue, checks, send }, device, grant) {
  const get = (wrong, signer = device) => send(signer, "GET", "/v1/me", undefined, wrong);
  const post = (wrong, body = grant) => send(device, "POST", "/v1/ride-grants", body, wrong);
  const now = Math.floor(Date.now() / 1000);
  const stranger = P256Signer.generate("dev_01hv0000000000000000000000");
  const gate = new Sm2Signer(device.keyId);
  const parameters = (text) => ({ parameters: `("@method" "@target-uri")${text}` });
  const good = `;created=${now};nonce="${randomBytes(16).toString("base64url")}";keyid="${device.keyId}";alg="ecdsa-p256-sha256"`;
  const rows = [
    ["none", () => exchange(city, [requestBytes(city, { method: "GET", path: "/v1/me" })]), 401, "signature_missing"],
    ["without Signature", () => get({ drop: ["Signature"] }), 400, "signature_malformed"],
    ["without Signature-Input", () => get({ drop: ["Signature-Input"] }), 400, "signature_malformed"],
    ["sent twice", () => get({ headers: { Signature: ["sig1=:AAAA:", "sig1=:AAAA:"] } }), 400, "signature_malformed"],
    ["not base64", () => get({ signature: "sig1=:!!!:" }), 400, "signature_malformed"],
    ["63 bytes", () => get({ signature: `sig1=:${Buffer.alloc(63).toString("base64")}:` }), 400, "signature_malformed"],
    ["another label", () => get({ headers: { "Signature-Input": `sig2=("@method")${good}` } }), 400, "signature_malformed"],
    ["no parameters", () => get(parameters("")), 400, "signature_malformed"],
    ["an unknown parameter", () => get(parameters(`${good};expires=${now}`)), 400, "signature_malformed"],
    ["a parameter twice", () => get(parameters(`${good};created=${now}`)), 400, "signature_malformed"],
    ["a short nonce", () => get({ nonce: "short" }), 400, "signature_malformed"],
    ["an unknown algorithm", () => get({ algorithm: "rsa-v1_5-sha256" }), 400, "signature_malformed"],
    ["an unknown component", () => get({ parameters: `("@method" "@target-uri" "x-thing")${good}` }), 400, "signature_malformed"],
    ["megabytes of parameters", () => get(parameters(`;nonce="${"x".repeat(5000)}"`)), 400, "signature_malformed"],
    ["the address is not covered", () => get({ covered: ["@method"] }), 401, "signature_components"],
    ["the body is not covered", () => post({ covered: ["@method", "@target-uri", "idempotency-key"] }), 401, "signature_components"],
    ["the key of idempotency is not covered", () => post({ covered: ["@method", "@target-uri", "content-digest"] }), 401, "signature_components"],
    ["another body's digest", () => post({ digest: `sha-256=:${randomBytes(32).toString("base64")}:` }), 401, "content_digest_wrong"],
    ["from long ago", () => get({ created: now - 330 }), 401, "signature_time"],
    ["from the future", () => get({ created: now + 330 }), 401, "signature_time"],
    ["of an unknown device", () => get({}, stranger), 401, "signer_unknown"],
    ["of no device at all", () => get({ keyId: "per_01hv0000000000000000000000" }), 401, "signer_unknown"],
    ["of another algorithm than the key's", () => get({}, gate), 401, "signer_unknown"],
    ["of another key", () => get({ keyId: device.keyId }, stranger), 401, "signature_wrong"],
    ["zeros", () => get({ signature: `sig1=:${Buffer.alloc(64).toString("base64")}:` }), 401, "signature_wrong"],
    ["for another host", () => get({ authority: "elsewhere.example" }), 401, "signature_wrong"],
    ["on the terminals' side", () => send(device, "GET", "/v1/terminal-files"), 401, "signer_unknown"],
    ["at the counter", () => send(device, "POST", "/v1/counter-freezes", { document: kNobody }), 401, "signer_unknown"],
    ["to another host", () => get({ headers: { Host: "elsewhere.example" } }), 400, "host_unknown"],
  ];
  for (const [what, act, status, code] of rows) catalogue.problem(`signature: ${what}`, await act(), status, code);

  const elsewhere = signed(city, device, "GET", "/v1/me");
  catalogue.problem("signature: for another path", await exchange(city, [requestBytes(city, { ...elsewhere, path: "/v1/rides" })]), 401, "signature_wrong");
  const once = requestBytes(city, signed(city, device, "GET", "/v1/me"));
  checks.equal("signature: right", (await exchange(city, [once])).status, 200);
  catalogue.problem("signature: the same request again", await exchange(city, [once]), 401, "nonce_replayed");
}

async function idempotencyWalk({ catalogue, checks, send }, device, grant) {
  const post = (wrong, body = grant) => send(device, "POST", "/v1/ride-grants", body, wrong);
  catalogue.problem("idempotency: no key", await post({ idempotencyKey: null }), 400, "idempotency_key_missing");
  catalogue.problem("idempotency: a short key", await post({ idempotencyKey: "short" }), 400, "idempotency_key_missing");
  catalogue.problem("idempotency: an endless key", await post({ idempotencyKey: "x".repeat(65) }), 400, "idempotency_key_missing");
  const key = "one-intent-one-key";
  const first = await post({ idempotencyKey: key });
  checks.equal("idempotency: the first answer", [first.status, first.headers["idempotency-replayed"]], [201, undefined]);
  const second = await post({ idempotencyKey: key });
  checks.equal("idempotency: the same request again", [second.status, second.headers["idempotency-replayed"], second.text], [201, "true", first.text]);
  catalogue.problem("idempotency: the key with another body", await post({ idempotencyKey: key }, { ...grant, clearing_group: 7 }), 422, "idempotency_key_reused");
  catalogue.problem("idempotency: the key on another path", await send(device, "POST", "/v1/freezes", {}, { idempotencyKey: key }), 422, "idempotency_key_reused");
  const both = await Promise.all([post({ idempotencyKey: `${key}-2` }), post({ idempotencyKey: `${key}-2` })]);
  const replays = both.filter((answer) => answer.headers["idempotency-replayed"] === "true").length;
  const done = both.filter((answer) => answer.status === 201);
  checks.equal("idempotency: two at once are done once, and both are answered", [done.length, replays], [2, 1]);
  return first.body;
}

export async function residentWalk(context) {
  const { catalogue, city, send } = context;
  const device = await enrolmentWalk(context);
  const group = (await city.exchange("GET", "/v1/city")).body.clearing_groups[0].number;
  const key = new Sm2Signer("");
  const grant = { grant_public_key: key.publicKey.toString("base64url"), clearing_group: group };
  await signatureWalk(context, device, grant);
  const made = await idempotencyWalk(context, device, grant);

  const post = (body) => send(device, "POST", "/v1/ride-grants", body);
  const rows = bodyRows(grant, {
    grant_public_key: { types: [1, []], ranges: ["", "!!!!", grant.grant_public_key.slice(1), `${grant.grant_public_key}=`] },
    clearing_group: { types: ["1", 1.5, true, []], ranges: [-1, 65536] },
  });
  for (const [what, body, code] of rows) catalogue.problem(`ride grant: ${what}`, await post(body), 400, code);
  catalogue.problem("ride grant: no point of the curve", await post({ ...grant, grant_public_key: Buffer.alloc(33, 2).toString("base64url") }), 400, "grant_key_invalid");
  catalogue.problem("ride grant: an unknown clearing group", await post({ ...grant, clearing_group: 999 }), 404, "clearing_group_unknown");
  catalogue.problem("freeze: a field nobody asked for", await send(device, "POST", "/v1/freezes", { why: "lost" }), 400, "field_unknown");

  for (const [query, code] of [
    ["page_size=0", "field_range"],
    ["page_size=101", "field_range"],
    ["page_size=ten", "field_type"],
    ["page_size=1&page_size=2", "field_range"],
    ["page_token=%zz", "field_range"],
    [`page_token=${"A".repeat(200)}`, "field_range"],
    ["page_token=AAAA", "page_token_invalid"],
    ["color=red", "field_unknown"],
  ]) {
    catalogue.problem(`rides: ?${query.slice(0, 40)}`, await send(device, "GET", `/v1/rides?${query}`), 400, code);
  }
  return { device, grantKey: key, template: Buffer.from(made.template, "base64url"), validSeconds: made.valid_seconds };
}
