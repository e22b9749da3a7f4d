"""A server that is killed while it is written to, and processes that write to one at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.postgres.killing import torture
from tests.postgres.racing import race
from tests.postgres.shared import new_url, shared

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


@pytest.mark.parametrize(
    "kills", [pytest.param(8), pytest.param(200, marks=pytest.mark.slow)], ids=str
)
def test_nothing_acknowledged_is_lost_or_doubled_when_the_server_is_killed(
    kills: int, tmp_path: Path
) -> None:
    shared()  # says where there is none
    toll = torture(tmp_path, kills, seed=kills)
    print(
        f"{toll.kills} kills, {toll.inside} between a first write and its commit,"
        f" {toll.promised} promised, {toll.booked} booked"
    )
    assert toll.lost == []
    assert toll.findings == []
    assert toll.promised > kills  # there was something to lose
    assert toll.inside >= 0.6 * toll.kills


@pytest.mark.parametrize("members", [1, 40], ids=["one hot member", "spread"])
@pytest.mark.parametrize(
    "events", [pytest.param(400), pytest.param(100_000, marks=pytest.mark.slow)], ids=str
)
def test_eight_writers_lose_nothing_and_each_has_its_turn(events: int, members: int) -> None:
    outcome = race(shared(), new_url(), writers=8, events=events, members=members)
    print(outcome.counts)
    assert outcome.findings == ()
    assert outcome.is_complete
    assert outcome.is_fair
