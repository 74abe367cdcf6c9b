#!/usr/bin/env bash
# Runs four releases of the platform's SDK as oracles, each in its own virtual environment (.venvs beside this script). They build
# the pipelines of build_definitions.py and edit those of build_edits.py, and the result must equal the committed fixtures; with
# SHAPELINE_RECORD=1 it replaces them. polars 0.18.15 writes and reads
# 100,000 numbers. Then the tests run on the new files. Last, each release lives a whole life against `shapeline serve --wallaroo`, gets the
# same rows from its own pipelines and from those that shapeline compiles, and calls each method of the SDK's classes once, as a user
# who signs in with a password. The requests of a pipeline's life must be those of test/fixtures/platform/wire.json.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
fixtures="$root/test/fixtures/platform"

# Finds a Python with minimum <= version < limit, on the path or among the versions of pyenv.
python_between() {
  local installed=""
  if command -v pyenv >/dev/null; then installed=$(echo "$(pyenv root)"/versions/3.*/bin/python); fi
  for candidate in python3.10 python3.11 python3.9 python3.12 python3.8 python3 $installed; do
    if "$candidate" -c "import sys; sys.exit(not $1 <= sys.version_info < $2)" 2>/dev/null; then echo "$candidate"; return; fi
  done
}

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
skip() { echo "skipped: $1; the committed fixture of this release is used"; }
for version in 2026.1.3 2025.2.2 2024.4.4 2023.4.1; do
  venv="$here/.venvs/$version"
  if [ ! -f "$venv/installed" ]; then
    rm -rf "$venv"
    # This release requires a scipy that does not support newer Python versions.
    if [ "$version" = 2023.4.1 ]; then python=$(python_between "(3, 8)" "(3, 11)"); else python=$(python_between "(3, 9)" "(3, 13)"); fi
    if [ -z "$python" ]; then skip "no Python that wallaroo $version runs on"; continue; fi
    if ! { "$python" -m venv "$venv" && PIP_CONSTRAINT="$here/constraints.txt" timeout 300 "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements-$version.txt"; }; then
      skip "wallaroo $version cannot be installed here"
      continue
    fi
    touch "$venv/installed"
  fi
  "$venv/bin/python" "$here/build_definitions.py" "$fresh/sdk-$version.json"
  "$venv/bin/python" "$here/build_edits.py" "$fresh/edits-$version.jsonl.gz"
done
if [ ! -f "$fresh/sdk-2026.1.3.json" ]; then exit 0; fi

# 2024.4.4 and 2026.1.3 send the same bytes and share one fixture.
# The bytes inside of compressed files are compared: how they are compressed may change.
for files in sdk-VERSION.json edits-VERSION.jsonl.gz; do
  if [ -f "$fresh/${files/VERSION/2024.4.4}" ]; then cmp <(zcat -f "$fresh/${files/VERSION/2024.4.4}") <(zcat -f "$fresh/${files/VERSION/2026.1.3}"); fi
  for version in 2026.1.3 2023.4.1; do
    file="${files/VERSION/$version}"
    if [ -n "${SHAPELINE_RECORD:-}" ] && [ -f "$fresh/$file" ]; then cp "$fresh/$file" "$fixtures/"; fi
    if [ -f "$fresh/$file" ]; then cmp <(zcat -f "$fresh/$file") <(zcat -f "$fixtures/$file"); else cp "$fixtures/$file" "$fresh/"; fi
  done
done
"$here/.venvs/2026.1.3/bin/python" "$here/write_numbers.py" "$fresh/numbers-0.18.15.txt" "${1:-100000}" 2>/dev/null

cd "$root"
SHAPELINE_PLATFORM_ORACLE="$fresh" SHAPELINE_SLOW=1 npx vitest run test/wallaroo/sdk.test.ts test/wallaroo/numbers.test.ts test/targets/wallaroo/edits.test.ts

recordings="${SHAPELINE_RECORDINGS:-$root/../shared/recordings}"
if [ ! -d "$recordings" ]; then echo "skipped: the SDK against the server needs the folder SHAPELINE_RECORDINGS"; exit 0; fi
data=$(mktemp -d)
servers=()
trap 'for server in "${servers[@]}"; do kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; done; rm -rf "$fresh" "$data"' EXIT
# Starts a server in the folder $1 with further options, and sets url.
serve() {
  local name=$1
  shift
  node dist/cli.js serve --wallaroo --port 0 --data "$data/$name" --models "$recordings/models" --log-level error "$@" > "$fresh/$name.txt" &
  servers+=($!)
  for _ in $(seq 100); do grep -q http "$fresh/$name.txt" && break; sleep 0.1; done
  url=$(grep -o 'http://[0-9.:]*' "$fresh/$name.txt" | head -1)
}
printf 'admin ada@example.com correct-horse-battery\nread eve@example.com another-long-password\n' > "$fresh/users.txt"
serve life
life=$url
serve methods --user-file "$fresh/users.txt"
for version in 2026.1.3 2025.2.2 2024.4.4 2023.4.1; do
  if [ ! -f "$here/.venvs/$version/installed" ]; then continue; fi
  "$here/.venvs/$version/bin/python" "$here/server_life.py" "$life" "$recordings"
  "$here/.venvs/$version/bin/python" "$here/server_same_rows.py" "$life" "$recordings"
  WALLAROO_USER=ada@example.com WALLAROO_PASSWORD=correct-horse-battery \
    "$here/.venvs/$version/bin/python" "$here/server_methods.py" "$url" "$recordings" eve@example.com
done
# The requests of a pipeline's life, from the SDK and from wallaroo(), must be the recorded ones.
pythons=()
for version in 2026.1.3 2023.4.1; do
  if [ -f "$here/.venvs/$version/installed" ]; then pythons+=("$here/.venvs/$version/bin/python"); fi
done
node test/oracles/wallaroo/compare_wire.mjs "${pythons[@]}"
