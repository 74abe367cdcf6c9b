#!/usr/bin/env bash
# The client in Deno and Bun must get what it gets in Node, from one `shapeline serve` with the fraud example. The two
# runtimes come from the npm registry, for Linux x64.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
example="$root/examples/fraud"
if [ "$(uname -sm)" != "Linux x86_64" ]; then
  echo "skipped: Deno and Bun for $(uname -sm)"
  exit 0
fi

work=$(mktemp -d)
server=""
finish() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap finish EXIT

npm install --no-save --ignore-scripts --no-audit --no-fund --prefix "$work" \
  @oven/bun-linux-x64@1.2.21 @deno/linux-x64-glibc@2.9.6 >/dev/null
# Not by a function: its process would be the one that is ended, and the server would stay.
cli="$root/dist/cli.js"
node "$cli" deploy "$example/fraud.pipeline.json" --data "$work/data" --models "$example/models" >/dev/null
node "$cli" serve --data "$work/data" --models "$example/models" --port 0 >"$work/out" 2>"$work/err" &
server=$!
url=""
for _ in $(seq 120); do
  url=$(sed -n 's/^serving on //p' "$work/out")
  if [ -n "$url" ]; then break; fi
  if ! kill -0 "$server" 2>/dev/null; then cat "$work/err"; exit 1; fi
  sleep 0.5
done

export DENO_DIR="$work/deno"
node "$here/runtimes.mjs" "$url" >"$work/node.json"
"$work/node_modules/@deno/linux-x64-glibc/deno" run --allow-read --allow-env --allow-net=127.0.0.1 \
  --node-modules-dir=manual "$here/runtimes.mjs" "$url" >"$work/deno.json"
"$work/node_modules/@oven/bun-linux-x64/bin/bun" "$here/runtimes.mjs" "$url" >"$work/bun.json"
for runtime in deno bun; do
  cmp "$work/node.json" "$work/$runtime.json"
  echo "$runtime: $(wc -c <"$work/$runtime.json") bytes of answers are those of Node"
done
grep -o '"drift".*' "$work/node.json"
