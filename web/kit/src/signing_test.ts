// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { signedHeaders } from "./signing";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

// A signer that keeps what it was asked to sign.
function recorder(keyId: string) {
  const seen: string[] = [];
  const sign = (message: Uint8Array) => {
    seen.push(text(message));
    return Promise.resolve(Uint8Array.of(1, 2, 3));
  };
  return { seen, signer: { keyId, sign } };
}

describe("signedHeaders", () => {
  it("covers method and address of a request without a body", async () => {
    const { seen, signer } = recorder("dev_01hv0000000000000000000000");
    const headers = await signedHeaders(
      { method: "GET", targetUri: "https://city.example/v1/rides?page_size=20", created: 1_772_323_200, nonce: "bm9uY2U" },
      signer,
    );
    const parameters = `("@method" "@target-uri");created=1772323200;nonce="bm9uY2U";keyid="dev_01hv0000000000000000000000";alg="ecdsa-p256-sha256"`;
    expect(seen).toEqual([
      `"@method": GET\n"@target-uri": https://city.example/v1/rides?page_size=20\n"@signature-params": ${parameters}`,
    ]);
    expect(headers).toEqual({ "Signature-Input": `sig1=${parameters}`, Signature: "sig1=:AQID:" });
  });

  it("covers digest and idempotency key of a request with a body", async () => {
    const { seen, signer } = recorder("new");
    // The digest of this body is the worked example of RFC 9530, appendix B.
    const bytes = new TextEncoder().encode('{"hello": "world"}\n');
    const headers = await signedHeaders(
      { method: "POST", targetUri: "https://city.example/v1/freezes", body: { bytes, idempotencyKey: "k-1" }, created: 1, nonce: "n" },
      signer,
    );
    expect(headers["Content-Digest"]).toBe("sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:");
    expect(headers["Idempotency-Key"]).toBe("k-1");
    expect(seen[0]?.split("\n")).toEqual([
      '"@method": POST',
      '"@target-uri": https://city.example/v1/freezes',
      '"content-digest": sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:',
      '"idempotency-key": k-1',
      '"@signature-params": ("@method" "@target-uri" "content-digest" "idempotency-key");created=1;nonce="n";keyid="new";alg="ecdsa-p256-sha256"',
    ]);
  });

  it("signs so that the public key verifies r || s", async () => {
    const algorithm = { name: "ECDSA", namedCurve: "P-256" };
    const hash = { name: "ECDSA", hash: "SHA-256" };
    const keys = (await crypto.subtle.generateKey(algorithm, false, ["sign", "verify"])) as CryptoKeyPair;
    let base = new Uint8Array();
    const headers = await signedHeaders(
      { method: "GET", targetUri: "https://city.example/v1/me", created: 1 },
      {
        keyId: "dev_1",
        sign: async (message) => {
          base = message;
          return new Uint8Array(await crypto.subtle.sign(hash, keys.privateKey, message));
        },
      },
    );
    const signature = Uint8Array.from(atob(headers["Signature"]!.slice(6, -1)), (c) => c.charCodeAt(0));
    expect(signature.length).toBe(64);
    expect(await crypto.subtle.verify(hash, keys.publicKey, signature, base)).toBe(true);
  });

  it("takes a new nonce of 16 bytes each time", async () => {
    const { signer } = recorder("dev_1");
    const request = { method: "GET", targetUri: "https://city.example/v1/me", created: 1 };
    const nonces = await Promise.all(
      Array.from({ length: 8 }, async () => /nonce="([A-Za-z0-9_-]{22})"/.exec((await signedHeaders(request, signer))["Signature-Input"]!)?.[1]),
    );
    expect(nonces).not.toContain(undefined);
    expect(new Set(nonces).size).toBe(8);
  });
});
