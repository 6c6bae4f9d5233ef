// SPDX-License-Identifier: Apache-2.0
// Who this phone is bound to, what the server last said, and the stream that keeps it true. Made once by main.ts; pages only read `state` and
// call the few acts below.
import { Client, Problem, type Schemas } from "@yukuai/kit/client";
import { NewDevice, isPossible, loadDevice } from "@yukuai/kit/device_key";
import { type StreamEvent, followStream } from "@yukuai/kit/event_stream";
import { type Grant, forgetGrant, grantState, keepGrant, loadGrant } from "@yukuai/kit/grant_box";
import { toBase64Url } from "@yukuai/kit/bytes";
import { type Finding, type Remembered, remember } from "@yukuai/kit/remembered_root";
import { ServerClock } from "@yukuai/kit/server_clock";
import { Store } from "@yukuai/kit/store";
import { generateGrantKey } from "@yukuai/kit/transit_code";
import { type InjectionKey, inject, reactive, shallowReactive } from "vue";

export type Ride = Schemas["Ride"];
export interface PersonalDetails {
  readonly name: string;
  readonly number: string;
  readonly counterCode: string;
}

interface State {
  phase: "opening" | "impossible" | "unbound" | "bound";
  reachable: boolean; // What the last exchange showed; the browser's own opinion only ever makes it false.
  nameMasked: string;
  bindingLost?: Problem; // The server no longer takes this phone's signature.
  frozen: boolean; // Remembered, so that a frozen phone says so without network too.
  city?: Schemas["City"];
  me?: Schemas["Me"];
  freeze?: Schemas["FreezeStatus"];
  rides: Ride[];
  nextRides?: string;
  ridesLoaded: boolean;
  remembered?: Remembered;
}

export const kSession: InjectionKey<Session> = Symbol("session");
export const useSession = (): Session => inject(kSession)!;

export const kBindingLost = new Set(["signer_unknown", "device_unknown", "device_revoked"]);
const kRidePage = "20";

export class Session {
  readonly state: State = reactive<State>({ phase: "opening", reachable: navigator.onLine, nameMasked: "", frozen: false, rides: [], ridesLoaded: false });
  readonly clock: ServerClock;
  private readonly client: Client;
  private store!: Store;
  private readonly grants = shallowReactive(new Map<number, Grant>());
  private readonly rideListeners = new Set<(ride: Ride) => void>();
  private stream: AbortController | undefined;
  private enrolmentKey: { details: string; idempotencyKey: string } | undefined;

  constructor() {
    this.clock = new ServerClock(() => Date.now(), {
      read: () => localStorage.getItem("clock"),
      write: (text) => localStorage.setItem("clock", text),
    });
    this.client = new Client(location.origin, this.clock, () => Date.now());
    addEventListener("offline", () => (this.state.reachable = false));
    addEventListener("online", () => void this.refresh().catch(() => undefined));
  }

  // Reads only the phone's own memory, so that a code can be shown before any network answers.
  async open(): Promise<void> {
    if (!isPossible()) {
      this.state.phase = "impossible";
      return;
    }
    this.store = await Store.open("yukuai");
    const city = localStorage.getItem("city");
    if (city !== null) this.state.city = JSON.parse(city) as Schemas["City"];
    this.state.nameMasked = (await this.store.get<string>("name_masked")) ?? "";
    this.state.frozen = localStorage.getItem("frozen") === "1";
    const remembered = await this.store.get<Remembered>("remembered");
    if (remembered) this.state.remembered = remembered;
    const signer = await loadDevice(this.store);
    if (signer) this.client.signer = signer;
    this.state.phase = signer ? "bound" : "unbound";
    if (signer) this.follow();
  }

  get group(): number | undefined {
    return this.state.city?.clearing_groups[0]?.number;
  }

  async enrol(details: PersonalDetails, deviceName: string): Promise<void> {
    const device = await NewDevice.make(this.store);
    const body: Schemas["EnrolmentRequest"] = {
      name: details.name,
      document: { kind: "citizen_id", number: details.number },
      counter_code: details.counterCode,
      device_public_key: toBase64Url(device.publicKey),
      device_name: deviceName,
    };
    // The person who presses again after a lost answer means the same thing, unless a field was changed.
    const text = JSON.stringify(body);
    if (this.enrolmentKey?.details !== text) this.enrolmentKey = { details: text, idempotencyKey: crypto.randomUUID() };
    await this.loadCity();
    const idempotencyKey = this.enrolmentKey.idempotencyKey;
    const answer = await this.watched(() => this.client.post("/v1/enrolments", body, { signer: device.signer, idempotencyKey })).catch((error: unknown) => {
      if (error instanceof Problem && error.kind === "refused") this.enrolmentKey = undefined; // Answered: the next press is a new try.
      throw error;
    });
    this.enrolmentKey = undefined;
    await this.store.put("name_masked", answer.name_masked);
    // The key that judges the log from now on is the one the city showed when this phone was bound.
    await this.store.put("log_key", this.state.city!.log_key);
    this.client.signer = await device.bind(this.store, answer.device_id);
    this.state.nameMasked = answer.name_masked;
    this.state.phase = "bound";
    this.follow();
  }

  // Forgets the binding on this phone only; other carriers are untouched.
  async forget(): Promise<void> {
    this.stream?.abort();
    await this.store.clear();
    for (const name of ["frozen", "journey_open"]) localStorage.removeItem(name);
    location.reload();
  }

  // A grant to show codes with. What is kept is preferred; the network is asked when the kept one has ended, or when a new service day has begun.
  // Offline at the start of a new day, the old grant is shown as long as gates take it.
  async grant(group: number): Promise<Grant | undefined> {
    let grant = this.grants.get(group) ?? (await loadGrant(this.store, group));
    const state = grantState(grant, this.clock.now(), this.journeyOpen);
    if (state !== "good") {
      try {
        const key = generateGrantKey();
        const answer = await this.watched(() =>
          this.client.post("/v1/ride-grants", { grant_public_key: toBase64Url(key.publicKey), clearing_group: group }),
        );
        grant = await keepGrant(this.store, group, answer, key);
      } catch (error) {
        if (state === "dead" || !(error instanceof Problem) || error.kind === "refused") throw error;
      }
    }
    if (grant) this.grants.set(group, grant);
    return grant;
  }

  get journeyOpen(): boolean {
    return localStorage.getItem("journey_open") === "1";
  }

  async loadCity(): Promise<void> {
    const city = await this.watched(() => this.client.city());
    this.state.city = city;
    localStorage.setItem("city", JSON.stringify(city));
  }

  async loadMe(): Promise<void> {
    const me = await this.watched(() => this.client.get("/v1/me"));
    this.state.me = me;
    this.state.nameMasked = me.name_masked;
    await this.noteFreeze(me.frozen);
  }

  async loadRides(more = false): Promise<void> {
    const token = more ? this.state.nextRides : undefined;
    const page = await this.watched(() => this.client.get("/v1/rides", { page_size: kRidePage, page_token: token }));
    this.state.rides = more ? [...this.state.rides, ...page.rides] : page.rides;
    if (page.next_page_token) this.state.nextRides = page.next_page_token;
    else delete this.state.nextRides;
    this.state.ridesLoaded = true;
    this.noteJourney();
  }

  history(token?: string): Promise<Schemas["HistoryPage"]> {
    return this.watched(() => this.client.get("/v1/history", { page_size: "30", page_token: token }));
  }

  async loadFreeze(): Promise<void> {
    this.state.freeze = await this.watched(() => this.client.get("/v1/freezes/current"));
    await this.noteFreeze(this.state.freeze.frozen);
  }

  async freeze(): Promise<void> {
    await this.watched(() => this.client.post("/v1/freezes", {}));
    await this.noteFreeze(true);
    await Promise.allSettled([this.loadFreeze(), this.loadMe()]);
  }

  // Gives the bundle as the server sent it, and what this phone makes of it. A finding leaves what was remembered as it was.
  async checkHistory(): Promise<{ bundle: unknown; finding?: Finding }> {
    const bundle = await this.watched(() => this.client.get("/v1/audit-bundle"));
    const logKey = (await this.store.get<string>("log_key")) ?? this.state.city?.log_key ?? "";
    const result = remember(bundle, logKey, this.state.remembered && { ...this.state.remembered });
    if (typeof result === "string") return { bundle, finding: result };
    await this.store.put("remembered", result);
    this.state.remembered = result;
    return { bundle };
  }

  onRide(listener: (ride: Ride) => void): () => void {
    this.rideListeners.add(listener);
    return () => this.rideListeners.delete(listener);
  }

  // Everything that may have changed while nobody listened.
  async refresh(): Promise<void> {
    await this.loadCity();
    if (this.state.phase === "bound") await Promise.all([this.loadMe(), this.loadRides()]);
  }

  private follow(): void {
    this.stream?.abort();
    this.stream = new AbortController();
    void followStream(
      (signal) => this.watched(() => this.client.events(signal)),
      {
        open: () => void this.refresh().catch(() => undefined),
        event: (event) => this.event(event),
        closed: () => undefined,
      },
      this.stream.signal,
    );
  }

  private event(event: StreamEvent): void {
    const data: unknown = JSON.parse(event.data);
    if (event.name === "ride") {
      const ride = data as Ride;
      const index = this.state.rides.findIndex((known) => known.ride_id === ride.ride_id);
      if (index >= 0) this.state.rides[index] = ride;
      else this.state.rides.unshift(ride);
      this.noteJourney();
      for (const listener of this.rideListeners) listener(ride);
    } else if (event.name === "balance" && this.state.me) {
      Object.assign(this.state.me, data as Schemas["Balance"]);
    } else if (event.name === "freeze") {
      this.state.freeze = data as Schemas["FreezeStatus"];
      void this.noteFreeze(this.state.freeze.frozen);
      void this.loadMe().catch(() => undefined);
    } else if (event.name === "device") {
      void this.loadMe().catch(() => undefined);
    }
  }

  // A frozen phone keeps nothing that could still be shown at a gate without network.
  private async noteFreeze(frozen: boolean): Promise<void> {
    this.state.frozen = frozen;
    localStorage.setItem("frozen", frozen ? "1" : "0");
    if (!frozen) return;
    this.grants.clear();
    for (const group of this.state.city?.clearing_groups ?? []) await forgetGrant(this.store, group.number);
  }

  private noteJourney(): void {
    localStorage.setItem("journey_open", this.state.rides.some((ride) => ride.state === "open") ? "1" : "0");
  }

  private async watched<T>(call: () => Promise<T>): Promise<T> {
    try {
      const answer = await call();
      this.state.reachable = true;
      return answer;
    } catch (error) {
      if (error instanceof Problem) {
        this.state.reachable = error.kind === "refused";
        if (kBindingLost.has(error.code)) this.state.bindingLost = error;
      }
      throw error;
    }
  }
}
