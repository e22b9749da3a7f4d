"""Instants of a scenario: days and wall times of the rule set's own calendar and zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from loyalty_rules.base.period import Duration
from loyalty_rules.base.windows import shift
from loyalty_rules.base.zones import instant_of, start_of_day
from loyalty_rules.engine.plan import Plan
from loyalty_rules.ruleset.findings import Findings
from loyalty_rules.ruleset.forms import read_day, read_instant
from loyalty_rules.ruleset.nodes import Scalar

_EXACT: Final = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1)}


@dataclass(frozen=True, slots=True)
class Instants:
    """Reads instants as a plan's calendar and zone mean them."""

    plan: Plan

    def start(self, node: Scalar, findings: Findings) -> datetime | None:
        """A wall time, or the beginning of a day; None where it was reported as none."""
        return self._read(node, findings, 0)

    def end(self, node: Scalar, findings: Findings) -> datetime | None:
        """A wall time, or where the day ends: what is valid through a day is valid until then."""
        return self._read(node, findings, 1)

    def after(self, before: datetime, duration: Duration) -> datetime:
        """The instant that lies ``duration`` after another: minutes and hours exactly, days and longer at
        the same time on the wall."""
        plan = self.plan
        if duration.unit in _EXACT:
            return before + duration.count * _EXACT[duration.unit]
        wall = before.astimezone(plan.zone)
        day = shift(
            wall.toordinal(), duration.count, duration.unit, plan.calendar, plan.model.leap_day
        )
        there = datetime.combine(datetime.fromordinal(day), wall.time())
        return instant_of(there, plan.zone)

    def _read(self, node: Scalar, findings: Findings, days: int) -> datetime | None:
        if findings.is_wrong(node):
            return None
        if "T" in node.text:
            read: datetime | str = read_instant(node.text, self.plan.zone)
        else:
            day = read_day(node.text, self.plan.calendar)
            read = day if isinstance(day, str) else start_of_day(day + days, self.plan.zone)
        if isinstance(read, str):
            message = f"`{node.text}` is not a day or an instant"
            findings.add("wrong_form", node, message, read)
            return None
        return read
