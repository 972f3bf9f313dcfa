#!/usr/bin/env bash
# Checks docker-compose.yml and deploy/Dockerfile as text (scripts/check_deploy.py), then that each check can fail.
# No Docker engine is used: nothing is built or started here.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/common.sh
. "$here/common.sh"
root=$(dirname "$here")

for python in python3 /usr/bin/python3; do
  if "$python" -c 'import yaml' 2>/dev/null; then
    exec "$python" "$here/check_deploy.py" "$root"
  fi
done
work=$root/.run/python
if [ ! -x "$work/bin/python" ] || ! "$work/bin/python" -c 'import yaml' 2>/dev/null; then
  say "PyYAML is not installed; fetching it into $work"
  rm -rf "$work"
  mkdir -p "$root/.run"
  if ! python3 -m venv "$work" || ! "$work/bin/pip" install -q 'pyyaml>=6,<7'; then
    die "PyYAML could not be fetched; install it: apt-get install python3-yaml"
  fi
fi
exec "$work/bin/python" "$here/check_deploy.py" "$root"
