// SPDX-License-Identifier: Apache-2.0
// Starts Debian's Chromium so that it talks to nobody but the server under test.
//
// YUKUAI_CHROMIUM     the browser (default /usr/bin/chromium)
// YUKUAI_CERTIFICATE  the server's certificate (PEM), when no authority that the browser knows signed it: without it the service worker,
//                     and so the page without network, is refused
import { X509Certificate, createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

// Trusts this one key and nobody else's; ignoring all errors would not reach the service worker.
function trusted(certificate) {
  if (certificate === undefined) return [];
  const key = new X509Certificate(readFileSync(certificate)).publicKey.export({ type: "spki", format: "der" });
  return [`--ignore-certificate-errors-spki-list=${createHash("sha256").update(key).digest("base64")}`];
}

export function launch({ certificate = process.env.YUKUAI_CERTIFICATE } = {}) {
  return chromium.launch({
    executablePath: process.env.YUKUAI_CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: [
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), // Chromium refuses to sandbox itself as root.
      ...trusted(certificate),
      "--headless",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

// A phone or a desk. ignoreHTTPSErrors: the demo's certificate is signed by nobody; localhost stays a secure context.
export function openContext(browser, { width, language = "zh", colorScheme = "light", scale = 1 }) {
  return browser.newContext({
    viewport: { width, height: width < 700 ? 844 : 900 },
    deviceScaleFactor: scale,
    hasTouch: width < 700,
    locale: language === "zh" ? "zh-CN" : "en-GB",
    timezoneId: "Asia/Shanghai",
    colorScheme,
    ignoreHTTPSErrors: true,
    acceptDownloads: true,
  });
}

// Collects what no page may do: errors in the console, requests to another host, breaches of the content security policy.
export function watch(page, baseUrl) {
  const breaches = [];
  page.on("pageerror", (error) => breaches.push(`error: ${error.message}`));
  page.on("console", (message) => {
    // A refused request is part of some tests, and Chromium prints each as an error.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) breaches.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && url.origin !== new URL(baseUrl).origin) breaches.push(`third party: ${url.origin}`);
  });
  return breaches;
}

// Fills in the form and waits for the code.
export async function enrol(page, baseUrl, { name, number, counterCode }) {
  await page.goto(`${baseUrl}/`);
  await page.fill("#enrol-name", name);
  await page.fill("#enrol-number", number);
  await page.fill("#enrol-code", counterCode);
  await page.click("[data-part=enrol]");
  await page.waitForSelector("[data-part=code]");
}

export function requireEnv(name, meaning) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: ${meaning}`);
  return value;
}
