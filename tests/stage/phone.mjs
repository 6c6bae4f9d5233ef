// SPDX-License-Identifier: Apache-2.0
// A resident's phone without a browser: the page's own library (kit.ts, bundled by the runner) over plain requests. Nothing it does retries by
// itself; whoever drives it decides what a lost answer means.
//
// YUKUAI_KIT   the bundle of kit.ts
import { randomUUID } from "node:crypto";

const { CodeTemplate, TransitCodeMaker, fromBase64Url, generateGrantKey, signedHeaders, toBase64Url } = await import(process.env.YUKUAI_KIT);

// One intent: body and key stay the same however often it is sent.
export class Intent {
  constructor(path, body, idempotencyKey = randomUUID()) {
    this.path = path;
    this.bytes = new TextEncoder().encode(JSON.stringify(body));
    this.idempotencyKey = idempotencyKey;
  }
}

export class Phone {
  grantKey = generateGrantKey();

  static async make(city, resident) {
    const phone = new Phone();
    const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
    phone.city = city;
    phone.resident = resident;
    phone.publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", keys.publicKey));
    phone.signer = {
      keyId: "new",
      sign: async (message) => new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, keys.privateKey, message)),
    };
    return phone;
  }

  async #send(method, path, intent) {
    const body = intent && { bytes: intent.bytes, idempotencyKey: intent.idempotencyKey };
    const created = Math.floor(Date.now() / 1000);
    const headers = await signedHeaders({ method, targetUri: this.city.origin + path, created, ...(body ? { body } : {}) }, this.signer);
    if (body) headers["Content-Type"] = "application/json";
    return this.city.exchange(method, path, { headers, body: intent?.bytes });
  }

  get(path) {
    return this.#send("GET", path);
  }
  send(intent) {
    return this.#send("POST", intent.path, intent);
  }

  enrolment() {
    return new Intent("/v1/enrolments", {
      name: this.resident.name,
      document: { kind: "citizen_id", number: this.resident.number },
      counter_code: this.resident.counter_code,
      device_public_key: toBase64Url(this.publicKey),
      device_name: "Test phone",
    });
  }
  bind(answer) {
    this.signer = { ...this.signer, keyId: answer.device_id };
  }

  rideGrant(clearingGroup) {
    return new Intent("/v1/ride-grants", { grant_public_key: toBase64Url(this.grantKey.publicKey), clearing_group: clearingGroup });
  }
  hold(answer) {
    this.maker = new TransitCodeMaker(CodeTemplate.parse(fromBase64Url(answer.template)), this.grantKey.privateKey);
  }

  // A new showing, raw.
  code() {
    return Buffer.from(this.maker.make(Math.floor(Date.now() / 1000)));
  }

  freeze() {
    return new Intent("/v1/freezes", {});
  }
}
