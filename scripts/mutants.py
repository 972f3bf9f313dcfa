"""Turns random places of src/domain/decide, one at a time, and says which test notices; see mutants.sh.

A place is an arm of a match, a condition, a refusal or a step of a decision: what a cell of the lifecycle's table does.
It reads Rust by lines and brackets, not by grammar: a change that does not compile is told as such and another is drawn.
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DECIDE = Path("src/domain/decide")
# What refuses and defines words, not cells.
LEFT_OUT = {"refusal.rs", "mod.rs"}
# Seconds that building and testing one change may take: a change that loops for ever is noticed by this.
SECONDS_MAX = 900
# Changes drawn at most for each that is wanted: some do not compile.
DRAWS_PER_WANTED = 5


def refusals():
    """Refusals without data, which can stand for one another."""
    text = (ROOT / DECIDE / "refusal.rs").read_text()
    body = text[text.index("pub enum Refusal") :]
    body = body[: body.index("\n}")]
    return re.findall(r"^    ([A-Z]\w+),", body, re.M)


def changes(path, lines, others):
    """Every change of a file: (line number from 1, what, new line)."""
    found = []
    for number, line in enumerate(lines, 1):
        if line.startswith("#[cfg(test)]"):
            break
        bare = line.strip()
        if bare.startswith("//") or bare.startswith("use "):
            continue
        match = re.search(r"Err\(Refusal::(\w+)\)", line)
        if match and match[1] in others:
            for other in ("Closed", "NotOffered", "NothingChanges"):
                if other != match[1] and other in others:
                    new = line.replace(match[0], f"Err(Refusal::{other})")
                    found.append((number, f"refuses with {other} instead of {match[1]}", new))
                    break
        match = re.match(r"(\s*(?:\} else )?if )(?!let )(.*[^{ ]) \{$", line)
        if match and " && let " not in line:
            found.append((number, "condition inverted", f"{match[1]}!({match[2]}) {{"))
        match = re.match(r"(\s*\S.*) if (.+) => (.*)$", line)
        if match:
            found.append((number, "guard of the arm dropped", f"{match[1]} if true || ({match[2]}) => {match[3]}"))
            found.append((number, "arm never taken", f"{match[1]} if false && ({match[2]}) => {match[3]}"))
        match = re.match(r"(\s*)draft\.(\w+)\(.*\)\?;$", line) or re.match(r"(\s*)self\.(\w+)\(.*\)\?;$", line)
        if match:
            found.append((number, f"step {match[2]} left out", ""))
        match = re.match(r"(\s*Stage(?:Kind)?::\w+.* => )(?:draft|self)\.(\w+)\(.*\),$", line)
        if match:
            found.append((number, f"does nothing instead of {match[2]}", f"{match[1]}Err(Refusal::NothingChanges),"))
        match = re.search(r"(\b(?:counts|flagged|implied|held|misrouted|tell|early|hand_raised): )(true|false)", line)
        if match:
            new = line.replace(match[0], match[1] + ("false" if match[2] == "true" else "true"))
            found.append((number, f"{match[1]}turned", new))
        match = re.search(r"draft\.take\((true|false)\)", line)
        if match:
            other = "false" if match[1] == "true" else "true"
            found.append((number, f"take({other}) instead of take({match[1]})", line.replace(match[0], f"draft.take({other})")))
        match = re.match(r"(\s*Stage(?:Kind)?::\w+.* => )(true|false),$", line)
        if match:
            other = "false" if match[2] == "true" else "true"
            found.append((number, f"arm answers {other}", f"{match[1]}{other},"))
    return [(path, *change) for change in found]


def copied(copy):
    """Brings the tracked and new files of the tree into the copy, touching only what differs."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True
    )
    names = {name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()}
    for name in names:
        source, target = ROOT / name, copy / name
        if not target.exists() or target.read_bytes() != source.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            shutil.copymode(source, target)
    for target in [path for path in copy.rglob("*") if path.is_file()]:
        if str(target.relative_to(copy)) not in names:
            target.unlink()


def cargo(copy, target, *arguments):
    """Runs cargo in the copy: (exit code, output); a run that takes too long has code None."""
    environment = dict(os.environ, CARGO_TARGET_DIR=str(target), RUST_BACKTRACE="0", CARGO_TERM_COLOR="never")
    try:
        done = subprocess.run(
            ["cargo", *arguments], cwd=copy, env=environment, capture_output=True, text=True, timeout=SECONDS_MAX
        )
    except subprocess.TimeoutExpired:
        return None, ""
    return done.returncode, done.stdout + done.stderr


def noticed(copy, target):
    """Which test falls: a name, None when all stand, or a word when the change does not compile."""
    code, output = cargo(copy, target, "test", "--offline", "--test", "pure", "--no-run")
    if code is None:
        return "the compiler's patience"
    if code != 0:
        return ""
    for only in (["lifecycle::", "scenario::"], []):
        code, output = cargo(copy, target, "test", "--offline", "--test", "pure", "--", *only)
        if code is None:
            return "a test that no longer ends"
        fallen = re.findall(r"^test (\S+) \.\.\. FAILED", output, re.M)
        if code != 0:
            return ", ".join(fallen) or "a test binary that broke off"
    return None


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--seed", type=int, default=1, help="chooses the places (default 1)")
    asked.add_argument("--count", type=int, default=20, help="how many places to turn (default 20)")
    asked.add_argument("--list", action="store_true", help="only list every place that could be turned")
    asked = asked.parse_args()

    others = refusals()
    places = []
    for path in sorted((ROOT / DECIDE).glob("*.rs")):
        if path.name not in LEFT_OUT:
            places += changes(path.relative_to(ROOT), path.read_text().splitlines(), others)
    if asked.list:
        for path, number, what, _new in places:
            print(f"{path}:{number}: {what}")
        print(f"{len(places)} places")
        return 0

    base = Path(os.environ["CARGO_TARGET_DIR"])
    copy, target = base / "mutants" / "tree", base / "mutants" / "target"
    copy.mkdir(parents=True, exist_ok=True)
    if not target.exists() and (base / "debug").is_dir():
        # Built dependencies are the same; only our own crate is built anew.
        subprocess.run(["cp", "-a", "--reflink=auto", str(base / "debug"), f"{target}.part"], check=True)
        target.mkdir()
        Path(f"{target}.part").rename(target / "debug")
    copied(copy)
    stands = noticed(copy, target)
    if stands is not None:
        print(f"without any change the tests do not stand: {stands or 'it does not compile'}", file=sys.stderr)
        return 2

    random.Random(asked.seed).shuffle(places)
    print(f"seed {asked.seed}: {asked.count} of {len(places)} places of {DECIDE}", flush=True)
    turned, survived = 0, []
    for path, number, what, new in places[: asked.count * DRAWS_PER_WANTED]:
        if turned == asked.count:
            break
        original = (ROOT / path).read_text()
        lines = original.splitlines()
        old = lines[number - 1]
        lines[number - 1] = new
        (copy / path).write_text("\n".join(lines) + "\n")
        verdict = noticed(copy, target)
        (copy / path).write_text(original)
        if verdict == "":
            print(f"   -  {path}:{number}: {what}: does not compile, another is drawn", flush=True)
            continue
        turned += 1
        told = f"killed by {verdict}" if verdict else "SURVIVED"
        print(f"{turned:4}  {path}:{number}: {what}: {told}\n        {old.strip()}", flush=True)
        if verdict is None:
            survived.append(f"{path}:{number}")
    copied(copy)
    print(f"{turned} turned, {turned - len(survived)} killed, {len(survived)} survived")
    return 1 if survived or turned < asked.count else 0


if __name__ == "__main__":
    sys.exit(main())
