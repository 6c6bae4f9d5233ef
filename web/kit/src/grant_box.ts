// SPDX-License-Identifier: Apache-2.0
// Grants on the phone: what the server answered, and the grant key, which is written only wrapped (AES-GCM under a key the page cannot export).
import type { components } from "./api.gen";
import { type Bytes, fromBase64Url } from "./bytes";
import type { Store } from "./store";
import { CodeTemplate, type GrantKey, TransitCodeMaker } from "./transit_code";

type RideGrant = components["schemas"]["RideGrant"];

interface KeptGrant {
  readonly grant: RideGrant;
  readonly iv: Bytes;
  readonly wrapped: ArrayBuffer;
}

export interface Grant {
  readonly id: string;
  readonly maker: TransitCodeMaker;
  readonly refreshSeconds: number;
  readonly validSeconds: number;
  readonly serviceDay: string;
  readonly serviceDayEnds: number; // Unix milliseconds. From then on a new journey wants a new grant.
  readonly notAfter: number; // Unix milliseconds.
}

const kHour = 3_600_000;

async function wrappingKey(store: Store): Promise<CryptoKey> {
  const kept = await store.get<CryptoKey>("wrapping");
  if (kept) return kept;
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  await store.put("wrapping", key);
  return key;
}

function open(answer: RideGrant, privateKey: Uint8Array): Grant {
  const notAfter = Date.parse(answer.not_after);
  return {
    id: answer.grant_id,
    maker: new TransitCodeMaker(CodeTemplate.parse(fromBase64Url(answer.template)), privateKey),
    refreshSeconds: answer.refresh_seconds,
    validSeconds: answer.valid_seconds,
    serviceDay: answer.service_day,
    // The longest journey, four hours unless the server says otherwise, lies between the end of the day and the end of the grant.
    serviceDayEnds: answer.service_day_ends ? Date.parse(answer.service_day_ends) : notAfter - 4 * kHour,
    notAfter,
  };
}

// Keeps a grant and returns it opened. Throws RangeError if the template was not made for this key.
export async function keepGrant(store: Store, group: number, answer: RideGrant, key: GrantKey): Promise<Grant> {
  const grant = open(answer, key.privateKey);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const wrapped = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await wrappingKey(store), new Uint8Array(key.privateKey));
  await store.put(`grant/${group}`, { grant: answer, iv, wrapped } satisfies KeptGrant);
  return grant;
}

// Nothing if there is none, or if what is kept can no longer be read: then a new one is asked for.
export async function loadGrant(store: Store, group: number): Promise<Grant | undefined> {
  const kept = await store.get<KeptGrant>(`grant/${group}`);
  if (!kept) return undefined;
  try {
    const privateKey = await crypto.subtle.decrypt({ name: "AES-GCM", iv: kept.iv }, await wrappingKey(store), kept.wrapped);
    return open(kept.grant, new Uint8Array(privateKey));
  } catch {
    return undefined;
  }
}

export function forgetGrant(store: Store, group: number): Promise<void> {
  return store.remove(`grant/${group}`);
}

// What to do with the grant at hand. An open journey keeps its grant beyond the end of the service day, because the exit must carry the same
// card account as the entry.
export function grantState(grant: Grant | undefined, now: number, journeyOpen: boolean): "good" | "wants_new" | "dead" {
  if (!grant || now > grant.notAfter) return "dead";
  return now < grant.serviceDayEnds || journeyOpen ? "good" : "wants_new";
}
