// SPDX-License-Identifier: Apache-2.0
// The resident's page in Chromium, as this test uses it: what a person sees and presses, and signed requests with the key that the page keeps.
import { readFileSync } from "node:fs";

import { run, until } from "../stage/programs.mjs";

const kPatience = 60; // Seconds; the page pauses up to half a minute between attempts to reach a lost server.

export class Page {
  constructor(page, folder) {
    Object.assign(this, { page, folder });
    this.loads = 0;
    page.on("load", () => ++this.loads);
  }

  text(part) {
    return this.page.locator(`[data-part=${part}]`).first().textContent();
  }

  // Moves inside the page: the address changes only behind #.
  async open(path, part) {
    await this.page.evaluate((hash) => (location.hash = hash), path);
    await this.page.waitForSelector(`[data-part=${part}]`);
  }

  picture() {
    return this.page.evaluate(() => document.querySelector("[data-part=code]")?.toDataURL());
  }

  // A code that was not on the screen before, as a picture of the whole screen and as zbar reads it.
  async newCode(name) {
    const before = await this.picture();
    await this.page.click("[data-part=refresh]");
    await until("another code on the screen", async () => (await this.picture()) !== before, kPatience);
    return this.photograph(name);
  }

  async photograph(name) {
    const path = `${this.folder}/${name}.png`;
    await this.page.screenshot({ path });
    const read = await run("zbarimg", ["--raw", "-q", "-Sbinary", path]);
    if (read.code !== 0) throw new Error(`zbarimg found no code in ${path}: ${read.err}`);
    return { path, bytes: read.out };
  }

  // The newest ride as the page draws it; nothing before there is one in this state.
  async ride(state) {
    const ride = this.page.locator(`[data-part=ride][data-state=${state}]`).first();
    if ((await ride.count()) === 0) return undefined;
    return { id: await ride.getAttribute("data-ride"), text: (await ride.innerText()).replace(/\s+/g, " ") };
  }

  // A ride in this state, other than those that are known already; the page is only watched.
  appears(state, known = []) {
    return until(`the page shows a ride that is ${state}`, async () => {
      const ride = await this.ride(state).catch(() => undefined);
      return ride && !known.includes(ride.id) ? ride : undefined;
    }, kPatience);
  }

  shows(part, text) {
    return until(`the page shows ${text} as ${part}`, async () => {
      const seen = await this.text(part).catch(() => undefined);
      return seen?.includes(text) ? seen : undefined;
    }, kPatience);
  }

  // Presses "check" under "me" and saves the bundle as a person would. { bundle, finding }
  async proof() {
    await this.open("#/me", "proof-check");
    // Right after a start the server may ask the page to sign once more: the answer is the one with the bundle.
    const answered = this.page.waitForResponse((response) => response.url().endsWith("/v1/audit-bundle") && response.status() === 200);
    await this.page.click("[data-part=proof-check]");
    await answered;
    await this.page.waitForSelector("[data-part=proof-check]:not([disabled])");
    await this.page.waitForSelector("[data-part=bundle]");
    const [download] = await Promise.all([this.page.waitForEvent("download"), this.page.click("[data-part=bundle]")]);
    const finding = this.page.locator("[data-part=finding]");
    return {
      bundle: readFileSync(await download.path(), "utf8"),
      finding: (await finding.count()) > 0 ? await finding.getAttribute("data-finding") : undefined,
      good: (await this.page.locator("[data-part=proof-good]").count()) > 0,
    };
  }

  // A request signed with the key that the page keeps and cannot export: what a stranger who runs his own script in this phone could ask for.
  request(method, path, body) {
    return this.page.evaluate(async ([method, path, text]) => {
      const base64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
      const database = await new Promise((resolve, reject) => {
        const opening = indexedDB.open("yukuai", 1);
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(opening.error);
      });
      const device = await new Promise((resolve, reject) => {
        const reading = database.transaction("things").objectStore("things").get("device");
        reading.onsuccess = () => resolve(reading.result);
        reading.onerror = () => reject(reading.error);
      });
      database.close();
      const headers = {};
      const covered = [["@method", method], ["@target-uri", location.origin + path]];
      if (text !== undefined) {
        headers["Content-Type"] = "application/json";
        headers["Content-Digest"] = `sha-256=:${base64(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)))}:`;
        headers["Idempotency-Key"] = crypto.randomUUID();
        covered.push(["content-digest", headers["Content-Digest"]], ["idempotency-key", headers["Idempotency-Key"]]);
      }
      const nonce = base64(crypto.getRandomValues(new Uint8Array(18))).replaceAll("+", "-").replaceAll("/", "_");
      const names = covered.map(([name]) => `"${name}"`).join(" ");
      const parameters = `(${names});created=${Math.floor(Date.now() / 1000)};nonce="${nonce}";keyid="${device.deviceId}";alg="ecdsa-p256-sha256"`;
      const base = [...covered.map(([name, value]) => `"${name}": ${value}`), `"@signature-params": ${parameters}`].join("\n");
      const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, device.keys.privateKey, new TextEncoder().encode(base));
      headers["Signature-Input"] = `sig1=${parameters}`;
      headers["Signature"] = `sig1=:${base64(signature)}:`;
      const answer = await fetch(path, { method, headers, body: text, cache: "no-store" });
      return { status: answer.status, body: await answer.json() };
    }, [method, path, body === undefined ? undefined : JSON.stringify(body)]);
  }
}
