// SPDX-License-Identifier: Apache-2.0
// Keys and request signatures, with every way to get them wrong. Written here a second time on purpose: the page's own library can only sign
// rightly.
import { createHash, createPrivateKey, generateKeyPairSync, randomBytes, randomUUID, sign } from "node:crypto";
import { createRequire } from "node:module";

const { sm2, sm3 } = createRequire(new URL("../../web/kit/package.json", import.meta.url))("sm-crypto-v2");

const kBase32 = "0123456789abcdefghjkmnpqrstvwxyz";

export function fromBase32(text) {
  let bits = "";
  for (const digit of text) bits += kBase32.indexOf(digit).toString(2).padStart(5, "0");
  return Buffer.from(bits.slice(0, bits.length - (bits.length % 8)).match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

export const sm3Of = (bytes) => Buffer.from(sm3(bytes), "hex");

// P-256, as devices and clerks have.
export class P256Signer {
  algorithm = "ecdsa-p256-sha256";

  constructor(keyId, privateKey, publicKey) {
    Object.assign(this, { keyId, privateKey, publicKey });
  }
  static generate(keyId) {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const { x, y } = publicKey.export({ format: "jwk" });
    return new P256Signer(keyId, privateKey, Buffer.concat([Buffer.of(4), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]));
  }
  // The private number alone, as a clerk's key file holds it, in the shell of RFC 5915.
  static ofScalar(keyId, scalar) {
    const der = Buffer.concat([Buffer.from("30310201010420", "hex"), scalar, Buffer.from("a00a06082a8648ce3d030107", "hex")]);
    return new P256Signer(keyId, createPrivateKey({ key: der, format: "der", type: "sec1" }));
  }
  sign(message) {
    return sign("sha256", message, { key: this.privateKey, dsaEncoding: "ieee-p1363" });
  }
}

// SM2, as terminals have.
export class Sm2Signer {
  algorithm = "sm2-sm3";

  constructor(keyId) {
    this.keyId = keyId;
    this.pair = sm2.generateKeyPairHex();
    this.pair.privateKey = this.pair.privateKey.padStart(64, "0");
    this.publicKey = Buffer.from(sm2.compressPublicKeyHex(this.pair.publicKey), "hex");
  }
  sign(message) {
    return Buffer.from(sm2.doSignature(message, this.pair.privateKey, { hash: true, publicKey: this.pair.publicKey }), "hex");
  }
}

const nowSeconds = () => Math.floor(Date.now() / 1000);

// A request and its signature. `wrong` replaces any part: created, nonce, keyId, algorithm, authority, digest, covered (names left out of the
// signature are still sent), signature, idempotencyKey (null sends none), drop (names of fields not sent).
export function signed(city, signer, method, path, body, wrong = {}) {
  const bytes = body === undefined ? undefined : Buffer.isBuffer(body) ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  const headers = {};
  const parts = { "@method": method, "@target-uri": `https://${wrong.authority ?? `localhost:${city.port}`}${path}` };
  if (bytes !== undefined) {
    parts["content-digest"] = headers["Content-Digest"] = wrong.digest ?? `sha-256=:${createHash("sha256").update(bytes).digest("base64")}:`;
    const key = wrong.idempotencyKey === undefined ? randomUUID() : wrong.idempotencyKey;
    if (key !== null) parts["idempotency-key"] = headers["Idempotency-Key"] = key;
    headers["Content-Type"] = "application/json";
  }
  const covered = wrong.covered ?? Object.keys(parts);
  const parameters = wrong.parameters ??
    `(${covered.map((name) => `"${name}"`).join(" ")});created=${wrong.created ?? nowSeconds()};nonce="${wrong.nonce ?? randomBytes(16).toString("base64url")}"` +
      `;keyid="${wrong.keyId ?? signer.keyId}";alg="${wrong.algorithm ?? signer.algorithm}"`;
  const base = [...covered.map((name) => `"${name}": ${parts[name]}`), `"@signature-params": ${parameters}`].join("\n");
  headers["Signature-Input"] = `sig1=${parameters}`;
  headers["Signature"] = wrong.signature ?? `sig1=:${signer.sign(Buffer.from(base)).toString("base64")}:`;
  for (const name of wrong.drop ?? []) delete headers[name];
  return { method, path, headers: { ...headers, ...wrong.headers }, body: bytes };
}
