#!/usr/bin/env bash
# Stops servers that a killed run left behind and removes their folders.
#
#   scripts/clean-run.sh [FOLDER...]     default: every folder in .run/ whose run is over
#
# Only by the pid files in those folders, never by name. Folders of runs that still go on are left alone.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/common.sh
. "$here/common.sh"

root=$(dirname "$here")
shopt -s nullglob
if [ $# -eq 0 ]; then
  for run in "$root"/.run/*/; do
    if runs "$(cat "$run/pid" 2>/dev/null || true)" with-servers.sh; then
      say "left alone, its run still goes on: $run"
    else
      set -- "$@" "$run"
    fi
  done
fi
for run in "$@"; do
  run=${run%/}
  if [ -d "$run/kafka" ]; then "$here/kafka.sh" stop "$run/kafka"; fi
  if [ -d "$run/postgres" ]; then
    "$here/postgres.sh" stop "$run/postgres"
    elsewhere=$(cat "$run/postgres/location" 2>/dev/null || true)
    case "$elsewhere" in /var/tmp/baton-postgres-??????) rm -rf "$elsewhere" ;; esac
  fi
  rm -rf "$run"
done
rmdir "$root/.run" 2>/dev/null || true
