#!/usr/bin/env bash
# Starts `shapeline serve` on a free port of the loopback address, with the field models and a model for each datatype
# that returns its input. Then Triton's and KServe's Python clients call it (clients.py), from a virtual environment
# (.venvs/clients beside this script).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
field="$root/test/fixtures/models/field"
venv="$here/.venvs/clients"
if [ ! -f "$venv/installed" ]; then
  rm -rf "$venv"
  if ! { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements-clients.txt"; }; then
    echo "skipped: the clients cannot be installed here"
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

mkdir "$work/models"
cp -r "$field/." "$work/models"
"$venv/bin/python" "$here/clients.py" models "$work/models"
node "$root/dist/cli.js" serve --models "$work/models" --data "$work/data" --port 0 >"$work/out" 2>"$work/err" &
server=$!
for _ in $(seq 120); do
  url=$(sed -n 's/^serving on //p' "$work/out")
  if [ -n "$url" ]; then break; fi
  if ! kill -0 "$server" 2>/dev/null; then cat "$work/err"; exit 1; fi
  sleep 0.5
done
"$venv/bin/python" "$here/clients.py" check "$url" "$field"
