// SPDX-License-Identifier: Apache-2.0
// How long until the code is on the screen, on a phone four times slower than this machine behind a 4G link, and how much was fetched for it.
// Prints figures; asserts nothing. A city of its own is made and served.
//   cold: nothing of the page is on the phone, but it is bound and holds a grant of the day   warm: opened again
import { join } from "node:path";

import { City, Stage } from "../stage/city.mjs";
import { enrol, launch, openContext } from "./chromium.mjs";

const k4G = { offline: false, latency: 85, downloadThroughput: (9e6 / 8) * 0.9, uploadThroughput: (1.5e6 / 8) * 0.9 }; // Chromium's "4G" preset.
const kRuns = 5;

const stage = new Stage();
const city = await City.copy(stage, await City.generate(stage), "city");
await city.serve();
const baseUrl = city.origin;
const browser = await launch({ certificate: join(city.data, "tls", "certificate.pem") });
const context = await openContext(browser, { width: 390, scale: 3 });
const page = await context.newPage();
const { name, number, counter_code: counterCode } = city.facts.resident;
await enrol(page, baseUrl, { name, number, counterCode });
await page.waitForFunction(() => navigator.serviceWorker.ready.then(() => true));

async function open(cold) {
  const tab = await context.newPage();
  const devtools = await context.newCDPSession(tab);
  await devtools.send("Network.enable");
  let bytes = 0;
  devtools.on("Network.loadingFinished", (event) => (bytes += event.encodedDataLength));
  if (cold) {
    await devtools.send("Network.clearBrowserCache");
    await devtools.send("Network.setBypassServiceWorker", { bypass: true });
  }
  await devtools.send("Network.emulateNetworkConditions", k4G);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  await tab.goto(`${baseUrl}/`, { waitUntil: "commit" });
  // The time at which the drawn code is first seen by a frame, counted from the start of the navigation.
  const shown = await tab.evaluate(
    () =>
      new Promise((resolve) => {
        const look = () => (document.querySelector("[data-part=code]")?.width > 300 ? resolve(performance.now()) : requestAnimationFrame(look));
        look();
      }),
  );
  await tab.close();
  return { shown: Math.round(shown), bytes };
}

for (const cold of [true, false]) {
  const runs = [];
  for (let i = 0; i < kRuns; ++i) runs.push(await open(cold));
  const times = runs.map((run) => run.shown).sort((a, b) => a - b);
  console.log(`${cold ? "cold" : "warm"}: code visible after ${times[Math.floor(kRuns / 2)]} ms (${times.join(", ")}); fetched until then ${runs.at(-1).bytes} bytes`);
}
await browser.close();
await stage.close();
