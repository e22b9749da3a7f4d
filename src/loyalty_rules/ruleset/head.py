"""The head of a rule set: id, version, currency, zone, calendar and the time that it is in force."""

from __future__ import annotations

from fractions import Fraction
from typing import Final
from zoneinfo import ZoneInfo

from loyalty_rules.base.currencies import CODES, SCALES, UNITS, nearest_code
from loyalty_rules.base.period import Calendar, Duration
from loyalty_rules.base.suggest import did_you_mean, nearest
from loyalty_rules.engine.model import REPLAY, Currency
from loyalty_rules.ruleset.context import Setting
from loyalty_rules.ruleset.findings import Findings
from loyalty_rules.ruleset.forms import read_duration
from loyalty_rules.ruleset.later import CALENDARS, refuse
from loyalty_rules.ruleset.no_calendar import NoCalendar
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.nodes import Node, Scalar
from loyalty_rules.ruleset.zone_data import load_zone, zone_names
from loyalty_rules.sdk.calendar_guard import lacking
from loyalty_rules.sdk.registry import Registry

WEEK_STARTS: Final = {"mon": 0, "sat": 5, "sun": 6}


def read_head(root: MappingNode, registry: Registry, findings: Findings) -> Setting:
    """Everything that the head says; what is wrong is reported and stands in as the default."""
    return Setting(
        id=_text(root.get("ruleset")),
        version=_text(root.get("version")),
        title=title_of(root.get("title")),
        currency=_currency(root.get("currency"), findings),
        zone=_zone(root.get("timezone"), findings),
        calendar=_calendar(root, registry, findings),
        week_starts=WEEK_STARTS.get(_text(root.get("week_starts")), 0),
        leap_day=_text(root.get("leap_day")) or "feb_28",
        replay=_replay(root.get("late"), findings),
    )


def _calendar(root: MappingNode, registry: Registry, findings: Findings) -> Calendar:
    """The calendar that the file names; what is wrong with the name is reported."""
    name, place = _text(root.get("calendar")) or "gregorian", root.get("calendar") or root
    calendar = registry.calendars.get(name)
    if calendar is None and name in CALENDARS:
        refuse(findings, place, f"calendar: {name}", "write `gregorian` or `jalali`")
    elif calendar is None:
        help = did_you_mean(name, registry.calendars)
        findings.add("unknown_name", place, f"unknown calendar `{name}`", help)
    elif (cure := lacking(calendar)) is not None:
        message = f"calendar `{name}` needs a package that is not installed"
        findings.add("not_installed", place, message, cure)
        calendar = None
    return NoCalendar() if calendar is None else calendar


def title_of(node: Node | None) -> str:
    """A title: the text, or the English one of several languages, else the first."""
    if isinstance(node, MappingNode):
        named = node.get("en") or next((value for _, value in node.entries), None)
        return _text(named)
    return _text(node)


def _replay(node: Node | None, findings: Findings) -> Duration | None:
    """How far back late events take their place; 90 days if nothing is written."""
    written = node.get("replay") if isinstance(node, MappingNode) else None
    if not isinstance(written, Scalar) or findings.is_wrong(written):
        return REPLAY
    if written.text == "none":
        return None
    duration = read_duration(written.text)
    return duration if isinstance(duration, Duration) else REPLAY


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) and not node.broken else ""


def _zone(node: Node | None, findings: Findings) -> ZoneInfo:
    name = _text(node)
    zone = load_zone(name) if name else None
    if zone is None and isinstance(node, Scalar) and not findings.is_wrong(node):
        help = _zone_cure(name)
        findings.add("unknown_zone", node, f"unknown time zone `{name}`", help)
    return zone or ZoneInfo("UTC")


def _zone_cure(name: str) -> str:
    """The zone that was meant. An hour beside UTC is no place: it knows nothing of summer time."""
    names = zone_names()
    folded = name.casefold().replace(" ", "_")
    exact = next((zone for zone in names if zone.casefold() == folded), None)
    if exact is not None:
        return f"write `{exact}`"
    if folded.startswith(("utc", "gmt")):
        return "name a place, such as `Europe/Berlin`, or write `UTC`"
    near = nearest(name, names)
    if near is None:
        return "name a place as the database of time zones does, such as `Europe/Berlin`"
    return f"did you mean `{near}`?"


def _currency(node: Node | None, findings: Findings) -> Currency:
    if isinstance(node, MappingNode):
        code_node, scale_node = node.get("code"), node.get("scale")
        code = _text(code_node)
        scale = SCALES.get(code, 2)
        if isinstance(scale_node, Scalar) and isinstance(scale_node.number, int):
            scale = scale_node.number
        elif scale_node is None:
            _check_code(code_node, findings)
        return Currency(code, scale, _accepts(node.get("accepts"), code, findings))
    code = _text(node)
    _check_code(node, findings)
    return Currency(code, SCALES.get(code, 2))


def _check_code(node: Node | None, findings: Findings) -> None:
    """Warn of a currency that ISO 4217 does not have; one of the shop's own says how many decimals it has."""
    code = _text(node)
    if node is None or not code or code in CODES or findings.is_wrong(node):
        return
    own = f"write `currency: {{code: {code}, scale: 2}}` if it is your own"
    near = nearest_code(code)
    help = own if near is None else f"did you mean `{near}`? {own}"
    findings.add("unknown_currency", node, f"`{code}` is no currency of ISO 4217", help)


def _accepts(node: Node | None, code: str, findings: Findings) -> tuple[tuple[str, Fraction], ...]:
    if not isinstance(node, MappingNode):
        return ()
    rates = []
    for key, value in node.entries:
        if key.text == code:
            findings.add(
                "own_currency_accepted",
                key,
                f"`{code}` is the rule set's own currency",
                "name other currencies here, each with its rate",
            )
        elif key.text not in CODES and key.text not in UNITS and not findings.is_wrong(key):
            _unknown_accepted(key, findings)
        if isinstance(value, Scalar) and value.number is not None and value.number > 0:
            rates.append((key.text, Fraction(value.number)))
    return tuple(sorted(rates))


def _unknown_accepted(key: Scalar, findings: Findings) -> None:
    """Warn of a code under ``accepts`` that no list has: what was meant is refused as unknown."""
    near = nearest_code(key.text)
    meant = "" if near is None else f"did you mean `{near}`? "
    findings.add(
        "unknown_currency",
        key,
        f"`{key.text}` is no currency of ISO 4217",
        f"{meant}the rate is that of events in `{key.text}` alone",
    )
