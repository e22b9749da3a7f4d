"""What words of points programs name elsewhere: levels of a tiers program, days of every year."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from loyalty_rules.base.suggest import did_you_mean
from loyalty_rules.base.zones import start_of_day
from loyalty_rules.ruleset.context import Context
from loyalty_rules.ruleset.forms import read_day, read_instant
from loyalty_rules.ruleset.nodes import Scalar

_MONTH_DAY: Final = re.compile(r"([0-9]{2})-([0-9]{2})")
_YEARS: Final = 8
"""Within so many years every day of a calendar comes, those of leap years too."""

_SOME_DAY: Final = 730_120  # 2000-01-01


def read_levels(context: Context, node: Scalar | None) -> tuple[str, ...]:
    """The levels, lowest first, of the tiers program that is named; what is none is reported."""
    if node is None or node.text in context.broken:
        return ()
    declared = context.declared.get(node.text)
    level = None if declared is None else declared.words.get("level")
    if level is not None:
        return level.choices
    tiers = [name for name, one in context.declared.items() if "level" in one.words]
    help = did_you_mean(node.text, tiers) if tiers else "declare a program of `type: tiers` first"
    message = f"`{node.text}` is no program with levels"
    context.findings.add("unknown_name", node, message, help)
    return ()


def read_level(context: Context, node: Scalar | None) -> tuple[str, str] | None:
    """The tiers program that has a level, and the level; what is that of none, or of several, is reported."""
    if node is None:
        return None
    having: list[str] = []
    known: list[str] = []
    for name, one in sorted(context.declared.items()):
        level = one.words.get("level")
        known += () if level is None else level.choices
        if level is not None and node.text in level.choices:
            having.append(name)
    if len(having) == 1:
        return having[0], node.text
    if having:
        message = f"`{node.text}` is a level of {' and '.join(f'`{name}`' for name in having)}"
        help = "give the levels of one of them other ids"
    else:
        message = f"unknown level `{node.text}`"
        help = did_you_mean(node.text, known) if known else "declare a `type: tiers` first"
    if not any(name in context.broken for name in context.program_types):
        context.findings.add("unknown_name", node, message, help)
    return None


def read_moment(context: Context, node: Scalar | None) -> datetime | None:
    """An instant; of a day, the end of it. What is none is reported."""
    if node is None or context.findings.is_wrong(node):
        return None
    zone = context.setting.zone
    if "T" in node.text:
        found = read_instant(node.text, zone)
        return found if isinstance(found, datetime) else None  # reported by the shape check
    day = read_day(node.text, context.setting.calendar)
    if isinstance(day, int):
        return start_of_day(day + 1, zone)
    context.findings.add("bad_day", node, f"`{node.text}` is no day of the calendar", day)
    return None


def read_month_day(context: Context, node: Scalar) -> tuple[int, int] | None:
    """Month and day of a day that every year (or every leap year) has; what is none is reported."""
    match = _MONTH_DAY.fullmatch(node.text)
    calendar = context.setting.calendar
    first_year = calendar.parts(_SOME_DAY)[0]
    if match is not None:
        for year in range(first_year, first_year + _YEARS):
            try:
                return calendar.parts(calendar.parse(f"{year:04}-{node.text}"))[1:]
            except ValueError:
                continue
    context.findings.add(
        "bad_day",
        node,
        f"`{node.text}` is no turn of the calendar",
        "write `month`, `quarter`, `year`, or a day of every year such as `09-30`",
    )
    return None
