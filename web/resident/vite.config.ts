// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import vue from "@vitejs/plugin-vue";
import { type Plugin, defineConfig } from "vite";

const here = import.meta.dirname;
const kNotOffline = new Set(["c.html", "sw.js"]);

// The service worker is a small script of ours; only the list of files and its version are filled in here.
function serviceWorker(): Plugin {
  return {
    name: "service-worker",
    apply: "build",
    generateBundle: {
      order: "post", // Vite adds the pages, and takes out chunks that hold only a style sheet, in this same step.
      handler(_, bundle) {
        const files = new Map<string, string | Uint8Array>();
        for (const [name, output] of Object.entries(bundle)) files.set(name, output.type === "chunk" ? output.code : output.source);
        for (const name of readdirSync(join(here, "public"))) files.set(name, readFileSync(join(here, "public", name)));
        const names = [...files.keys()].filter((name) => !kNotOffline.has(name)).sort();
        const hash = createHash("sha256");
        for (const name of names) hash.update(name).update(files.get(name)!);
        const paths = names.map((name) => (name === "index.html" ? "/" : `/${name}`));
        const source = readFileSync(join(here, "src/service_worker.js"), "utf8")
          .replace("__VERSION__", hash.digest("hex").slice(0, 16))
          .replace('["__FILES__"]', JSON.stringify(paths));
        this.emitFile({ type: "asset", fileName: "sw.js", source });
      },
    },
  };
}

// The server sends these as they are to whoever accepts gzip; it never compresses an answer itself.
function precompressed(): Plugin {
  let folder = "";
  return {
    name: "precompressed",
    apply: "build",
    configResolved: (config) => void (folder = join(config.root, config.build.outDir)),
    closeBundle() {
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !/\.(html|js|css|svg|webmanifest)$/.test(entry.name)) continue;
        const path = join(entry.parentPath, entry.name);
        writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  root: here,
  plugins: [vue(), serviceWorker(), precompressed()],
  // sm-crypto-v2 would ask Node for a random source where the platform has none. Every browser has one, so this import is never run.
  resolve: { alias: { crypto: join(here, "src/no_node.ts") } },
  define: { __VUE_OPTIONS_API__: "false", __VUE_PROD_DEVTOOLS__: "false", __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false" },
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // A data: address would need a hole in the content security policy.
    modulePreload: { polyfill: false },
    rolldownOptions: { input: { index: join(here, "index.html"), c: join(here, "c.html") } },
  },
});
