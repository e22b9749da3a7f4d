"""What taking something back changes in counters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loyalty_rules.domain.effects import CounterAdded, Effect
from loyalty_rules.domain.order_record import Added
from loyalty_rules.engine.keeping import differences
from loyalty_rules.engine.level_figures import figure_names, returned_counter, sets_aside
from loyalty_rules.engine.number import Number, whole
from loyalty_rules.engine.plan import Plan


def corrections(today: Plan, before: Sequence[Added], after: Sequence[Added]) -> Iterator[Effect]:
    """Corrections of counters, on the day of the purchase; and beside the figures of levels that wait for
    their review, what was taken from them."""
    waiting = {
        name
        for table in today.model.level_tables
        if sets_aside(table)
        for name in figure_names(table)
    }
    changes: dict[tuple[str, int], Number] = {}
    for one in differences(before, after):
        key = (one.counter, one.day)
        changes[key] = whole(changes.get(key, 0) + one.value)
    for (counter, day), value in changes.items():
        if value:
            yield CounterAdded(counter, "sum", day, value)
            if counter in waiting:
                yield CounterAdded(returned_counter(counter), "sum", day, -value)
