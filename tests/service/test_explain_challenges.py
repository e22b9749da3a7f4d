"""What explanations say of challenges: how far they have come, what is missing, why something was lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.semantics.test_challenge import OFFER, Life, gave, grants, life
from tests.semantics.test_spend_at_end import paid

GOLDEN = Path(__file__).parents[1] / "golden" / "explain"


def test_the_explanations_of_a_punch_card_read_well(golden: Callable[[Path, str], None]) -> None:
    """Counted, reached, limited, moved and lost; then a window that closes, and an offer."""
    member = life(
        "title: Every second order",
        "repeat: true",
        "rest: carry",
        "limit: {points: 500, per: year}",
        target=2,
    )
    told = [member.day(f"03-0{number}").explain() for number in range(1, 7)]
    told.append(member.cancel("03-01", "2026-04-01T12:00:00Z").explain())
    told.append(member.cancel("03-02", "2026-04-02T12:00:00Z").explain())
    at_end = paid("rest: carry")
    told.append(at_end.day("01-10", "250.00").explain())
    told += [one.explain() for one in at_end.pass_to("2026-02-10T00:00:00Z")]
    offered = Life(grants())
    told.append(offered.happen("signup", "2026-03-01T12:00:00Z").explain())
    golden(GOLDEN / "challenges.txt", "\n\n".join(str(one) for one in told) + "\n")


@pytest.mark.parametrize(
    ("more", "counts", "said"),
    [
        ((), "{event: purchase}", "its target is not reached: 1 of 5, 4 missing"),
        (("streak: week",), "{event: purchase}", "1 week of 5 weeks, 4 weeks missing"),
        ((), "{event: purchase, adds: quantity}", "1 of 5, 4 missing"),
        (OFFER, "{event: purchase}", "no instance of it is open"),
        ((), "{event: purchase, when: amount >= 99.00}", "no instance of it is open"),
    ],
)
def test_why_a_challenge_gives_nothing(more: tuple[str, ...], counts: str, said: str) -> None:
    member = life(*more, counts=counts, target=5)
    decision = member.day("03-02")
    assert gave(decision) == 0
    assert said in str(decision.explain())


def test_a_streak_that_is_broken_begins_anew() -> None:
    member = life("streak: day", target=3)
    member.day("03-01")
    assert "1 day of 3 days, 2 days missing" in str(member.day("03-03").explain())
