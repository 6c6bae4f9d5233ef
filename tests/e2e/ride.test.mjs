// SPDX-License-Identifier: Apache-2.0
// The first ride, whole: Chromium enrols and shows a code; two gates without network admit it in and out; what they recorded is uploaded, priced,
// charged, audited and pushed to the page; the proof holds, and stops holding when anything is taken out of it. Then the resident freezes.
import { join } from "node:path";

import { launch, openContext, enrol, watch } from "../browser/chromium.mjs";
import { Checks } from "../stage/checks.mjs";
import { City, Stage, present } from "../stage/city.mjs";
import { until } from "../stage/programs.mjs";
import { readGateLog } from "../stage/records.mjs";
import { Page } from "./page.mjs";

const kOpeningFen = 5000;
const yuan = (fen) => (fen / 100).toFixed(2);

const checks = new Checks();
const stage = new Stage();
let browser;

function section(title) {
  console.log(`\n${title}`);
}

// The record that the gate made of what it was shown last: its code is what ZXing read from the picture.
async function shownTo(gate, picture, name) {
  const decision = await present(gate, `@${picture.path}\n`);
  const record = readGateLog(join(gate.data, "records.log")).findLast((one) => one.code !== "");
  checks.equal(`${name}: ZXing at the gate and zbar read the same bytes (${picture.bytes.length})`, record?.code, picture.bytes.toString("hex"));
  return { ...decision, record };
}

async function ledgerHolds(city, when) {
  const ledger = await city.ledgerVerify();
  checks.equal(`ledger verify ${when}: exit code`, ledger.code, 0);
  checks.equal(`ledger verify ${when}: breaches, of ${ledger.said.accounts} accounts and ${ledger.said.transfers} transfers`, ledger.said.breaches, []);
  const [{ sum }] = await city.sql("SELECT sum(balance_fen) AS sum FROM ledger_account");
  checks.equal(`all balances ${when} add up to`, sum, 0);
}

async function main() {
  section("A city, its server and two gates");
  const city = await City.copy(stage, await City.generate(stage), "city");
  const [inPoint, outPoint] = [city.terminal("in").point, city.terminal("out").point];
  let server = await city.serve();
  checks.holds("the server serves", !server.ended, server.said[0]);
  const gateIn = await city.gate("in");
  const gateOut = await city.gate("out");
  checks.holds(`gate ${inPoint}, in`, !gateIn.ended, gateIn.said[0]);
  checks.holds(`gate ${outPoint}, out`, !gateOut.ended, gateOut.said[0]);

  section("Chromium enrols and shows a code");
  browser = await launch({ certificate: join(city.data, "tls", "certificate.pem") });
  const context = await openContext(browser, { width: 390, scale: 2 });
  const tab = await context.newPage();
  const breaches = watch(tab, city.origin);
  const page = new Page(tab, stage.folder);
  const { name, number, counter_code: counterCode } = city.facts.resident;
  await enrol(tab, city.origin, { name, number, counterCode });
  checks.holds("the page shows the masked name", (await page.text("name")).includes("*"), await page.text("name"));
  checks.holds("and the opening balance", await page.shows("balance", yuan(kOpeningFen)), await page.text("balance"));
  const loads = page.loads;
  const first = await page.photograph("entry");
  checks.holds("a screenshot's code has the transport code's length", first.bytes.length >= 332 && first.bytes.length <= 364, first.bytes.length);
  const sealed = await city.seal();
  checks.equal("audit seal after the enrolment: exit code", sealed.code, 0);

  section("The server is stopped; the gates decide alone");
  await server.stop();
  checks.equal("the server drained and ended", server.ended.code, 0);
  const before = join(stage.folder, "before-the-ride.db");
  await city.sql(`VACUUM INTO '${before}'`);
  await context.setOffline(true);
  const entry = await shownTo(gateIn, first, `entry at ${inPoint}`);
  checks.equal(`entry at ${inPoint}`, entry.decision, "admitted");
  const second = await page.newCode("exit");
  checks.holds("the page without network makes a fresh code", !second.bytes.equals(first.bytes), `${second.bytes.length} bytes`);
  const exit = await shownTo(gateOut, second, `exit at ${outPoint}`);
  checks.equal(`exit at ${outPoint}`, exit.decision, "admitted");
  const again = await present(gateOut, second.bytes);
  checks.equal("the same code again, raw: told the first decision, not admitted twice", [again.decision, again.first_decision], ["repeated", "admitted"]);

  section("The server starts; the page learns of the ride by itself");
  await context.setOffline(false);
  server = await city.serve();
  const ride = await page.appears("closed");
  const fare = Number(/¥\s?(\d+\.\d\d)/.exec(ride.text)?.[1] ?? Number.NaN) * 100;
  checks.holds("the page shows the ride and what it cost", fare > 0, ride.text);
  checks.holds("and the new balance", await page.shows("balance", yuan(kOpeningFen - fare)), await page.text("balance"));
  checks.equal("without a reload", page.loads, loads);
  const { body: rides } = await page.request("GET", "/v1/rides");
  checks.equal("the API knows one ride", rides.rides.map((one) => [one.ride_id, one.state, one.fare_fen, one.settled]), [[ride.id, "closed", fare, "paid"]]);
  const lineSum = rides.rides[0].lines.reduce((sum, line) => sum + line.amount_fen, 0);
  checks.equal("its lines add up to the fare", lineSum, fare);
  await ledgerHolds(city, "after the ride");

  section("The proof");
  checks.equal("audit seal: exit code", (await city.seal()).code, 0);
  const proof = await page.proof();
  checks.equal("the page's own check found nothing wrong", [proof.finding, proof.good], [undefined, true]);
  const verdict = await city.auditVerify(proof.bundle);
  checks.equal("audit verify of the downloaded bundle", [verdict.code, verdict.said.verdict], [0, "accepted"]);
  const held = Object.fromEntries((verdict.said.checks ?? []).map((check) => [check.check, check.outcome]));
  checks.equal("the charge's inclusion", held.entry_inclusion, "held");
  checks.equal("completeness: the map counts exactly these entries", [held.map_proof, held.entry_missing, held.entry_chain], ["held", "held", "held"]);
  const charge = (verdict.said.entries ?? []).find((one) => one.details.includes(ride.id) && /charge/.test(one.action));
  checks.holds("the charge is among them", charge, charge);
  const remembered = verdict.said.remember;
  checks.equal("what is remembered verifies with the same bundle", (await city.auditVerify(proof.bundle, remembered)).code, 0);
  checks.equal("audit check of the whole log", await city.auditCheck().then(({ code, said }) => [code, said.consistent]), [0, true]);

  section("Taking one entry out");
  const place = verdict.said.entries.indexOf(charge);
  const without = JSON.parse(proof.bundle);
  without.entries.splice(place, 1);
  const cut = await city.auditVerify(JSON.stringify(without));
  checks.equal("the charge cut out of the bundle", [cut.code, cut.said.reason], [1, "entry_missing"]);
  const shorter = JSON.parse(proof.bundle);
  const last = Buffer.from(shorter.entries.pop().content, "base64url");
  shorter.map.count -= 1;
  shorter.map.head = last.subarray(44, 76).toString("base64url"); // The commitment that the last entry names as the one before.
  const recounted = await city.auditVerify(JSON.stringify(shorter));
  checks.equal("the newest entry cut off and the count made to fit", [recounted.code, recounted.said.reason], [1, "map_proof"]);

  section("Freezing between entry and exit");
  await page.open("#/", "code");
  const entryCode = await page.newCode("entry-2");
  checks.equal(`entry at ${inPoint}`, (await shownTo(gateIn, entryCode, "second entry")).decision, "admitted");
  await page.appears("open");
  const exitCode = await page.newCode("exit-2");
  const copied = await page.newCode("copied");
  await page.open("#/me", "freeze");
  await tab.click("[data-part=freeze]");
  const freezing = tab.waitForResponse((response) => response.url().endsWith("/v1/freezes"));
  await tab.click("[data-part=freeze-confirm]");
  const frozen = await (await freezing).json();
  checks.holds("frozen", frozen.list_version >= 1, frozen);
  const grantKey = Buffer.concat([Buffer.from([2]), Buffer.from("32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7", "hex")]);
  const group = (await page.request("GET", "/v1/city")).body.clearing_groups[0].number;
  const refused = await page.request("POST", "/v1/ride-grants", { grant_public_key: grantKey.toString("base64url"), clearing_group: group });
  checks.equal("a ride grant, at once", [refused.status, refused.body.code], [403, "person_frozen"]);
  const spread = await until("both gates hold the list", async () => {
    const { body } = await page.request("GET", "/v1/freezes/current");
    return body.terminals_holding === body.terminals_total ? body : undefined;
  }, 60);
  checks.holds("both gates hold the list", spread.list_version >= frozen.list_version, spread);
  const atEntry = await present(gateIn, `@${copied.path}\n`);
  checks.equal("a copied code at the entry gate", [atEntry.decision, atEntry.reason], ["refused", "frozen"]);
  await server.stop();
  checks.equal(`exit at ${outPoint} without network`, (await shownTo(gateOut, exitCode, "exit of the frozen")).decision, "admitted");
  server = await city.serve();
  const owed = await until("the ride of the frozen is priced", async () => {
    const answer = await page.request("GET", "/v1/rides").catch(() => undefined);
    return answer?.body.rides?.find((one) => one.ride_id !== ride.id && one.state === "closed");
  }, 60);
  checks.equal("the ride becomes a receivable", [owed.settled, owed.fare_fen], ["receivable", fare]);
  const { body: me } = await page.request("GET", "/v1/me");
  checks.equal("nothing was taken from the frozen balance", [me.frozen, me.balance_fen, me.receivable_fen], [true, kOpeningFen - fare, fare]);
  await ledgerHolds(city, "after the freeze");
  checks.equal("audit check of the whole log", await city.auditCheck().then(({ code, said }) => [code, said.consistent]), [0, true]);

  section("An operator deletes what came after the enrolment, and signs anew");
  await server.stop();
  const tables = ["audit_shard", "audit_entry", "audit_node", "audit_map_leaf", "audit_head"];
  const restore = tables.map((table) => `DELETE FROM ${table}; INSERT INTO ${table} SELECT * FROM past.${table};`).join(" ");
  await city.sql(`ATTACH '${before}' AS past; BEGIN; ${restore} COMMIT;`);
  checks.equal("audit seal signs it: exit code", (await city.seal()).code, 0);
  checks.equal("audit check finds the log whole", await city.auditCheck().then(({ code, said }) => [code, said.consistent]), [0, true]);
  server = await city.serve();
  const forged = await until("the server answers", () => page.request("GET", "/v1/audit-bundle").catch(() => undefined), 60);
  const bundle = JSON.stringify(forged.body);
  const alone = await city.auditVerify(bundle);
  checks.equal("without memory everything holds", [alone.code, alone.said.verdict], [0, "accepted"]);
  checks.holds("and the charge is gone", !alone.said.entries.some((one) => one.details.includes(ride.id)), `${alone.said.count} entries, were ${remembered.count}`);
  const caught = await city.auditVerify(bundle, remembered);
  checks.equal("--remembered finds it", [caught.code, caught.said.reason], [1, "remembered_count"]);
  checks.equal("and so does the page", (await page.proof()).finding, "remembered_count");

  section("To the end");
  checks.equal("no page loaded anew", page.loads, loads);
  checks.equal("no page asked a third party, broke its policy or printed an error", breaches, []);
  await Promise.all([gateIn.stop(), gateOut.stop(), server.stop()]);
  checks.equal("gates and server ended in order", [gateIn, gateOut, server].map((program) => program.ended.code), [0, 0, 0]);
}

try {
  await main();
} catch (error) {
  checks.holds("the test came to its end", false, error.stack);
}
await browser?.close();
if (checks.failed > 0) stage.printLogs();
await stage.close();
checks.close();
