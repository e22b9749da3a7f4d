"""``loyalty-rules holdout``: figures of those who are left out beside those of all others."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

from loyalty_rules import open_ledger, parse_event
from loyalty_rules.engine.holdout import Holdout, is_held_out
from tests.cli.conftest import Run
from tests.semantics.shop import purchase, rules

DOUBLE = (
    "{id: double, event: purchase, holdout: {share: 50 %, name: spring},"
    " give: {type: bonus, program: beans, points: 5}}"
)


def filled(path: Path, *rule: str) -> str:
    """A store with ten members, of whom each bought for 10.00, the even ones twice."""
    url = f"sqlite:///{path}"
    with open_ledger(url, rules(*rule)) as ledger:
        for number in range(10):
            days = ["2026-03-10", "2026-04-10"] if number % 2 == 0 else ["2026-03-10"]
            for day in days:
                sent = purchase("10.00", at=f"{day}T12:00:00Z", id=f"p-{number}-{day}")
                ledger.record(parse_event({**sent, "member": f"m-{number}"}))
    return url


def test_both_sides_are_counted(run: Run, tmp_path: Path) -> None:
    url = filled(tmp_path / "club.db", DOUBLE)
    out = [n for n in range(10) if is_held_out(Holdout("spring", Fraction(1, 2)), f"m-{n}")]
    done = run("holdout", "--store", url, "--format", "json")
    assert done.exit_code == 0
    [spring] = json.loads(done.stdout)
    orders = sum(2 if n % 2 == 0 else 1 for n in out)
    assert spring["name"] == "spring" and spring["rules"] == ["double"]
    assert spring["held_out"]["members"] == len(out)
    assert spring["held_out"]["orders"] == str(orders)
    assert spring["held_out"]["spend"] == f"{orders * 10}.00"
    assert spring["others"]["members"] == 10 - len(out)


def test_days_bound_what_counts(run: Run, tmp_path: Path) -> None:
    url = filled(tmp_path / "club.db", DOUBLE)
    done = run("holdout", "--store", url, "--from", "2026-04-01", "--through", "2026-04-30")
    assert done.exit_code == 0
    assert "spring: 50 % are left out of double" in done.stdout
    counts = [int(line.split(", ")[2].split()[0]) for line in done.stdout.splitlines()[1:3]]
    assert sum(counts) == 5  # the members with even numbers bought in April


def test_without_a_holdout_there_is_nothing_to_compare(run: Run, tmp_path: Path) -> None:
    url = filled(tmp_path / "club.db")
    done = run("holdout", "--store", url)
    assert done.exit_code == 1 and "no rule leaves anybody out" in done.stderr


def test_a_day_that_is_none_is_wrong_use(run: Run, tmp_path: Path) -> None:
    url = filled(tmp_path / "club.db", DOUBLE)
    assert run("holdout", "--store", url, "--from", "31.3.2026").exit_code == 2
