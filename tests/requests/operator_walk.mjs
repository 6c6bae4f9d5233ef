// SPDX-License-Identifier: Apache-2.0
// What an operator does to a server that runs: looks at its metrics, gives it another certificate with SIGHUP.
import { copyFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { connect } from "node:tls";

import { until } from "../stage/programs.mjs";

function metricsOf(city) {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port: city.adminPort, path: "/metrics" }, (answer) => {
      let text = "";
      answer.on("data", (part) => (text += part));
      answer.on("end", () => resolve(text));
    }).on("error", reject);
  });
}

// Of the certificate that a new connection is shown.
function fingerprint(city) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: city.port, servername: "localhost", rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

export async function operatorWalk({ city, checks, server }) {
  const { stage } = city;
  const metrics = await metricsOf(city);
  const days = (name) => Number(metrics.match(new RegExp(`yukuai_certificate_expires_seconds{certificate="${name}"} (\\d+)`))?.[1]) / 86400;
  checks.holds("metrics: when certificates end", days("tls") > 300 && days("institution") > 300, [days("tls"), days("institution")]);
  const count = (name) => Number(metrics.match(new RegExp(`^${name} (\\d+)$`, "m"))?.[1]);
  checks.holds("metrics: what the writer did", count("yukuai_writer_operations_total") >= count("yukuai_writer_commits_total"), metrics);
  checks.equal("metrics: no group was spoiled", count("yukuai_writer_groups_spoiled_total"), 0);

  const before = await fingerprint(city);
  const other = join(stage.folder, "renewed");
  const made = await stage.run(["city", "generate", "--data", other, "--config", city.config, "--residents", "1", "--json"], { seconds: 60 });
  if (made.code !== 0) throw new Error(`city generate: ${made.err}`);
  for (const file of ["certificate.pem", "key.pem"]) copyFileSync(join(other, "tls", file), join(city.data, "tls", file));
  checks.equal("reload: nothing changes by itself", await fingerprint(city), before);
  server.process.kill("SIGHUP");
  await until("reload: a new connection gets the new certificate", async () => (await fingerprint(city)) !== before);
  await until("reload: the log says so", () => server.log.some((line) => line.includes('"event":"reloaded"')));

  // A key that is not the certificate's: refused, and the last good pair stays.
  const renewed = await fingerprint(city);
  copyFileSync(city.caFile, join(city.data, "tls", "key.pem"));
  server.process.kill("SIGHUP");
  await until("reload: the log says that it did not work", () => server.log.some((line) => line.includes("tls_not_reloaded")));
  checks.equal("reload: the last good certificate stays", await fingerprint(city), renewed);
}
