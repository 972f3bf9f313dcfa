#!/usr/bin/env bash
# Turns random places of the decisions (src/domain/decide), one at a time, and sees whether a test falls.
#
#   scripts/mutants.sh [--seed N] [--count M] [--list]
#
# Works on a copy of the tree with built files of its own, both under $CARGO_TARGET_DIR/mutants; the tree itself is not
# touched. The same seed and tree give the same places. Exit code: 0 all were noticed, 1 one survived, 2 it could not run.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${CARGO_TARGET_DIR:=${XDG_CACHE_HOME:-$HOME/.cache}/baton/target}"
export CARGO_TARGET_DIR
exec python3 "$here/mutants.py" "$@"
