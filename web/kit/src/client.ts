// SPDX-License-Identifier: Apache-2.0
// The API, typed from its own description. A call gives its answer or throws Problem; there is no third outcome.
import type { components, paths } from "./api.gen";
import { type Signer, signedHeaders } from "./signing";
import type { ServerClock } from "./server_clock";

export type Schemas = components["schemas"];

type Answer<Operation> = Operation extends { responses: infer Responses }
  ? Responses extends { 200: { content: { "application/json": infer Body } } }
    ? Body
    : Responses extends { 201: { content: { "application/json": infer Body } } }
      ? Body
      : never
  : never;
type RequestBody<Operation> = Operation extends { requestBody: { content: { "application/json": infer Body } } } ? Body : never;
type GetPath = { [Path in keyof paths]: paths[Path] extends { get: object } ? Path : never }[keyof paths];
type PostPath = { [Path in keyof paths]: paths[Path] extends { post: object } ? Path : never }[keyof paths];
type GetAnswer<Path extends GetPath> = Answer<paths[Path]["get"]>;
type PostAnswer<Path extends PostPath> = Answer<paths[Path]["post"]>;

// Why a call gave nothing. `body` is the server's own account of it; without one the server was not reached, or what answered was not it.
export class Problem extends Error {
  constructor(
    readonly kind: "refused" | "unreachable" | "unknown_outcome",
    readonly body?: Schemas["Problem"],
  ) {
    super(body?.code ?? kind);
  }
  get code(): string {
    return this.body?.code ?? this.kind;
  }
}

const kSignAgain = new Set(["signature_time", "signature_before_start"]);
const kTimeout = 10_000;
const kAttempts = 3;
const kPause = 600;

export class Client {
  constructor(
    private readonly origin: string,
    private readonly clock: ServerClock,
    private readonly deviceNow: () => number,
    public signer?: Signer,
  ) {}

  // Public and unsigned; every answer corrects the clock.
  async city(): Promise<Schemas["City"]> {
    const sent = this.deviceNow();
    const response = await this.fetchOnce("/v1/city", { headers: { Accept: "application/json" } });
    const city = (await this.read(response)) as Schemas["City"];
    this.clock.correct(Date.parse(city.server_time), sent, this.deviceNow());
    return city;
  }

  async get<Path extends GetPath>(path: Path, query: Record<string, string | undefined> = {}): Promise<GetAnswer<Path>> {
    const search = new URLSearchParams(Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined)).toString();
    const target = search === "" ? path : `${path}?${search}`;
    return (await this.read(await this.resigned(() => this.send("GET", target)))) as GetAnswer<Path>;
  }

  // One intent. A lost answer is asked for again with the same key, so that nothing is done twice.
  async post<Path extends PostPath>(
    path: Path,
    body: RequestBody<paths[Path]["post"]>,
    { signer, idempotencyKey = crypto.randomUUID() }: { signer?: Signer; idempotencyKey?: string } = {},
  ): Promise<PostAnswer<Path>> {
    const bytes = new TextEncoder().encode(JSON.stringify(body));
    for (let attempt = 1; ; ++attempt) {
      try {
        const response = await this.resigned(() => this.send("POST", path, { bytes, idempotencyKey }, signer));
        return (await this.read(response)) as PostAnswer<Path>;
      } catch (error) {
        const again = error instanceof Problem && (error.kind === "unreachable" || (error.body?.retryable === true && error.body.status !== 429));
        if (!again) throw error;
        if (attempt === kAttempts) throw error.kind === "unreachable" ? new Problem("unknown_outcome") : error;
        await new Promise((resolve) => setTimeout(resolve, kPause * attempt));
      }
    }
  }

  // For followStream: resolves once headers are there; the body flows until aborted.
  events(signal: AbortSignal): Promise<Response> {
    return this.resigned(() => this.send("GET", "/v1/events", undefined, undefined, signal));
  }

  // A signature refused for its time means that the clock was wrong, or that the server has just started: correct it and sign once more.
  private async resigned(send: () => Promise<Response>): Promise<Response> {
    if (!this.clock.everCorrected) await this.city();
    const response = await send();
    if (response.status !== 401) return response;
    const problem = await problemOf(response.clone());
    if (!problem || !kSignAgain.has(problem.code)) return response;
    await this.city();
    return send();
  }

  private async send(
    method: "GET" | "POST",
    target: string,
    body?: { bytes: Uint8Array<ArrayBuffer>; idempotencyKey: string },
    signer: Signer | undefined = this.signer,
    signal?: AbortSignal,
  ): Promise<Response> {
    if (!signer) throw new Error("client: no device is bound");
    const headers = await signedHeaders(
      { method, targetUri: this.origin + target, created: Math.floor(this.clock.now() / 1000), ...(body ? { body } : {}) },
      signer,
    );
    if (body) headers["Content-Type"] = "application/json";
    return this.fetchOnce(target, { method, headers, ...(body ? { body: body.bytes } : {}) }, signal);
  }

  private async fetchOnce(target: string, init: RequestInit, signal?: AbortSignal): Promise<Response> {
    try {
      return await fetch(this.origin + target, {
        ...init,
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
        signal: signal ?? AbortSignal.timeout(kTimeout),
      });
    } catch {
      throw new Problem("unreachable");
    }
  }

  private async read(response: Response): Promise<unknown> {
    if (!response.ok) throw await refusal(response);
    try {
      return await response.json();
    } catch {
      throw new Problem("unreachable"); // Cut off in the middle of the answer.
    }
  }
}

async function refusal(response: Response): Promise<Problem> {
  const body = await problemOf(response);
  return body ? new Problem("refused", body) : new Problem("unreachable"); // A proxy or a captive portal speaks: the server was not reached.
}

async function problemOf(response: Response): Promise<Schemas["Problem"] | undefined> {
  if (!response.headers.get("Content-Type")?.startsWith("application/problem+json")) return undefined;
  try {
    return (await response.json()) as Schemas["Problem"];
  } catch {
    return undefined;
  }
}
