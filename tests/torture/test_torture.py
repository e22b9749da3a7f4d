"""Processes that are killed while they write, and processes that write at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.torture.killing import torture
from tests.torture.writing import race

KILLS = int(os.environ.get("KILLS", "5000"))
"""So many writers are killed in the long form."""

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


@pytest.mark.parametrize(
    "kills", [pytest.param(40), pytest.param(KILLS, marks=pytest.mark.slow)], ids=str
)
def test_nothing_acknowledged_is_lost_or_doubled_when_a_writer_is_killed(
    kills: int, tmp_path: Path
) -> None:
    toll = torture(tmp_path, kills, seed=kills)
    assert toll.lost == []
    assert toll.findings == []
    assert toll.promised > kills  # there was something to lose
    assert toll.inside >= 0.6 * toll.kills


@pytest.mark.parametrize("members", [1, 40], ids=["one hot member", "spread"])
@pytest.mark.parametrize(
    "events", [pytest.param(400), pytest.param(100_000, marks=pytest.mark.slow)], ids=str
)
def test_eight_writers_lose_nothing_and_each_has_its_turn(
    events: int, members: int, tmp_path: Path
) -> None:
    outcome = race(tmp_path / "shop.db", writers=8, events=events, members=members, fair=True)
    print(outcome.counts)
    assert outcome.findings == ()
    assert outcome.is_complete
    assert outcome.is_fair


def test_without_the_turnstile_some_writers_starve(tmp_path: Path) -> None:
    """The measure can fail: SQLite's own waiting is a lottery."""
    races = (
        race(tmp_path / f"{number}.db", writers=4, events=400, members=5, fair=False)
        for number in range(5)
    )
    outcomes = []
    for outcome in races:
        outcomes.append(outcome)
        assert outcome.is_complete
        if not outcome.is_fair:
            break
    assert not outcomes[-1].is_fair, [one.counts for one in outcomes]
