// SPDX-License-Identifier: Apache-2.0
// What a clerk can send wrong, and how a counter code ends.
import { P256Signer } from "./signers.mjs";

const kWrongTries = 5;

export async function counterWalk({ city, catalogue, checks, clerk, send }) {
  const { name, number } = city.facts.resident;
  const document = { kind: "citizen_id", number };
  const nobody = { kind: "citizen_id", number: "11010119900307889X" };
  const rows = [
    ["a resident under another name", "/v1/counter-persons", { name: "赵无名", document }, 409, "person_name_differs"],
    ["a resident without a document", "/v1/counter-persons", { name }, 400, "field_missing"],
    ["a resident with a wrong check digit", "/v1/counter-persons", { name, document: { ...nobody, number: "110101199003078890" } }, 400, "citizen_id_check_digit"],
    ["a resident with too much", "/v1/counter-persons", { name, document: nobody, balance_fen: 5000 }, 400, "field_unknown"],
    ["a code for an unknown number", "/v1/counter-codes", { name, document: nobody }, 404, "person_unknown"],
    ["a code under another name", "/v1/counter-codes", { name: "赵无名", document }, 409, "person_name_differs"],
    ["a code for nobody", "/v1/counter-codes", { document }, 400, "field_missing"],
    ["a code with too much", "/v1/counter-codes", { name, document, hours: 48 }, 400, "field_unknown"],
    ["a freeze of an unknown number", "/v1/counter-freezes", { document: nobody }, 404, "person_unknown"],
    ["an unfreeze of a number", "/v1/counter-unfreezes", { document: number }, 400, "field_type"],
  ];
  for (const [what, path, body, status, code] of rows) catalogue.problem(`counter: ${what}`, await send(clerk, "POST", path, body), status, code);
  const impostor = P256Signer.generate(clerk.keyId);
  catalogue.problem("counter: under a clerk's name", await send(impostor, "POST", "/v1/counter-codes", { name, document }), 401, "signature_wrong");
  const unknown = P256Signer.generate("stf_01hv0000000000000000000000");
  catalogue.problem("counter: an unknown clerk", await send(unknown, "POST", "/v1/counter-codes", { name, document }), 401, "signer_unknown");

  // A document is one person, however often it is registered, and from then on known to the counter.
  const newcomer = { name: "陈一鸣", document: { kind: "citizen_id", number: "990101199003072512" } };
  for (const standing of ["new", "known"]) {
    const registered = await send(clerk, "POST", "/v1/counter-persons", newcomer);
    checks.equal(`counter: a resident is ${standing}`, [registered.status, registered.body?.standing], [201, standing]);
  }
  checks.equal("counter: a code for the resident who was registered", (await send(clerk, "POST", "/v1/counter-codes", newcomer)).status, 201);

  // A code is dead after its wrong tries, also for whoever has it.
  const issued = await send(clerk, "POST", "/v1/counter-codes", { name, document });
  if (!checks.equal("counter: a code", issued.status, 201)) return;
  const enrol = (counterCode) => {
    const device = P256Signer.generate("new");
    const body = { name, document, counter_code: counterCode, device_public_key: device.publicKey.toString("base64url"), device_name: "Another" };
    return send(device, "POST", "/v1/enrolments", body);
  };
  for (let i = 0; i < kWrongTries; ++i) catalogue.problem(`counter: wrong try ${i + 1}`, await enrol("0000000000"), 403, "enrolment_refused");
  catalogue.problem("counter: the right code after them", await enrol(issued.body.counter_code), 403, "enrolment_refused");
}
