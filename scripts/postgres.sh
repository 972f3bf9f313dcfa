#!/usr/bin/env bash
# A private Postgres cluster for tests, benches and development: loopback TCP only, its own port and password.
# Needs the server's binaries, never a system cluster; as root it runs as the user `postgres`.
#
#   scripts/postgres.sh start DIR [PORT] [--fast]   create (once) and start; --fast: fsync off, for tests only
#   scripts/postgres.sh stop DIR                    fast shutdown, immediate after 30 s
#   scripts/postgres.sh restart DIR                 immediate shutdown (crash recovery) and start: for fault tests
#   scripts/postgres.sh status DIR                  exit code 0 when it accepts connections
#
# Writes DIR/url, DIR/password (superuser `postgres`; mode 0600), DIR/port, DIR/location (where the data is),
# DIR/postgres.log (a link when the data is elsewhere).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/common.sh
. "$here/common.sh"

oldest_version=15
start_seconds=30
stop_seconds=30
# The port is chosen before the server binds it, so somebody may be faster; more than three times is no accident.
port_attempts=3

usage() {
  sed -n '2,12s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
}

# Debian keeps the server's binaries off the path, one folder per version: the newest counts.
find_binaries() {
  local candidate
  candidate=$(find /usr/lib/postgresql -mindepth 3 -maxdepth 3 -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n 1)
  [ -n "$candidate" ] || candidate=$(command -v initdb || true)
  [ -n "$candidate" ] || die "no Postgres server binaries (initdb) in /usr/lib/postgresql/*/bin or on the path; run: scripts/install-packages.sh --demo"
  bin=$(dirname "$(readlink -f "$candidate")")
  local version
  version=$("$bin/postgres" --version | sed -E 's/[^0-9]*([0-9]+).*/\1/')
  [ "$version" -ge "$oldest_version" ] || die "Postgres $version in $bin is too old; $oldest_version or newer is needed"
}

# The server refuses to run as root, so as root every server command is handed to the user `postgres`.
as_server() {
  if [ "$(id -u)" -eq 0 ]; then
    (cd / && runuser -u postgres -- "$@")
  else
    "$@"
  fi
}

may_enter() { as_server test -x "$1"; }

# Chooses the folder of the data: DIR/cluster, or a folder of its own where the server's user can't get to DIR.
place_data() {
  if [ -f "$dir/location" ]; then
    data=$(cat "$dir/location")
    return 0
  fi
  if [ "$(id -u)" -eq 0 ]; then
    id postgres >/dev/null 2>&1 || die "running as root needs a user 'postgres' (the Debian package makes one); or run as another user"
    chmod a+x "$dir"
  fi
  if may_enter "$dir"; then
    data=$dir/cluster
    mkdir -p "$data"
  else
    data=$(mktemp -d /var/tmp/baton-postgres-XXXXXX)
    say "the user postgres may not enter $dir, so the data goes to $data"
  fi
  chmod 700 "$data"
  [ "$(id -u)" -ne 0 ] || chown postgres: "$data"
  echo "$data" >"$dir/location"
}

create() {
  head -c 18 /dev/urandom | base64 | tr -d '+/=\n' >"$dir/password"
  chmod 600 "$dir/password"
  local secret=$data/.initial-password log=$dir/initdb.log
  install -m 600 "$dir/password" "$secret"
  [ "$(id -u)" -ne 0 ] || chown postgres: "$secret"
  # The cluster goes one folder down: initdb wants it empty, and log and secret stand beside it.
  local sync=()
  [ -z "$fast" ] || sync=(--no-sync)
  if ! as_server "$bin/initdb" -D "$data/data" -U postgres -E UTF8 --locale=C -A scram-sha-256 --pwfile="$secret" \
    --no-instructions "${sync[@]}" >"$log" 2>&1; then
    show_tail "$log" "initdb"
    rm -rf "$data/data"
    die "initdb could not create a cluster in $data/data"
  fi
  rm -f "$secret" "$log"
  local compression=on
  if as_server "$bin/postgres" -D "$data/data" -c wal_compression=lz4 -C wal_compression >/dev/null 2>&1; then
    compression=lz4
  fi
  local durability=on
  [ -z "$fast" ] || durability=off
  cat >>"$data/data/postgresql.conf" <<CONF

# scripts/postgres.sh
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = 256MB
max_wal_size = 2GB
wal_compression = $compression
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '
fsync = $durability
full_page_writes = $durability
synchronous_commit = on
CONF
}

write_address() {
  echo "$1" >"$dir/port"
  (umask 077 && echo "postgres://postgres:$(cat "$dir/password")@127.0.0.1:$1/postgres" >"$dir/url")
}

is_running() { [ -n "$data" ] && [ -d "$data/data" ] && as_server "$bin/pg_ctl" -D "$data/data" status >/dev/null 2>&1; }

launch() {
  as_server "$bin/pg_ctl" -D "$data/data" -l "$data/postgres.log" -w -t "$start_seconds" \
    -o "-p $(cat "$dir/port")" start </dev/null >/dev/null 2>&1
}

fail_to_start() {
  local how="did not start within $start_seconds s"
  is_running || how="ended while starting"
  show_tail "$data/postgres.log" "its log"
  as_server "$bin/pg_ctl" -D "$data/data" -m immediate -t "$stop_seconds" stop >/dev/null 2>&1 || true
  die "Postgres $how (port $(cat "$dir/port")); its last lines are above"
}

start() {
  place_data
  if is_running; then
    say "already running, port $(cat "$dir/port")"
    return 0
  fi
  if [ -f "$data/data/PG_VERSION" ] && [ -f "$dir/url" ]; then
    launch || fail_to_start
  else
    create
    ln -sfn "$data/postgres.log" "$dir/postgres.log"
    local attempt port
    for ((attempt = 1; ; attempt++)); do
      port=${wanted_port:-$(free_ports 1)}
      write_address "$port"
      launch && break
      if [ "$attempt" -ge "$port_attempts" ] || [ -n "$wanted_port" ] ||
        ! grep -q 'Address already in use' "$data/postgres.log"; then
        fail_to_start
      fi
    done
  fi
  say "$("$bin/postgres" --version) accepts connections at 127.0.0.1:$(cat "$dir/port")${fast:+ (fsync off: test data only)}"
}

stop() {
  is_running || return 0
  as_server "$bin/pg_ctl" -D "$data/data" -m fast -w -t "$stop_seconds" stop >/dev/null 2>&1 ||
    as_server "$bin/pg_ctl" -D "$data/data" -m immediate -w -t "$stop_seconds" stop >/dev/null ||
    die "Postgres in $data did not stop"
}

command='' folder='' wanted_port='' fast=''
for word in "$@"; do
  case "$word" in
    --fast) fast=yes ;;
    -*) usage ;;
    *) if [ -z "$command" ]; then command=$word; elif [ -z "$folder" ]; then folder=$word; else wanted_port=$word; fi ;;
  esac
done
[ -n "$folder" ] || usage
case "$command" in start | stop | restart | status) ;; *) usage ;; esac
[ "$command" != start ] || mkdir -p "$folder"
dir=$(cd "$folder" 2>/dev/null && pwd) || die "no such folder: $folder"
find_binaries
data=$(cat "$dir/location" 2>/dev/null || true)

case "$command" in
  start) start ;;
  stop) stop ;;
  restart)
    [ -f "$dir/url" ] || die "nothing to restart in $dir; use start"
    if is_running; then
      as_server "$bin/pg_ctl" -D "$data/data" -m immediate -w -t "$stop_seconds" stop >/dev/null || die "Postgres in $data did not stop"
    fi
    start
    ;;
  status)
    is_running || { say "not running in $dir"; exit 1; }
    "$bin/pg_isready" -q -h 127.0.0.1 -p "$(cat "$dir/port")" || { say "runs, but accepts no connections"; exit 1; }
    say "accepts connections at 127.0.0.1:$(cat "$dir/port")"
    ;;
esac
