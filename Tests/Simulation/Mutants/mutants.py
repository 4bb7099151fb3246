#!/usr/bin/env python3
"""Plants one fault after the other in a copy of the product, and runs the simulator on it.

    mutants.py [NAME…]             each fault must be found
    mutants.py --search N [NAME…]  looks among the first N seeds instead of 60
    mutants.py --check             only says whether each fault can still be planted

A fault is a file beside this one: what it is, the seed that found it last, the file of the product,
and a text with what takes its place. A seed draws other times when the product or the simulator
changes, so where it finds nothing any more, the first seeds are tried; a fault that none of them
found yet is searched for only with --search. The copy is kept in .build/mutants, so that only what
a fault touches is built again. Exit 0 only when every fault was found.
"""
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
COPY = ROOT / ".build" / "mutants"
SEARCHED = 60
FORM = re.compile(
    r"What: (?P<what>[^\n]+)\nSeed: (?P<seed>\d+|none yet)\nFile: (?P<file>[^\n]+)\n"
    r"<<<<\n(?P<old>.*?)\n====\n(?P<new>.*?)\n>>>>\n", re.DOTALL)


class Mutant:
    """A fault that can be planted."""

    def __init__(self, path):
        match = FORM.fullmatch(path.read_text(encoding="utf-8"))
        if not match:
            raise SystemExit(f"{path}: not the form of a fault")
        self.name = path.stem
        self.what, self.file = match["what"], match["file"]
        self.seed = None if match["seed"] == "none yet" else int(match["seed"])
        self.old, self.new = match["old"].strip("\n"), match["new"].strip("\n")

    def applies(self, root):
        return (root / self.file).read_text(encoding="utf-8").count(self.old) == 1

    def plant(self):
        text = (COPY / self.file).read_text(encoding="utf-8")
        (COPY / self.file).write_text(text.replace(self.old, self.new), encoding="utf-8")


def copy():
    """Makes the copy equal to the tree, and touches nothing that is equal already."""
    for name in ("Sources", "Tests", "fixtures"):
        there = {path.relative_to(ROOT) for path in (ROOT / name).rglob("*") if path.is_file()}
        for path in sorted((COPY / name).rglob("*")):
            if path.is_file() and path.relative_to(COPY) not in there:
                path.unlink()
        for path in sorted(there):
            refresh(path)
    refresh(pathlib.Path("Package.swift"))


def refresh(path):
    wanted, target = (ROOT / path).read_bytes(), COPY / path
    if not target.exists() or target.read_bytes() != wanted:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(wanted)


def build():
    done = subprocess.run(
        ["swift", "build", "--product", "simulate", "--quiet"], cwd=COPY, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise SystemExit(done.stdout[-3000:])


def simulate(first, count):
    """Runs some seeds, and returns the first violation, or None."""
    done = subprocess.run(
        [COPY / ".build" / "debug" / "simulate", "--seed", str(first), "--runs", str(count)],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines = done.stdout.splitlines()
    return None if done.returncode == 0 else (lines or ["it ended without a word"])[0]


def main(words):
    searched = 0
    if words[:1] == ["--search"]:
        searched, words = int(words[1]), words[2:]
    mutants = [Mutant(path) for path in sorted(HERE.glob("*.mutant"))]
    stale = [mutant.name for mutant in mutants if not mutant.applies(ROOT)]
    for name in stale:
        print(f"{name}: cannot be planted any more")
    if stale or words == ["--check"]:
        return 1 if stale else 0
    missed = 0
    for mutant in mutants:
        if words and mutant.name not in words:
            continue
        if mutant.seed is None and not searched:
            print(f"{mutant.name}: no seed finds it yet")
            continue
        copy()
        mutant.plant()
        build()
        violation = simulate(mutant.seed, 1) if mutant.seed is not None else None
        violation = violation or simulate(1, searched or SEARCHED)
        missed += violation is None
        print(f"{mutant.name}: {violation or 'NOT FOUND'}", flush=True)
    copy()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
