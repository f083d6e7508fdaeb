#!/usr/bin/env bash
# Makes training/.venv with everything that training and its tests need (PyTorch: about 5 GB on Linux).
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
lock=training/requirements.lock
[ -f "$lock" ] || { echo "$lock: expected the locked requirements of training, found no file" >&2; exit 1; }
[ -x training/.venv/bin/python ] || "$python" -m venv training/.venv
stamp=training/.venv/.requirements
if cmp -s "$lock" "$stamp"; then
  echo "training/.venv is up to date"
  exit 0
fi
training/.venv/bin/python -m pip install --disable-pip-version-check --no-deps -r "$lock"
cp "$lock" "$stamp"
