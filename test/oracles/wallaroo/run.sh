#!/usr/bin/env bash
# The platform's SDK as oracle: three releases of it, each in an environment of its own, build the pipelines of
# build_definitions.py; the committed fixtures must be what they give. polars 0.18.15 writes and reads 100,000 numbers.
# Then the tests run on the fresh files. Environments are kept in .venvs beside this script.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
fixtures="$root/test/fixtures/platform"

python=""
for candidate in python3.11 python3.10 python3.12 python3.9 python3; do
  if "$candidate" -c 'import sys; sys.exit(not (3, 9) <= sys.version_info < (3, 13))' 2>/dev/null; then python=$candidate; break; fi
done
if [ -z "$python" ]; then
  echo "left out: no Python from 3.9 to 3.12, so the platform's SDK is not asked again; the committed fixtures stand"
  exit 0
fi

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
for version in 2026.1.3 2024.4.4 2023.4.1; do
  venv="$here/.venvs/$version"
  if [ ! -f "$venv/installed" ]; then
    rm -rf "$venv"
    if ! { "$python" -m venv "$venv" && PIP_CONSTRAINT="$here/constraints.txt" timeout 300 "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements-$version.txt"; }; then
      echo "left out: wallaroo $version cannot be installed here, so the platform's SDK is not asked again; the committed fixtures stand"
      exit 0
    fi
    touch "$venv/installed"
  fi
  "$venv/bin/python" "$here/build_definitions.py" "$fresh/sdk-$version.json"
done

# 2024.4.4 and 2026.1.3 send the same bytes, so one fixture stands for both.
cmp "$fresh/sdk-2024.4.4.json" "$fresh/sdk-2026.1.3.json"
for version in 2026.1.3 2023.4.1; do cmp "$fresh/sdk-$version.json" "$fixtures/sdk-$version.json"; done
"$here/.venvs/2026.1.3/bin/python" "$here/write_numbers.py" "$fresh/numbers-0.18.15.txt" "${1:-100000}" 2>/dev/null

cd "$root"
SHAPELINE_PLATFORM_ORACLE="$fresh" npx vitest run test/platform/sdk.test.ts test/platform/numbers.test.ts
