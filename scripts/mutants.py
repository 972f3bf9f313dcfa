"""Turns random places of src/domain/decide, one at a time, and says which test notices; see mutants.sh.

A place is an arm of a match, a condition, a refusal or a step of a decision: what a cell of the lifecycle's table does.
All chosen places are written into one build behind a switch each (`turned(7)`), which the environment throws: so there
is one build, and a run of the tests for each place. It reads Rust by lines, not by grammar: a place whose change does
not compile is dropped, and the next one takes its turn.
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
LEFT_OUT = {DECIDE / "refusal.rs", DECIDE / "mod.rs"}
# Seconds that building, or testing one change, may take: a change that loops for ever is noticed by this.
SECONDS_MAX = 1200
# Places written into the build for each that is wanted: some changes do not compile.
SPARE = 2
# Builds at most until what does not compile is gone.
BUILDS_MAX = 4
SWITCH = "BATON_TURNED"
# In the copy only: decisions themselves never read the environment.
TURNED = f"""
/// Whether the place is the one that is turned.
pub(crate) fn turned(place: u32) -> bool {{
    static CHOSEN: std::sync::LazyLock<u32> =
        std::sync::LazyLock::new(|| std::env::var("{SWITCH}").ok().and_then(|it| it.parse().ok()).unwrap_or(0));
    *CHOSEN == place
}}
"""


def refusals():
    """Refusals without data, which can stand for one another."""
    text = (ROOT / DECIDE / "refusal.rs").read_text()
    body = text[text.index("pub enum Refusal") :]
    body = body[: body.index("\n}")]
    return re.findall(r"^    ([A-Z]\w+),", body, re.M)


def changes(path, lines, others):
    """Every change of a file: (path, line number from 1, what, new line with %s for the switch)."""
    found = []

    def add(number, what, new):
        found.append((path, number, what, new))

    for number, line in enumerate(lines, 1):
        if line.startswith("#[cfg(test)]"):
            break
        bare = line.strip()
        # What a let-else refuses is what a stage can't lack: no cell, and nothing to notice.
        # What is merged is refused before any row is looked at, so its own arms are never reached.
        if bare.startswith(("//", "use ", "Stage::Merged { .. } =>", "StageKind::Merged =>")) or "%" in line or " else { return " in line:
            continue
        match = re.search(r"Err\(Refusal::(\w+)\)(?! =>)", line)
        if match and match[1] in others:
            other = next(it for it in ("Closed", "NotOffered") if it != match[1])
            either = f"Err(if %s {{ Refusal::{other} }} else {{ Refusal::{match[1]} }})"
            add(number, f"refuses with {other} instead of {match[1]}", line.replace(match[0], either))
        match = re.match(r"(\s*(?:\} else )?if )(?!let )(.*[^{ ]) \{$", line)
        if match and "let " not in line:
            add(number, "condition inverted", f"{match[1]}%s != ({match[2]}) {{")
        match = re.match(r"(\s*\S.*) if (.+) => (.*)$", line)
        if match and "let " not in match[2]:
            add(number, "guard of the arm dropped", f"{match[1]} if %s || ({match[2]}) => {match[3]}")
            add(number, "arm never taken", f"{match[1]} if !%s && ({match[2]}) => {match[3]}")
        match = re.match(r"(\s*)((?:draft|self)\.(\w+)\(.*\)\?;)$", line)
        if match:
            add(number, f"step {match[3]} left out", f"{match[1]}if !%s {{ {match[2]} }}")
        match = re.match(r"(\s*Stage(?:Kind)?::\w+.* => )((?:draft|self)\.(\w+)\(.*\)),$", line)
        if match:
            nothing = "{ Err(Refusal::NothingChanges) }"
            add(number, f"nothing instead of {match[3]}", f"{match[1]}if %s {nothing} else {{ {match[2]} }},")
        match = re.search(r"\b(counts|flagged|implied|held|misrouted|tell|early|hand_raised): (true|false)\b", line)
        if match:
            add(number, f"{match[1]} turned", line.replace(match[0], f"{match[1]}: %s != {match[2]}"))
        match = re.search(r"draft\.take\((true|false)\)", line)
        if match:
            add(number, f"take({match[1]}) turned", line.replace(match[0], f"draft.take(%s != {match[1]})"))
        match = re.match(r"(\s*Stage(?:Kind)?::\w+.* => )(true|false),$", line)
        if match:
            add(number, f"arm that answers {match[2]} turned", f"{match[1]}%s != {match[2]},")
    return found


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


def cargo(copy, target, turned, *arguments):
    """Runs cargo in the copy with one place turned (0: none): (exit code, output); too long has code None."""
    environment = dict(os.environ, CARGO_TARGET_DIR=str(target), CARGO_TERM_COLOR="never", RUST_BACKTRACE="0")
    environment[SWITCH] = str(turned)
    try:
        done = subprocess.run(
            ["cargo", "test", "--offline", "--test", "pure", *arguments],
            cwd=copy, env=environment, capture_output=True, text=True, timeout=SECONDS_MAX,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None, ""
    return done.returncode, done.stdout + done.stderr


def written(copy, places):
    """Writes every place into the copy, numbered from 1 in the order given."""
    for path in sorted({place[0] for place in places.values()} | {DECIDE / "mod.rs"}):
        text = (ROOT / path).read_text()
        lines = text.splitlines()
        for switch, (its_path, number, _what, new) in places.items():
            if its_path == path:
                lines[number - 1] = new % f"crate::domain::decide::turned({switch})"
        text = "\n".join(lines) + "\n" + (TURNED if path == DECIDE / "mod.rs" else "")
        if (copy / path).read_text() != text:
            (copy / path).write_text(text)


def built(copy, target, places):
    """Builds with every place, dropping those that do not compile; says whether that worked."""
    for _ in range(BUILDS_MAX):
        written(copy, places)
        code, output = cargo(copy, target, 0, "--no-run")
        if code == 0:
            return True
        at_fault = set(re.findall(r"--> (src/domain/decide/\S+?):(\d+)", output))
        dropped = [it for it, place in places.items() if (str(place[0]), str(place[1])) in at_fault]
        if not dropped:
            print(output[-3000:], file=sys.stderr)
            return False
        for switch in dropped:
            path, number, what, _new = places.pop(switch)
            # A file that holds no other place is not written again.
            shutil.copyfile(ROOT / path, copy / path)
            print(f"   -  {path}:{number}: {what}: does not compile", flush=True)
    return False


def noticed(copy, target, turned):
    """Which tests fall; None when all stand. The quick ones first."""
    for only in (["lifecycle::", "scenario::"], []):
        code, output = cargo(copy, target, turned, "--", *only)
        if code is None:
            return "a test that no longer ends"
        if code != 0:
            fallen = re.findall(r"^test (\S+) \.\.\. FAILED", output, re.M)
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
    for path in sorted((ROOT / DECIDE).rglob("*.rs")):
        if path.relative_to(ROOT) not in LEFT_OUT:
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
    random.Random(asked.seed).shuffle(places)
    chosen, lines = {}, set()
    for place in places:
        if place[:2] not in lines and len(chosen) < asked.count * SPARE:
            lines.add(place[:2])
            chosen[len(chosen) + 1] = place
    print(f"seed {asked.seed}: {asked.count} of {len(places)} changes of {DECIDE}", flush=True)
    if not built(copy, target, chosen):
        return 2
    stands = noticed(copy, target, 0)
    if stands is not None:
        print(f"with nothing turned the tests do not stand: {stands}", file=sys.stderr)
        return 2
    turned, survived = 0, 0
    for switch, (path, number, what, _new) in sorted(chosen.items())[: asked.count]:
        verdict = noticed(copy, target, switch)
        turned += 1
        survived += verdict is None
        told = f"killed by {verdict}" if verdict else "SURVIVED"
        old = (ROOT / path).read_text().splitlines()[number - 1].strip()
        print(f"{turned:4}  {path}:{number}: {what}: {told}\n        {old}", flush=True)
    copied(copy)
    print(f"{turned} turned, {turned - survived} killed, {survived} survived")
    return 1 if survived or turned < asked.count else 0


if __name__ == "__main__":
    sys.exit(main())
