#!/usr/bin/env bash
# Runs a command beside a fresh Postgres and a fresh real Kafka, and ends both whatever happens.
#
#   scripts/with-servers.sh [--fast] COMMAND [ARGUMENT...]
#   scripts/with-servers.sh [--fast]             no command: prints the addresses and holds them until Ctrl-C
#
# --fast turns fsync off (tests). The command sees DATABASE_URL (superuser), KAFKA_BROKERS and TEST_SERVERS_DIR, the
# folder whose postgres/ and kafka/ can be given to postgres.sh and kafka.sh (fault tests restart them).
# Every run has a folder of its own in .run/, so two clones, or two runs of one, don't meet. Exit code: the command's.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/common.sh
. "$here/common.sh"

# After a signal the command gets this long to end by itself.
grace_seconds=20

fast=()
if [ "${1:-}" = --fast ]; then
  fast=(--fast)
  shift
fi

root=$(dirname "$here")
mkdir -p "$root/.run"
run=$(mktemp -d "$root/.run/$(date +%Y%m%d-%H%M%S)-XXXXXX")
chmod 755 "$run"
# clean-run.sh leaves folders alone whose pid is alive.
echo $$ >"$run/pid"
child='' starters=()

# shellcheck disable=SC2329 # called by the trap below
tear_down() {
  local code=$?
  trap - EXIT
  trap '' INT TERM HUP
  if [ -n "$child" ] && kill -0 "$child" 2>/dev/null; then
    kill -TERM -- "-$child" 2>/dev/null || true
    local tick
    for ((tick = 0; tick < grace_seconds * 10; tick++)); do
      kill -0 -- "-$child" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL -- "-$child" 2>/dev/null || true
  fi
  # A start that is still under way ends by its own bound; stopping halfway into it would miss the server.
  [ ${#starters[@]} -eq 0 ] || wait "${starters[@]}" 2>/dev/null || true
  local clean=yes
  [ ! -d "$run/kafka" ] || "$here/kafka.sh" stop "$run/kafka" || clean=''
  [ ! -d "$run/postgres" ] || "$here/postgres.sh" stop "$run/postgres" || clean=''
  if [ -z "$clean" ]; then
    say "a server did not stop; its folder stays: $run"
    [ "$code" -ne 0 ] || code=1
  elif [ "$code" -eq 0 ]; then
    "$here/clean-run.sh" "$run"
  else
    # The data is worthless without the servers, what they said is not.
    mkdir -p "$run/logs"
    cp "$run/kafka/kafka.log" "$run/postgres/postgres.log" "$run/logs/" 2>/dev/null || true
    rm -rf "$run/kafka" "$(cat "$run/postgres/location" 2>/dev/null || echo "$run/postgres")" "$run/postgres"
    say "failed with code $code; the servers' logs are in $run/logs"
  fi
  exit "$code"
}
trap tear_down EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Both start at once; each prints its own trouble.
"$here/kafka.sh" start "$run/kafka" &
starters+=($!)
"$here/postgres.sh" start "$run/postgres" "${fast[@]}" &
starters+=($!)
for starter in "${starters[@]}"; do wait "$starter" || die "a server did not start, so nothing was run"; done
starters=()

DATABASE_URL=$(cat "$run/postgres/url")
KAFKA_BROKERS=$(cat "$run/kafka/bootstrap")
export DATABASE_URL KAFKA_BROKERS TEST_SERVERS_DIR="$run"

if [ $# -eq 0 ]; then
  printf "export DATABASE_URL='%s'\nexport KAFKA_BROKERS='%s'\n" "$DATABASE_URL" "$KAFKA_BROKERS"
  say "both run until Ctrl-C"
  sleep infinity &
  wait $!
fi

# A process group of its own: the signal handlers above reach the command with all that it started.
set -m
"$@" </dev/null &
child=$!
set +m
code=0
wait "$child" || code=$?
child=''
exit "$code"
