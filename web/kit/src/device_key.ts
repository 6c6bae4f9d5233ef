// SPDX-License-Identifier: Apache-2.0
// The key that authenticates this device: P-256, made by WebCrypto, not extractable, kept by the browser in IndexedDB. No hardware protection
// is claimed. WebCrypto exists only on https and localhost; `isPossible` says so before anybody fills in a form.
import type { Bytes } from "./bytes";
import type { Signer } from "./signing";
import type { Store } from "./store";

const kAlgorithm = { name: "ECDSA", namedCurve: "P-256" };

interface KeptDevice {
  readonly deviceId: string;
  readonly keys: CryptoKeyPair;
}

function signerOf(keyId: string, keys: CryptoKeyPair): Signer {
  return {
    keyId,
    sign: async (message) => new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, keys.privateKey, message)),
  };
}

export function isPossible(): boolean {
  return globalThis.crypto?.subtle !== undefined && globalThis.indexedDB !== undefined;
}

// A key that is not bound to anybody yet. It is kept at once under "candidate": when the answer to the enrolment is lost on the way, the retry
// must come from the same key.
export class NewDevice {
  private constructor(
    private readonly keys: CryptoKeyPair,
    readonly publicKey: Bytes, // 04 || X || Y.
    readonly signer: Signer, // keyid "new".
  ) {}

  static async make(store: Store): Promise<NewDevice> {
    let keys = await store.get<CryptoKeyPair>("candidate");
    if (!keys) {
      keys = (await crypto.subtle.generateKey(kAlgorithm, false, ["sign", "verify"])) as CryptoKeyPair;
      await store.put("candidate", keys);
    }
    const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", keys.publicKey));
    return new NewDevice(keys, publicKey, signerOf("new", keys));
  }

  async bind(store: Store, deviceId: string): Promise<Signer> {
    await store.put("device", { deviceId, keys: this.keys } satisfies KeptDevice);
    await store.remove("candidate");
    return signerOf(deviceId, this.keys);
  }
}

export async function loadDevice(store: Store): Promise<Signer | undefined> {
  const kept = await store.get<KeptDevice>("device");
  return kept && signerOf(kept.deviceId, kept.keys);
}
