"""Facts about a member that points programs, spend programs and memberships tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from loyalty_rules.base.period import Duration
from loyalty_rules.base.windows import end_of
from loyalty_rules.domain.effects import Value
from loyalty_rules.engine.counters import missing, spent
from loyalty_rules.engine.lots import balance, expiring, pending
from loyalty_rules.engine.membership_standing import told
from loyalty_rules.engine.number import ratio

if TYPE_CHECKING:
    from loyalty_rules.engine.facts import Case


def of_account(case: Case, program: str, word: str) -> Value:
    """A word of a points program, in points."""
    scale = case.plan.index.accounts[program].scale
    read = _OF_ACCOUNT[word]
    key = f"{program}.{word}"
    return case.noted(key, case.recall(key, lambda: ratio(read(case, program), 10**scale)))


def _expiring(case: Case, program: str) -> int:
    """What ends today or on one of the days that follow, as long as `EXPIRING` says."""
    plan = case.plan
    before = end_of(case.event.occurred_at, EXPIRING, plan.calendar, plan.zone)
    return expiring(case.state, program, before)


EXPIRING: Final = Duration(30, "days")
"""How far ahead ``.expiring`` looks."""

_OF_ACCOUNT: Final[Mapping[str, Callable[[Case, str], int]]] = {
    "balance": lambda case, program: balance(case.state, program),
    "pending": lambda case, program: pending(case.state, program),
    "expiring": _expiring,
}


def of_spend(case: Case, program: str, word: str) -> Value:
    """What was spent within the present window of a spend program, or what the next step lacks."""
    key = f"{program}.{word}"
    account = case.plan.index.spend_accounts[program]

    def read() -> Value:
        so_far = spent(case.plan, case.state, account, case.day)
        if word == "spent":
            return so_far.spent
        assert word == "missing", f"`{program}` has no `{word}`"
        return missing(account, so_far.counted)

    return case.noted(key, case.recall(key, read))


def of_membership(case: Case, program: str, word: str) -> Value:
    """A word of a membership."""
    key = f"{program}.{word}"
    membership = case.plan.index.memberships[program]
    return case.noted(
        key, case.recall(key, lambda: told(case.plan, case.state, membership, word, case.day))
    )


def counted(case: Case, key: str) -> Value:
    """What stands in the steps of a spend program already."""
    account = case.plan.index.carried[key]
    return case.noted(
        key,
        case.recall(key, lambda: spent(case.plan, case.state, account, case.day).counted),
    )
