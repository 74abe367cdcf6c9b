#!/usr/bin/env bash
# Starts `shapeline serve` on a free port of the loopback address, and lets schemathesis send requests that follow
# /openapi.json, and others that do not, from a virtual environment (.venvs/schemathesis beside this script). It must
# find no failure of the server, no undescribed status, media type or answer, and no accepted request that the document
# excludes. Not asked: that every request which follows the schemas is accepted. JSON Schema cannot say that `data` has as
# many elements as `shape` says, nor what a config means.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
venv="$here/.venvs/schemathesis"
if [ ! -f "$venv/installed" ]; then
  rm -rf "$venv"
  if ! { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements-schemathesis.txt"; }; then
    echo "skipped: schemathesis cannot be installed here"
    exit 0
  fi
  touch "$venv/installed"
fi

work=$(mktemp -d)
server=""
finish() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap finish EXIT

node "$root/dist/cli.js" serve --models "$root/examples/breast-cancer/models" --data "$work/data" --port 0 >"$work/out" 2>"$work/err" &
server=$!
for _ in $(seq 120); do
  url=$(sed -n 's/^serving on //p' "$work/out")
  if [ -n "$url" ]; then break; fi
  if ! kill -0 "$server" 2>/dev/null; then cat "$work/err"; exit 1; fi
  sleep 0.5
done
# In the temporary folder: it writes its cache where it runs.
cd "$work"
"$venv/bin/schemathesis" run "$url/openapi.json" --phases examples,coverage,fuzzing --seed 1 \
  --max-examples "${SHAPELINE_SCHEMATHESIS_EXAMPLES:-50}" --generation-database none \
  --exclude-checks positive_data_acceptance
