// SPDX-License-Identifier: Apache-2.0
// At every boundary that `yukuai boundaries` names, the program ends itself by SIGKILL once; the path of a whole ride is driven around it and
// must come to what it comes to without a crash: every record that a gate admitted on is at the server, the ride is charged once and exactly,
// the ledger and the audit log hold, every repeated request is answered from the first one.
import { cpus } from "node:os";

import { Checks } from "../stage/checks.mjs";
import { City, Stage } from "../stage/city.mjs";
import { Path } from "./path.mjs";

const kOpeningFen = 5000;
const kLongPassesMax = 60;
// In the short form, later passes of what each path passes many times: the first is often the start.
const kMorePasses = { "server.commit": [2, 3, 4, 5, 6, 7], "server.answer": [3, 5, 7], "gate.log.write": [2], "gate.log.sync": [2] };

const longForm = process.argv.includes("--long");
const chosen = process.argv.slice(2).filter((word) => !word.startsWith("--"));

function programOf(name) {
  if (name.startsWith("gate.")) return "gate";
  return name.startsWith("audit.seal.") ? "seal" : "server";
}

// What a path came to, apart from ids and times. Equal for every run.
function outcomeOf(path) {
  const { rides, me, history, replayed } = path;
  return {
    rides: rides.map(({ scene, state, entry_point, exit_point, fare_fen, lines, settled }) => ({ scene, state, entry_point, exit_point, fare_fen, lines, settled })),
    money: [me.balance_fen, me.receivable_fen],
    devices: me.devices.length,
    frozen: [me.frozen, path.frozen.list_version],
    replayed,
    // Somebody whose gate died shows a code again: such a passage is told twice and counts once.
    history: history.map((entry) => entry.action).filter((action, at, all) => !["entered", "left"].includes(action) || all.indexOf(action) === at).sort(),
  };
}

async function judge(checks, city, path, reference) {
  const outcome = outcomeOf(path);
  if (reference) {
    checks.equal("what it came to", outcome, reference);
  } else {
    const [ride] = outcome.rides;
    checks.equal("one ride", [outcome.rides.length, ride?.state, ride?.settled], [1, "closed", "paid"]);
    checks.equal("its lines add up to the fare", ride.lines.reduce((sum, line) => sum + line.amount_fen, 0), ride.fare_fen);
    checks.equal("charged once, exactly", outcome.money, [kOpeningFen - ride.fare_fen, 0]);
    checks.equal("devices", outcome.devices, 1);
    checks.equal("every answer is kept", Object.values(outcome.replayed), Array(3).fill({ status: 201, replayed: "true" }));
  }
  for (const direction of ["in", "out"]) {
    const [own, kept] = [path.gateRecords[direction], path.serverRecords[direction]];
    const same = kept.length === own.length && kept.every((one, at) => one.bytes === own[at].bytes);
    checks.holds(`gate ${direction}: its records are at the server, byte for byte`, same, kept.map((one) => one.event).join(" "));
    const admitted = path.decisions.filter((one) => one.direction === direction && one.decision === "admitted");
    const lost = admitted.filter((one) => !kept.some((record) => record.event === "held" && record.code === one.code));
    checks.equal(`gate ${direction}: admitted ${admitted.length}, lost`, lost, []);
    const open = kept.filter((record) => record.event === "held" && !kept.some((later) => later.heldCounter === record.counter));
    checks.equal(`gate ${direction}: passages without an end`, open, []);
  }
  const ledger = await city.ledgerVerify();
  checks.equal("ledger verify", [ledger.code, ledger.said.breaches], [0, []]);
  const audit = await city.auditCheck();
  checks.equal("audit check", [audit.code, audit.said.consistent], [0, true]);
  const verdict = await city.auditVerify(path.bundle);
  checks.equal("audit verify", [verdict.code, verdict.said.verdict, verdict.said.count], [0, "accepted", path.history.length]);
  return outcome;
}

// One run, with its own copy of the city. Gives its outcome, and whether the boundary was reached.
async function runOnce(template, spec, reference) {
  const stage = new Stage();
  const checks = new Checks();
  const lines = [];
  checks.print = (line) => lines.push(line);
  const start = Date.now();
  let outcome;
  let reached = false;
  let seen = "";
  try {
    const city = await City.copy(stage, template, "city");
    const path = new Path(city, spec && { program: programOf(spec), spec });
    await path.ride();
    await path.end();
    reached = path.crashes.length > 0;
    seen = path.crashes.join(", ");
    outcome = await judge(checks, city, path, reference);
    if (spec && path.crashes.length > 1) checks.equal("deaths", path.crashes, [path.crashes[0]]);
  } catch (error) {
    checks.holds("the path came to its end", false, error.stack);
  }
  if (checks.failed > 0) stage.printLogs(checks.print);
  await stage.close();
  const seconds = ((Date.now() - start) / 1000).toFixed(1);
  return { spec: spec ?? "no crash", reached, seen, outcome, checks, lines, seconds };
}

const total = new Checks();

function report(one, mustReach) {
  if (mustReach && one.checks.failed === 0) one.checks.equal("the boundary was reached", one.reached, true);
  const { passed, failed } = one.checks;
  total.holds(one.spec, failed === 0, `${one.reached ? `died: ${one.seen}` : "nothing died"}; ${passed} checks held, ${failed} did not; ${one.seconds} s`);
  if (failed > 0) for (const line of one.lines) console.log(`       ${line}`);
}

async function everyBoundary(template, names, reference) {
  const waiting = [];
  for (const name of names) {
    if (longForm) waiting.push({ name, nth: 1 });
    else for (const nth of [1, ...(kMorePasses[name.replace(/\.(before|after)$/, "")] ?? [])]) waiting.push({ name, nth });
  }
  const work = async () => {
    for (let one = waiting.shift(); one; one = waiting.shift()) {
      const result = await runOnce(template, `${one.name}:${one.nth}`, reference);
      // In the long form the path ends the walk of a boundary by not reaching its next pass.
      report(result, !longForm || one.nth === 1);
      if (longForm && result.reached && one.nth < kLongPassesMax) waiting.push({ name: one.name, nth: one.nth + 1 });
    }
  };
  await Promise.all(Array.from({ length: Math.max(2, cpus().length) }, work));
}

const stage = new Stage();
try {
  const template = await City.generate(stage);
  const listed = (await stage.run(["boundaries"])).out.toString().split("\n").map((line) => line.trim()).filter((line) => line !== "");
  total.holds("boundaries that the program names", listed.length > 0, listed.length);
  const reference = await runOnce(template, undefined, undefined);
  report(reference, false);
  if (reference.checks.failed === 0) {
    if (chosen.length > 0) for (const spec of chosen) report(await runOnce(template, spec, reference.outcome), true);
    else await everyBoundary(template, listed, reference.outcome);
  }
} catch (error) {
  total.holds("the test came to its end", false, error.stack);
}
await stage.close();
total.close();
