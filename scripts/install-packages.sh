#!/usr/bin/env bash
# Installs the system packages that a bare Debian or Ubuntu lacks, says which and why, and checks the Rust toolchain.
#
#   scripts/install-packages.sh [--demo] [--test] [--browser]
#
#   --demo      to build and run the demo: C compilers, Postgres' server, Python (default)
#   --test      --demo, and what real Kafka and the foreign clients need: Java, Maven, kcat, curl, PyYAML,
#               standardwebhooks
#   --browser   Chromium and its driver, for the browser tests; BATON_NO_BROWSER=1 leaves both out
#
# Only what is missing is installed; when nothing is, neither root nor a network is needed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/common.sh
. "$here/common.sh"

rust_needed=1.95
webhooks_version=1.1.0
webhooks_python="${XDG_CACHE_HOME:-$HOME/.cache}/baton/standardwebhooks-$webhooks_version"
kafka_jars="${XDG_CACHE_HOME:-$HOME/.cache}/baton/kafka-4.3.1"

tests='' browser=''
for word in "$@"; do
  case "$word" in
    --demo) ;;
    --test) tests=yes ;;
    --browser) browser=yes ;;
    *) sed -n '2,10s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
  esac
done

missing=()
need() {
  say "missing: $1 ($2)"
  missing+=("$1")
}
have() { command -v "$1" >/dev/null 2>&1; }

have gcc || need gcc "compiles the C parts of librdkafka, zstd and ring"
have g++ || need g++ "compiles the C++ part of librdkafka"
have make || need make "librdkafka's build"
[ -e /usr/include/stdlib.h ] || need libc6-dev "C headers"
have python3 || need python3 "chooses free ports, asks Kafka whether it is ready"
[ -e /etc/ssl/certs/ca-certificates.crt ] || need ca-certificates "to fetch crates and jars"

postgres=''
if ! have initdb && ! compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; then
  need postgresql "the state lives in Postgres; a private cluster is started from its binaries"
  postgres=yes
fi

# Kafka 4.3 needs Java 17; Ubuntu 22.04's default is 11, Debian 13 has no 17: so the version is chosen below.
java=''
if [ -n "$tests" ]; then
  version=$(java -version 2>&1 | sed -nE '1s/.*version "([0-9]+).*/\1/p' || true)
  if [ "${version:-0}" -lt 17 ]; then
    say "missing: Java 17 or newer (the tests run a real Kafka)"
    java=yes
  fi
  if ! have mvn && [ ! -d "$kafka_jars" ]; then
    need maven "fetches Kafka's jars from Maven Central"
  fi
  have curl || need curl "asks the API and the pages: a client that is none of ours"
  [ -x /bin/kill ] || [ -x /usr/bin/kill ] || need procps "the tests stop instances with its kill"
  have kcat || need kcat "produces the live tests' records: a client that is none of ours"
  if ! python3 -c 'import yaml' 2>/dev/null && ! /usr/bin/python3 -c 'import yaml' 2>/dev/null; then
    need python3-yaml "reads docker-compose.yml for its checks"
  fi
  if [ ! -d "$webhooks_python" ] && ! python3 -c 'import ensurepip' 2>/dev/null; then
    need python3-venv "holds standardwebhooks, which checks our signatures: an implementation that is none of ours"
  fi
fi

if [ -n "$browser" ] && [ "${BATON_NO_BROWSER:-}" != 1 ]; then
  if ! have chromium && ! have chromium-browser && ! have google-chrome; then
    need chromium "the browser tests drive it headless"
  fi
  have chromedriver || need chromium-driver "speaks WebDriver, through which the tests press keys"
fi

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    env DEBIAN_FRONTEND=noninteractive "$@"
  else
    sudo env DEBIAN_FRONTEND=noninteractive "$@"
  fi
}

apt_get() { as_root apt-get -q -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 "$@" </dev/null; }

install_missing() {
  have apt-get || die "this is no Debian or Ubuntu: please install what is listed above by your own means, then run again"
  [ "$(id -u)" -eq 0 ] || have sudo || die "installing needs root or sudo; as root, run: apt-get install ${missing[*]}"
  apt_get update >/dev/null || die "apt-get update failed; is a package mirror reachable?"
  if [ -n "$java" ]; then
    local candidate
    for candidate in openjdk-17-jre-headless openjdk-21-jre-headless openjdk-25-jre-headless; do
      if [ -n "$(apt-cache show "$candidate" 2>/dev/null)" ]; then
        missing=("$candidate" "${missing[@]}")
        java=''
        break
      fi
    done
    [ -z "$java" ] || die "apt knows no Java of version 17, 21 or 25; please install one by hand"
  fi
  say "installing: ${missing[*]}"
  # Debian's package would create and start a cluster on port 5432; nothing here uses it, so it is told not to.
  local no_cluster=/etc/postgresql-common/createcluster.d/baton-install.conf
  if [ -n "$postgres" ]; then
    as_root mkdir -p "$(dirname "$no_cluster")"
    echo 'create_main_cluster = false' | as_root tee "$no_cluster" >/dev/null
  fi
  local code=0 log
  log=$(mktemp)
  apt_get install --no-install-recommends "${missing[@]}" >"$log" 2>&1 || code=$?
  [ -z "$postgres" ] || as_root rm -f "$no_cluster"
  if [ "$code" -ne 0 ]; then
    show_tail "$log" "apt-get"
    die "apt-get could not install: ${missing[*]}"
  fi
  rm -f "$log"
  say "installed"
}

if [ ${#missing[@]} -gt 0 ] || [ -n "$java" ]; then install_missing; fi

# In a folder of its own, moved into place whole: a run that was cut off leaves nothing that looks done.
install_webhooks() {
  local draft log
  say "installing: standardwebhooks $webhooks_version from PyPI, in $webhooks_python"
  mkdir -p "$(dirname "$webhooks_python")"
  draft=$(mktemp -d "$webhooks_python.XXXXXX")
  log=$(mktemp)
  if ! { python3 -m venv --copies "$draft" && "$draft/bin/python" -m pip install -q --disable-pip-version-check \
    "standardwebhooks==$webhooks_version"; } >"$log" 2>&1; then
    show_tail "$log" "pip"
    rm -rf "$draft" "$log"
    die "standardwebhooks could not be installed; is a Python package index reachable?"
  fi
  rm -f "$log"
  # Another run may have been faster.
  mv -T "$draft" "$webhooks_python" 2>/dev/null || rm -rf "$draft"
}
if [ -n "$tests" ] && [ ! -d "$webhooks_python" ]; then install_webhooks; fi

have cargo || die "no Rust toolchain: cargo is missing. Install Rust $rust_needed or newer from https://rustup.rs, then run again"
rust=$(cargo --version | sed -E 's/^cargo ([0-9]+\.[0-9]+).*/\1/')
if [ "$(printf '%s\n%s\n' "$rust_needed" "$rust" | sort -V | head -n 1)" != "$rust_needed" ]; then
  die "cargo $rust is too old, Rust $rust_needed or newer is needed: run 'rustup update stable'"
fi
