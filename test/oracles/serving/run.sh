#!/usr/bin/env bash
# Starts MLServer and KServe's Python server on free ports of the loopback address, each from its own virtual environment
# (.venvs beside this script), with the field models and a model for each datatype that returns its input. Then the tests
# of the Open Inference client run against both.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
models="$root/test/fixtures/models/field"
export PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1

python=""
installed=""
if command -v pyenv >/dev/null; then installed=$(echo "$(pyenv root)"/versions/3.*/bin/python); fi
for candidate in python3.11 python3.10 python3.12 python3.9 python3 $installed; do
  if "$candidate" -c "import sys; sys.exit(not (3, 9) <= sys.version_info < (3, 13))" 2>/dev/null; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  echo "skipped: no Python from 3.9 to 3.12, which the servers need"
  exit 0
fi

work=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

free_port() { "$python" -c "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"; }

install() { # name
  local venv="$here/.venvs/$1"
  if [ -f "$venv/installed" ]; then return; fi
  rm -rf "$venv"
  "$python" -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements-$1.txt"
  touch "$venv/installed"
}

await_ready() { # name url
  for _ in $(seq 120); do
    if "$python" -c "import sys, urllib.request as r; r.urlopen(sys.argv[1] + '/v2/health/ready', timeout=1)" "$2" 2>/dev/null; then return; fi
    sleep 0.5
  done
  echo "$1 did not start:"
  tail -n 20 "$work/$1.log"
  exit 1
}

install mlserver
install kserve
mkdir "$work/models"
mlserver_port=$(free_port)
"$here/.venvs/mlserver/bin/python" "$here/mlserver_runtime.py" "$work/models" "$models" "$mlserver_port" "$(free_port)" "$(free_port)"
"$here/.venvs/mlserver/bin/mlserver" start "$work/models" >"$work/mlserver.log" 2>&1 &
pids+=($!)
kserve_port=$(free_port)
"$here/.venvs/kserve/bin/python" "$here/kserve_server.py" "$models" "$kserve_port" >"$work/kserve.log" 2>&1 &
pids+=($!)
await_ready mlserver "http://127.0.0.1:$mlserver_port"
await_ready kserve "http://127.0.0.1:$kserve_port"

cd "$root"
SHAPELINE_SERVING="mlserver=http://127.0.0.1:$mlserver_port kserve=http://127.0.0.1:$kserve_port" \
  npx vitest run test/client/real-servers.test.ts
