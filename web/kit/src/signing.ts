// SPDX-License-Identifier: Apache-2.0
// Request signatures (RFC 9421) with Content-Digest (RFC 9530), as api/yukuai.yaml asks: "@method" "@target-uri", and for a body
// "content-digest" "idempotency-key"; label sig1; parameters created, nonce, keyid, alg.
import { toBase64, toBase64Url } from "./bytes";

const kNonceBytes = 16;

export interface Signer {
  readonly keyId: string;
  readonly sign: (message: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>; // r || s, ECDSA P-256 with SHA-256.
}

export interface RequestToSign {
  readonly method: string;
  readonly targetUri: string; // Absolute, without fragment.
  readonly body?: { readonly bytes: Uint8Array<ArrayBuffer>; readonly idempotencyKey: string };
  readonly created: number; // Unix seconds, by the server's clock.
  readonly nonce?: string; // Made here unless a test brings one.
}

export async function signedHeaders(request: RequestToSign, signer: Signer): Promise<Record<string, string>> {
  const headers: Record<string, string> = {};
  const covered: [name: string, value: string][] = [
    ["@method", request.method],
    ["@target-uri", request.targetUri],
  ];
  if (request.body) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", request.body.bytes));
    headers["Content-Digest"] = `sha-256=:${toBase64(digest)}:`;
    headers["Idempotency-Key"] = request.body.idempotencyKey;
    covered.push(["content-digest", headers["Content-Digest"]], ["idempotency-key", request.body.idempotencyKey]);
  }
  const nonce = request.nonce ?? toBase64Url(crypto.getRandomValues(new Uint8Array(kNonceBytes)));
  const names = covered.map(([name]) => `"${name}"`).join(" ");
  const parameters = `(${names});created=${request.created};nonce="${nonce}";keyid="${signer.keyId}";alg="ecdsa-p256-sha256"`;
  const base = [...covered.map(([name, value]) => `"${name}": ${value}`), `"@signature-params": ${parameters}`].join("\n");
  const signature = await signer.sign(new TextEncoder().encode(base));
  headers["Signature-Input"] = `sig1=${parameters}`;
  headers["Signature"] = `sig1=:${toBase64(signature)}:`;
  return headers;
}
