// SPDX-License-Identifier: Apache-2.0
// The phone's part of the code (docs/formats/code.md): makes the grant key, and turns the template that the issuer signed into a code by
// appending the time (field 16) and the grant key's signature (field 17). Needs a random source and nothing else of a browser: neither
// network, WebCrypto nor service worker, so that a city's app or a mini-program can embed it.
//
// SM2 with SM3 and the default user ID. The library works on big integers and is not constant time; a grant key lives for hours and signs
// on its owner's own phone only.
import { sm2 } from "sm-crypto-v2";

import { type Bytes, concat, fromHex, readU16, readU32, toHex, u32 } from "./bytes";

const kCodeBytesMin = 332; // With N = 0; N more with an issuer field.
const kIssuerFieldMax = 32;
const kUserKeyOffset = 158;
const kAuthorisationExpiryOffset = 191;
const kValidityOffset = 195;
const kIssuerFieldLengthOffset = 197;
const kTemplateBytesMin = 263; // Fields 1..15 with N = 0.
const kSignatureFormat = 0x15;

export interface GrantKey {
  readonly privateKey: Bytes; // d, 32 bytes, big-endian. A secret.
  readonly publicKey: Bytes; // Compressed, 33 bytes: what the issuer signs.
}

export function generateGrantKey(): GrantKey {
  const pair = sm2.generateKeyPairHex();
  return { privateKey: fromHex(pair.privateKey.padStart(64, "0")), publicKey: fromHex(sm2.compressPublicKeyHex(pair.publicKey)) };
}

// Fields 1..15, signed by the issuer for one grant key. Parsed once, here; what it says about itself is then trusted.
export class CodeTemplate {
  private constructor(
    readonly bytes: Bytes,
    readonly userKey: Bytes,
    readonly authorisationExpiry: number, // UTC seconds: no gate takes a code of this template in a later second.
    readonly validitySeconds: number, // How long one code is good after it was made.
  ) {}

  // Throws RangeError for what could never become a code: a gate would refuse it, and the page can say so before anybody stands there.
  static parse(bytes: Uint8Array): CodeTemplate {
    const issuerField = bytes[kIssuerFieldLengthOffset];
    if (issuerField === undefined || issuerField > kIssuerFieldMax || bytes.length !== kTemplateBytesMin + issuerField) {
      throw new RangeError("code template: length");
    }
    if (bytes[0]! < 0x80) throw new RangeError("code template: version");
    if (readU16(bytes, 1) + 3 !== kCodeBytesMin + issuerField) throw new RangeError("code template: length field");
    if (bytes[198 + issuerField] !== kSignatureFormat) throw new RangeError("code template: signature format");
    const copy = new Uint8Array(bytes);
    return new CodeTemplate(
      copy,
      copy.slice(kUserKeyOffset, kUserKeyOffset + 33),
      readU32(copy, kAuthorisationExpiryOffset),
      readU16(copy, kValidityOffset),
    );
  }
}

// Makes codes of one grant. Construction does the slow part (one point multiplication for the public key), so that each showing is one signature.
export class TransitCodeMaker {
  private readonly privateKey: string;
  private readonly publicKey: string;

  // Throws RangeError if the template was not signed for this key.
  constructor(
    readonly template: CodeTemplate,
    privateKey: Uint8Array,
  ) {
    this.privateKey = toHex(privateKey);
    this.publicKey = sm2.getPublicKeyFromPrivateKey(this.privateKey);
    if (sm2.compressPublicKeyHex(this.publicKey) !== toHex(template.userKey)) throw new RangeError("code template: another key");
  }

  // The raw code, 332 + N bytes. `generatedAt`: UTC seconds, of a clock that agrees with the gates' clocks.
  make(generatedAt: number): Bytes {
    const signed = concat(this.template.bytes, u32(generatedAt));
    const signature = sm2.doSignature(signed, this.privateKey, { hash: true, publicKey: this.publicKey });
    return assemble(this.template, generatedAt, fromHex(signature));
  }
}

// The last step alone: `signature` is r || s over fields 1..16.
export function assemble(template: CodeTemplate, generatedAt: number, signature: Uint8Array): Bytes {
  if (signature.length !== 64) throw new RangeError("signature: length");
  return concat(template.bytes, u32(generatedAt), Uint8Array.of(kSignatureFormat), signature);
}
