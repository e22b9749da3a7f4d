"""Instants on the command line: as rule sets write them, or a day, which stands for its last instant."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import click

from loyalty_rules.base.elsewhere import day_elsewhere
from loyalty_rules.base.screen import printable
from loyalty_rules.base.zones import start_of_day
from loyalty_rules.ruleset.forms import day_cure, read_instant
from loyalty_rules.service.rule_set import RuleSet

_LAST_INSTANT: Final = timedelta(microseconds=1)


def instant_option(rules: RuleSet, written: str, option: str) -> datetime:
    """What an option says, in the zone and the calendar of the rule set.

    Errors: wrong use, when it is neither a day nor an instant.
    """
    plan = rules.plan
    if "T" not in written:
        try:
            day = plan.calendar.parse(written)
        except ValueError as problem:
            told = day_cure(written) if day_elsewhere(written) else str(problem)
            raise click.BadParameter(printable(told), param_hint=option) from None
        return start_of_day(day + 1, plan.zone) - _LAST_INSTANT
    instant = read_instant(written, plan.zone)
    if isinstance(instant, str):
        raise click.BadParameter(printable(instant), param_hint=option)
    return instant
