"""Random operations in a ledger on each store beside the plain model: they never part.

`make torture OPERATIONS=200000 SEED=0` says how many on each database in the long form, and from which seed.
With `pytest -s` it tells after each seed how many there were until then: a run that is cut short says what it
did, and another one goes on from a later seed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.postgres.shared import drop, new_url
from tests.torture.side_by_side import torture

OPERATIONS = int(os.environ.get("OPERATIONS", "200000"))
SEED = int(os.environ.get("SEED", "0"))
SHORT = 120
LONG = 2_000
DATABASES = ("sqlite", "postgres")


def one_life(store: str, folder: Path, seed: int, operations: int) -> None:
    """So many operations of a seed on a store of their own."""
    url = new_url() if store == "postgres" else f"sqlite:///{folder / f'{seed}.db'}"
    failure = torture(seed, operations, url=url)
    # where they part in memory, too, the fewest operations that show it are found there
    assert failure is None, failure.shrunk() if torture(seed, operations) else failure
    if store == "postgres":
        drop(url)


@pytest.mark.parametrize("store", DATABASES)
@pytest.mark.parametrize("seed", [200, 202])
def test_ledger_and_plain_model_never_part(store: str, seed: int, tmp_path: Path) -> None:
    one_life(store, tmp_path, seed, SHORT)


@pytest.mark.slow
@pytest.mark.parametrize("store", DATABASES)
def test_ledger_and_plain_model_never_part_in_the_long_form(store: str, tmp_path: Path) -> None:
    played, seed = 0, SEED
    while played < OPERATIONS:
        length = min(LONG, OPERATIONS - played)
        one_life(store, tmp_path, seed, length)
        played, seed = played + length, seed + 1
        print(f"{store}: {played} operations, of the seeds {SEED} to {seed - 1}", flush=True)
