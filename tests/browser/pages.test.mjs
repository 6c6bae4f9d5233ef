// SPDX-License-Identifier: Apache-2.0
// Every page at the width of a phone and of a desk, in both languages: drawn to a picture for people to look at, and read by axe, which must not
// find anything serious. A city of its own is made and served; one device is enrolled, rides once, and is shared by all.
//
// YUKUAI            the program (default build/yukuai)
// YUKUAI_PICTURES   folder for the pictures (default build/pictures)
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { AxeBuilder } from "@axe-core/playwright";

import { Page } from "../e2e/page.mjs";
import { City, Stage, kRoot, present } from "../stage/city.mjs";
import { enrol, launch, openContext, watch } from "./chromium.mjs";

const pictures = process.env.YUKUAI_PICTURES ?? join(kRoot, "build", "pictures");
mkdirSync(pictures, { recursive: true });

const kWidths = [390, 1280];
const kLanguages = ["zh", "en"];
const kPages = [
  { name: "code", path: "#/", ready: "[data-part=code]" },
  { name: "rides", path: "#/rides", ready: "[data-part=ride], [data-part=no-rides]" },
  { name: "history", path: "#/history", ready: "[data-part=entry]" },
  { name: "me", path: "#/me", ready: "[data-part=freeze]" },
  { name: "help", path: "#/help", ready: ".help-page" },
];

let stage, city, gates, baseUrl, browser, context, page, breaches;

before(async () => {
  stage = new Stage();
  city = await City.copy(stage, await City.generate(stage), "city");
  await city.serve();
  gates = [await city.gate("in"), await city.gate("out")];
  baseUrl = city.origin;
  browser = await launch({ certificate: join(city.data, "tls", "certificate.pem") });
  context = await openContext(browser, { width: 390 });
  page = await context.newPage();
  breaches = watch(page, baseUrl);
});
after(async () => {
  await browser?.close();
  await stage?.close();
});

async function look(name) {
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]).analyze();
  const serious = violations
    .filter((violation) => ["serious", "critical"].includes(violation.impact))
    .map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target.join(" ")).join(", ")}`);
  assert.deepEqual(serious, [], name);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(overflow <= 0, `${name}: ${overflow} px wider than the screen`);
}

const setView = (width, search) => page.setViewportSize({ width, height: width < 700 ? 844 : 900 }).then(() => page.goto(`${baseUrl}/${search}`));

// Clear of a page reload: the address only changes behind #, and the view is remembered on the phone.
async function open(path, ready) {
  await page.evaluate((hash) => (location.hash = hash), path);
  await page.waitForSelector(ready);
}

test("the enrolment page, empty and with mistakes", async () => {
  for (const width of kWidths) {
    for (const language of kLanguages) {
      await setView(width, `?lang=${language}`);
      await page.waitForSelector("#enrol-name");
      await look(`enrol-${width}-${language}`);
      await page.click("[data-part=enrol]");
      await page.waitForSelector("[aria-invalid=true]");
      assert.equal(await page.evaluate(() => document.activeElement.id), "enrol-name", "the first wrong field has the focus");
      await look(`enrol-wrong-${width}-${language}`);
    }
  }
});

test("a device is bound with a counter code", async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  const { name, number, counter_code: counterCode } = city.facts.resident;
  await enrol(page, baseUrl, { name, number, counterCode });
  const masked = await page.textContent("[data-part=name]");
  assert.ok(masked.includes("*") && !masked.includes(name), "the name is masked");
  assert.ok(!(await page.content()).includes(number), "the number is on no page");
});

test("a ride, so that there is something to look at", async () => {
  const phone = new Page(page, stage.folder);
  for (const gate of gates) {
    const shown = await phone.newCode("shown");
    assert.equal((await present(gate, shown.bytes)).decision, "admitted");
  }
  await phone.open("#/rides", "ride");
  await phone.appears("closed");
});

for (const width of kWidths) {
  for (const language of kLanguages) {
    test(`pages at ${width} px, ${language}`, async () => {
      await setView(width, `?lang=${language}`);
      await page.waitForSelector("[data-part=code]");
      assert.equal(await page.getAttribute("html", "lang"), language === "zh" ? "zh-CN" : "en");
      for (const { name, path, ready } of kPages) {
        await open(path, ready);
        for (const button of await page.$$("[data-part=ride-details][aria-expanded=false]")) await button.click();
        await look(`${name}-${width}-${language}`);
      }
    });
  }
}

test("the elder view: large, remembered, one code and one button", async () => {
  await setView(390, "?elder=1&lang=zh");
  await page.waitForSelector("[data-part=code]");
  await page.goto(`${baseUrl}/`);
  await page.waitForSelector("html.elder [data-part=code]");
  assert.equal(await page.locator(".nav").count(), 0);
  const size = await page.evaluate(() => Number.parseFloat(getComputedStyle(document.querySelector("[data-part=seconds]")).fontSize));
  assert.ok(size >= 18, `${size} px`);
  for (const target of await page.$$(".frame main button, .help-bar a")) {
    const box = await target.boundingBox();
    assert.ok(box.height >= 60, `${await target.textContent()}: ${box.height} px high`);
  }
  await look("elder-code-390-zh");
  await open("#/help", ".help-page");
  await look("elder-help-390-zh");
  await setView(390, "?elder=0&lang=zh");
  await page.waitForSelector("html:not(.elder) [data-part=code]");
});

test("the code stays on white ground in a dark scheme", async () => {
  await page.emulateMedia({ colorScheme: "dark" });
  await open("#/", "[data-part=code]");
  const [ground, pass] = await page.evaluate(() => [
    [...document.querySelector("[data-part=code]").getContext("2d").getImageData(0, 0, 1, 1).data],
    getComputedStyle(document.querySelector(".pass")).backgroundColor,
  ]);
  assert.deepEqual(ground, [255, 255, 255, 255]);
  assert.equal(pass, "rgb(255, 255, 255)");
  for (const { name, path, ready } of kPages) {
    await open(path, ready);
    await look(`${name}-390-zh-dark`);
  }
  await page.emulateMedia({ colorScheme: "light" });
});

test("the code is replaced by hand, by itself in time, and pauses while the page is hidden", async () => {
  const other = await context.newPage();
  await other.clock.install(); // Its own page: time stands unless the test lets it run.
  await other.goto(`${baseUrl}/`);
  await other.waitForSelector("[data-part=code]");
  const picture = () => other.evaluate(() => document.querySelector("[data-part=code]").toDataURL());
  const shown = (part) => other.textContent(`[data-part=${part}]`);
  const first = await picture();
  await other.click("[data-part=refresh]");
  const second = await picture();
  assert.notEqual(second, first);
  await other.clock.runFor(5_000);
  assert.equal(await picture(), second, "a code stays for its time");
  await other.clock.runFor(600_000);
  assert.notEqual(await picture(), second, "and is replaced when that is over");
  // Headless pages are never hidden by themselves; the page reads exactly this property and this event.
  const become = (state) =>
    other.evaluate((value) => {
      Object.defineProperty(document, "visibilityState", { value, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, state);
  await become("hidden");
  const [clock, third] = [await shown("live-clock"), await picture()];
  await other.clock.runFor(600_000);
  assert.equal(await shown("live-clock"), clock, "nothing moves while nobody looks");
  assert.equal(await picture(), third);
  await become("visible");
  assert.notEqual(await picture(), third, "whoever comes back sees a new code");
  await other.close();
});

test("freezing asks once, and can be left", async () => {
  await open("#/me", "[data-part=freeze]");
  await page.click("[data-part=freeze]");
  await page.waitForSelector("[data-part=freeze-confirm]");
  await look("freeze-confirm-390-zh");
  await page.click(".confirm .button.plain");
  await page.waitForSelector("[data-part=freeze]");
});

test("the page opens and shows a code without network", async () => {
  await open("#/", "[data-part=code]");
  await page.waitForFunction(() => navigator.serviceWorker.ready.then(() => true));
  await context.setOffline(true);
  await page.reload();
  await page.waitForSelector("[data-part=code]");
  await page.waitForSelector("[data-part=offline]");
  assert.match(await page.textContent("[data-part=offline]"), /\d\d:\d\d/);
  await look("offline-390-zh");
  await context.setOffline(false);
  await page.waitForSelector("[data-part=offline]", { state: "detached", timeout: 60_000 });
});

test("the help page of the text form says what a code is, and runs no script", async () => {
  await page.goto(`${baseUrl}/c#gAFpJAEBAAAA`);
  await page.waitForSelector(".leaflet");
  assert.equal(await page.locator("script").count(), 0);
  await look("leaflet-390");
});

test("no page asked a third party, broke its policy or printed an error", () => {
  assert.deepEqual(breaches, []);
});
