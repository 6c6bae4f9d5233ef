#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints the folder to put first in PATH so that `node` and `npm` are new enough for the front end (Vite wants ^20.19 or >= 22.12):
#   PATH="$(tools/toolchain/node.sh):$PATH"
# A new enough Node already on the machine is used as it is; else Node and npm are installed beside this script, from npm, with the old npm.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

new_enough() {
  "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number);
    process.exit((a === 20 && b >= 19) || (a === 22 && b >= 12) || a > 22 ? 0 : 1)' 2>/dev/null
}

if node=$(command -v node) && new_enough "$node" && command -v npm >/dev/null; then
  dirname "$node"
  exit 0
fi
bin=$here/node_modules/.bin
if ! new_enough "$bin/node"; then
  if ! command -v npm >/dev/null; then
    echo "tools/toolchain/node.sh: Node and npm are missing: apt-get install nodejs npm" >&2
    exit 69
  fi
  (cd "$here" && npm ci --no-audit --no-fund --loglevel=error >&2)
  # Debian's npm 9 drops the link to `node` together with the package for the other processor.
  for node in "$here"/node_modules/node-linux-*/bin/node; do ln -sf "$node" "$bin/node"; done
  new_enough "$bin/node" || { echo "tools/toolchain/node.sh: the installed Node does not run on this machine" >&2; exit 69; }
fi
echo "$bin"
