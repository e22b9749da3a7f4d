"""What the rest of an order counts in the instances of challenges that counted the whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from loyalty_rules.domain.instances import Entry, Instance
from loyalty_rules.domain.order_record import Added
from loyalty_rules.engine.challenges import counted_by, in_figure
from loyalty_rules.engine.facts import Case
from loyalty_rules.engine.keeping import between, differences
from loyalty_rules.engine.model import Challenge
from loyalty_rules.engine.number import Number, ratio, total
from loyalty_rules.engine.plan import Plan

Counts = Callable[[Challenge, Instance, Entry], Number]
"""What an order still counts in an instance, of what its entry says."""


def still_counted(
    plan: Plan, rest: Case | None, before: Sequence[Added], after: Sequence[Added]
) -> Counts:
    """What the ``rest`` of an order (None: nothing is left) counts, and what its entries of counters do."""

    def counts(challenge: Challenge, instance: Instance, entry: Entry) -> Number:
        if challenge.counts is not None:
            found = 0 if rest is None else counted_by(rest, challenge, instance.opened)
            return between(found, entry.amount)
        own = (one.value for one in differences(before, after) if one.counter == challenge.figure)
        return between(entry.amount + in_figure(plan, challenge, total(own)), entry.amount)

    return counts


def in_part(part: Number, part_before: Number) -> Counts:
    """What is left of an order by its money alone, where nobody can judge it."""

    def counts(challenge: Challenge, instance: Instance, entry: Entry) -> Number:
        return ratio(entry.amount * part, part_before) if part_before else 0

    return counts
