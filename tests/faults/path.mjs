// SPDX-License-Identifier: Apache-2.0
// The path of one ride, driven as people, gates and operators would drive it: whatever dies is started again, and whatever was not answered is
// asked again under the same Idempotency-Key. Gives what everybody saw; judging it is crash.test.mjs's.
import { Lost, holdsFiles, present } from "../stage/city.mjs";
import { Phone } from "../stage/phone.mjs";
import { until } from "../stage/programs.mjs";

const kExitsTryAgain = [69, 75]; // The server is not there, or gave no whole answer.
const kAttempts = 4; // One crash is armed: a second death is a defect, and ends the run here.

export class Path {
  crashes = []; // Names of programs that died by the armed boundary.

  // crashAt: { program: "server" | "gate" | "seal", spec }
  constructor(city, crashAt) {
    this.city = city;
    this.armed = crashAt && { ...crashAt };
  }

  #take(program) {
    if (this.armed?.program !== program) return {};
    const env = { YUKUAI_CRASH_AT: this.armed.spec };
    this.armed = undefined; // The next start is an ordinary one.
    return env;
  }

  async #serve() {
    for (let attempt = 1; ; ++attempt) {
      this.server = await this.city.serve(this.#take("server"));
      if (!this.server.ended) return;
      this.#noteCrash(this.server, attempt);
    }
  }

  // A gate that holds its files. One that is not enrolled yet gives up when the server dies under it, and asks to be started again.
  async #gate(direction) {
    for (let attempt = 1; ; ++attempt) {
      // Only the entry gate is armed: one crash for each run.
      const gate = this.city.startGate(direction, direction === "in" ? this.#take("gate") : {});
      await until(`${gate.name} holds its files`, async () => {
        if (this.server.ended) await this.#revive();
        return gate.ended || holdsFiles(gate);
      }, 40);
      if (!gate.ended) return gate;
      if (!kExitsTryAgain.includes(gate.ended.code) || attempt === kAttempts) this.#noteCrash(gate, attempt);
    }
  }

  #noteCrash(program, attempt = 1) {
    if (!program.crashed || attempt === kAttempts) throw new Error(`${program.name} ended: ${JSON.stringify(program.ended)}`);
    this.crashes.push(program.name);
  }

  // Starts the server again if it died by the boundary.
  async #revive() {
    await this.server.death();
    this.#noteCrash(this.server);
    await this.#serve();
  }

  // An exchange of the phone's, until it is answered.
  async #answered(exchange, status) {
    for (let attempt = 1; ; ++attempt) {
      try {
        const answer = await exchange();
        // The signature was made in the second in which the server started, or before: signed anew, it is taken.
        if (answer.body?.code === "signature_before_start" && attempt < kAttempts) continue;
        if (status !== undefined && answer.status !== status) throw new Error(`${answer.status} ${answer.bytes}`);
        return answer;
      } catch (error) {
        if (!(error instanceof Lost) || attempt === kAttempts) throw error;
        await this.#revive();
      }
    }
  }

  // A program that uploads by itself may bring the server down between two exchanges.
  async #eventually(what, probe) {
    return until(what, async () => {
      if (this.server.ended) await this.#revive();
      await this.#reviveGates();
      return probe();
    }, 40);
  }

  async #reviveGates() {
    for (const direction of ["in", "out"]) {
      const gate = this.gates?.[direction];
      if (!gate?.ended) continue;
      this.#noteCrash(gate);
      this.gates[direction] = await this.#gate(direction);
    }
  }

  // Somebody holds a phone to the gate until it opens: the same picture again after a gate came back, then a fresh one.
  async #pass(direction) {
    const shown = this.phone.code();
    for (const code of [shown, shown, this.phone.code(), this.phone.code()]) {
      const gate = this.gates[direction];
      const decision = gate.ended ? undefined : await present(gate, code);
      if (decision) this.decisions.push({ direction, code: code.toString("hex"), ...decision });
      if (decision?.decision === "admitted") return;
      await this.#eventually("the gate is back", () => !this.gates[direction].ended);
    }
    throw new Error(`the gate ${direction} never opened: ${JSON.stringify(this.decisions)}`);
  }

  async #seal() {
    for (let attempt = 1; attempt <= kAttempts; ++attempt) {
      const sealed = await this.city.seal(this.#take("seal"));
      if (sealed.code === 0) return;
      if (sealed.signal !== "SIGKILL") throw new Error(`audit seal: ${sealed.code} ${sealed.err}`);
      this.crashes.push("audit seal");
    }
    throw new Error("audit seal died again and again");
  }

  async ride() {
    const { city } = this;
    this.decisions = [];
    await this.#serve();
    this.gates = {};
    for (const direction of ["in", "out"]) this.gates[direction] = await this.#gate(direction);
    this.phone = await Phone.make(city, city.facts.resident);
    const { phone } = this;
    const enrolment = phone.enrolment();
    phone.bind((await this.#answered(() => phone.send(enrolment), 201)).body);
    const group = (await this.#answered(() => city.exchange("GET", "/v1/city"), 200)).body.clearing_groups[0].number;
    const grant = phone.rideGrant(group);
    phone.hold((await this.#answered(() => phone.send(grant), 201)).body);

    await this.#pass("in");
    await this.#pass("out");
    await this.#eventually("the ride is charged", async () => {
      this.rides = (await this.#answered(() => phone.get("/v1/rides"), 200)).body.rides;
      return this.rides.some((ride) => ride.state === "closed");
    });
    const freeze = phone.freeze();
    this.frozen = (await this.#answered(() => phone.send(freeze), 201)).body;
    // Every answer again, under its key: the same, and nothing is done twice.
    this.replayed = {};
    for (const [name, intent] of Object.entries({ enrolment, grant, freeze })) {
      if (name === "enrolment") phone.signer = { ...phone.signer, keyId: "new" };
      const { status, headers, body } = await this.#answered(() => phone.send(intent), 201);
      if (name === "enrolment") phone.bind(body);
      this.replayed[name] = { status, replayed: headers["idempotency-replayed"] };
    }
    // Both gates have taken up the freeze and handed in all they have.
    await this.#eventually("the gates hold the list", async () => {
      const { body } = await this.#answered(() => phone.get("/v1/freezes/current"), 200);
      return body.terminals_holding === body.terminals_total;
    });
    await this.#eventually("all records are at the server", async () => {
      this.gateRecords = Object.fromEntries(["in", "out"].map((direction) => [direction, this.city.gateRecords(this.gates[direction])]));
      this.serverRecords = {};
      for (const direction of ["in", "out"]) this.serverRecords[direction] = await this.city.serverRecords(direction);
      return ["in", "out"].every((direction) => this.serverRecords[direction].length >= this.gateRecords[direction].length);
    });
    await this.#seal();
    this.rides = (await this.#answered(() => phone.get("/v1/rides"), 200)).body.rides;
    this.me = (await this.#answered(() => phone.get("/v1/me"), 200)).body;
    this.history = (await this.#answered(() => phone.get("/v1/history?page_size=100"), 200)).body.entries;
    this.bundle = (await this.#answered(() => phone.get("/v1/audit-bundle"), 200)).bytes.toString();
  }

  // Everything is asked to end. Somebody may still have to die on the way out.
  async end() {
    for (const program of [this.gates.in, this.gates.out, this.server]) {
      if (!program.ended) program.process.kill("SIGTERM");
      const ended = await program.death();
      if (program.crashed) this.crashes.push(program.name);
      else if (ended.code !== 0) throw new Error(`${program.name} ended: ${JSON.stringify(ended)}`);
    }
  }
}
