# shellcheck shell=bash
# Words shared by the scripts in this folder: messages, free ports, and ending a server by its pid.
# Sourced, never run; starts nothing by itself.

# A login shell puts rustup's folder on the path; a bare CI shell does not.
if ! command -v cargo >/dev/null 2>&1 && [ -x "$HOME/.cargo/bin/cargo" ]; then
  PATH="$PATH:$HOME/.cargo/bin"
fi

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

die() {
  say "$*"
  exit 1
}

# free_ports COUNT: that many free loopback ports, one a line. They lie below the range from which the kernel
# hands out ports on its own, so that a server stopped by a fault test finds its port still free on restart.
free_ports() {
  python3 - "$1" <<'PY'
import random, socket, sys

try:
    with open("/proc/sys/net/ipv4/ip_local_port_range") as f:
        ceiling = int(f.read().split()[0])
except OSError:
    ceiling = 32768
if ceiling < 12000:  # a machine that hands out nearly all ports: any free one must do
    ceiling = 60000
found = []
for _ in range(500):
    if len(found) == int(sys.argv[1]):
        break
    port = random.randrange(10500, ceiling)
    with socket.socket() as s:
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            continue
    if port not in found:
        found.append(port)
if len(found) < int(sys.argv[1]):
    sys.exit("no free loopback port found in 500 tries")
print("\n".join(map(str, found)))
PY
}

# runs PID MARK: is PID alive, and is it still the program that we started (its command line holds MARK)?
runs() {
  [ -n "$1" ] && [ -r "/proc/$1/cmdline" ] && tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null | grep -qF -- "$2"
}

# end_pid PID MARK SECONDS NAME: SIGTERM, then SIGKILL after SECONDS; only that pid, only if it is ours.
end_pid() {
  local pid=$1 mark=$2 seconds=$3 name=$4 tick
  runs "$pid" "$mark" || return 0
  kill -TERM "$pid" 2>/dev/null || true
  for ((tick = 0; tick < seconds * 10; tick++)); do
    runs "$pid" "$mark" || return 0
    sleep 0.1
  done
  say "$name (pid $pid) did not stop within $seconds s of SIGTERM; sending SIGKILL"
  kill -KILL "$pid" 2>/dev/null || true
  for ((tick = 0; tick < 50; tick++)); do
    runs "$pid" "$mark" || return 0
    sleep 0.1
  done
  die "$name (pid $pid) is still there after SIGKILL"
}

# show_tail FILE WHAT: what the server said last, without Java's stack frames, so that a failure explains itself.
show_tail() {
  say "last lines of $2 ($1):"
  if [ -s "$1" ]; then grep -v '^[[:space:]]*\(at \|\.\.\. [0-9]\)' "$1" | tail -n 25 | sed 's/^/  | /' >&2; else printf '  | (empty)\n' >&2; fi
}
