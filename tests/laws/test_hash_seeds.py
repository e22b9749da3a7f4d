"""One rule set has one digest and one meaning, whatever order this process keeps its sets in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = """
import hashlib
from pathlib import Path
from random import Random

from loyalty_rules import Registry, load
from tests.laws.living import case_of, live

REGISTRY = Registry.builtin().discover(allow=["skyline"])
for path in sorted(Path("rules").glob("*/rules.yaml")):
    print(path.as_posix(), load(path, REGISTRY).digest)
for number in range(4):
    case = case_of(Random(number))
    outcomes = repr([(one.effects, one.points, one.trace) for one in live(case.rules, case.events)])
    print(case.rules.digest, hashlib.sha256(outcomes.encode()).hexdigest())
"""


def printed(hash_seed: int) -> str:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": str(hash_seed), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_digests_and_decisions_do_not_depend_on_the_hash_seed() -> None:
    first = printed(0)
    assert first.count("rules/") == len(list((ROOT / "rules").glob("*/rules.yaml"))) >= 3
    for hash_seed in (1, 2, 42, 4_294_967_295):
        assert printed(hash_seed) == first
