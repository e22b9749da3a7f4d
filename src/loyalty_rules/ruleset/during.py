"""``during`` and ``effective``: the calendar of an event, as instants, weekdays, hours and days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

from loyalty_rules.base.period import Duration
from loyalty_rules.base.zones import start_of_day
from loyalty_rules.engine.model import During
from loyalty_rules.ruleset.context import Setting
from loyalty_rules.ruleset.findings import Findings
from loyalty_rules.ruleset.forms import read_duration, read_hours, read_instant
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.nodes import Node, Scalar, Sequence

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
BIRTHDAYS: Final[tuple[Literal["day", "week", "month"], ...]] = ("day", "week", "month")


def read_range(
    node: MappingNode, setting: Setting, findings: Findings
) -> tuple[datetime | None, datetime | None]:
    """Start (included) and end (excluded) in UTC of ``from`` with ``through`` (days, both in) or
    ``before`` (an instant, out)."""
    values: dict[str, tuple[Scalar, Node]] = {key.text: (key, value) for key, value in node.entries}
    if "through" in values and "before" in values:
        findings.add(
            "through_and_before",
            values["before"][0],
            "`through` and `before` stand side by side",
            "keep `through` (a day, still in) or `before` (an instant, already out)",
        )
        return None, None
    start = _moment(values.get("from"), setting, findings, after=False)
    if "through" in values:
        end = _moment(values["through"], setting, findings, after=True)
    else:
        end = _moment(values.get("before"), setting, findings, after=False)
    if start is not None and end is not None and end <= start:
        findings.add(
            "empty_period",
            node,
            "the period ends before it begins",
            "put the earlier day under `from`",
        )
    return start, end


def read_during(node: MappingNode, setting: Setting, findings: Findings) -> During:
    """A rule's ``during``."""
    values: Mapping[str, Node] = {key.text: value for key, value in node.entries}
    start, before = read_range(node, setting, findings)
    return During(
        start,
        before,
        weekdays=_weekdays(values.get("weekdays"), findings),
        hours=_hours(values.get("hours"), findings),
        days_of_month=_days_of_month(values.get("days_of_month"), findings),
        birthday=_birthday(values.get("birthday"), findings),
        span=node.span,
    )


def _moment(
    written: tuple[Scalar, Node] | None, setting: Setting, findings: Findings, after: bool
) -> datetime | None:
    """The instant that a DAY (its start, or with ``after`` the start of the next) or an INSTANT means."""
    if written is None or not isinstance(written[1], Scalar) or findings.is_wrong(written[1]):
        return None
    node = written[1]
    if "T" in node.text:
        instant = read_instant(node.text, setting.zone)
        if isinstance(instant, str):
            findings.add("wrong_form", node, f"`{node.text}` is not an instant", instant)
            return None
        return instant
    try:
        day = setting.calendar.parse(node.text)
    except ValueError as error:
        findings.add("bad_day", node, f"`{node.text}` is not a day", str(error))
        return None
    return start_of_day(day + 1 if after else day, setting.zone)


def _weekdays(node: Node | None, findings: Findings) -> tuple[int, ...]:
    return tuple(
        sorted({WEEKDAYS.index(item.text) for item in _scalars(node) if item.text in WEEKDAYS})
    )


def _days_of_month(node: Node | None, findings: Findings) -> tuple[int, ...]:
    days = set()
    for item in _scalars(node):
        if isinstance(item.value, int) and 1 <= abs(item.value) <= 31:
            days.add(int(item.value))
        elif not findings.is_wrong(item):
            findings.add(
                "wrong_form",
                item,
                f"`{item.text}` is not a day of a month",
                "write 1 to 31, or -1 to -31 counted from the end",
            )
    return tuple(sorted(days))


def _hours(node: Node | None, findings: Findings) -> tuple[int, int] | None:
    if not isinstance(node, Scalar) or findings.is_wrong(node):
        return None
    hours = read_hours(node.text)
    if isinstance(hours, str):
        findings.add("wrong_form", node, f"`{node.text}` are not hours", hours)
        return None
    return hours


def _birthday(
    node: Node | None, findings: Findings
) -> Literal["day", "week", "month"] | Duration | None:
    if not isinstance(node, Scalar) or findings.is_wrong(node):
        return None
    for word in BIRTHDAYS:
        if node.text == word:
            return word
    duration = read_duration(node.text)
    if isinstance(duration, str):
        help = f"write `day`, `week`, `month` or a duration: {duration}"
        findings.add("wrong_form", node, f"`{node.text}` is not a time around a birthday", help)
        return None
    if duration.unit in ("minutes", "hours"):
        help = "write `day`, `week`, `month` or a duration such as `7 days`"
        findings.add("wrong_form", node, "a birthday is counted in whole days", help)
        return None
    return duration


def _scalars(node: Node | None) -> tuple[Scalar, ...]:
    nodes = node.items if isinstance(node, Sequence) else (node,)
    return tuple(one for one in nodes if isinstance(one, Scalar))
