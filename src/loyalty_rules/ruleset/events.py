"""``event``: the kinds of events that a rule or a counter is for."""

from __future__ import annotations

from typing import Final

from loyalty_rules.base.suggest import choice, did_you_mean, nearest
from loyalty_rules.domain.kinds import DERIVED_KINDS, EARNING_RANK, OWN_KINDS
from loyalty_rules.ruleset.context import Context
from loyalty_rules.ruleset.later import refuse
from loyalty_rules.ruleset.meant_maps import list_meant
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.nodes import Scalar, Sequence

NEVER: Final = (
    *("return", "cancellation", "erasure", "adjustment", "correction", "transfer"),
    *("merge", "merged"),
    *sorted(DERIVED_KINDS),
)
"""Kinds that no rule may fire on: they take back or correct what rules gave."""

_USUAL: Final = "purchase"
_MEANT: Final = {
    **dict.fromkeys(("order", "orders", "sale", "sales", "buy", "bought"), "purchase"),
    **dict.fromkeys(("kauf", "einkauf", "bestellung", "achat", "commande"), "purchase"),
    **dict.fromkeys(("join", "registration", "registered", "anmeldung", "inscription"), "signup"),
    **dict.fromkeys(("visit", "besuch", "visite"), "checkin"),
}
"""What kinds are called elsewhere, by words that look like none of them, or like another one."""

_TURNS: Final = ("birthday", "day", "week", "month", "quarter", "year", "member_year")
"""Turns of the clock that are written as if they were events."""

_DECIDED: Final = (
    "decided so far: `purchase`, `signup`, `profile`, `membership`, `redemption`, `review`, `survey`,"
    " `social`, `checkin`, `balance`, `level_changed`, `clock` and events of your own"
)


def read_event_names(node: MappingNode, context: Context) -> tuple[str, ...]:
    """The kinds under ``event``, sorted. Where one is wrong it is reported, and what was probably meant
    stands in for it, so that the expressions beside it are judged as the designer meant them."""
    written = node.get("event")
    nodes = written.items if isinstance(written, Sequence) else (written,)
    is_rule = node.get("give") is not None and node.get("id") is not None
    names = {_kind_meant(one, context, is_rule) for one in nodes if isinstance(one, Scalar)}
    return tuple(sorted(names)) or (_USUAL,)


def read_member_kind(node: Scalar, context: Context) -> str:
    """A kind of event that happens to a member, for what waits for it or counts it as activity; empty,
    and reported, if it is none."""
    if context.findings.is_wrong(node):
        return ""
    allowed = [name for name in context.kinds if name not in (*NEVER, *OWN_KINDS)]
    kind = context.kinds.get(node.text)
    if kind is None:
        help = did_you_mean(node.text, allowed)
        context.findings.add("unknown_event", node, f"unknown event `{node.text}`", help)
        return ""
    if node.text not in allowed:
        message = f"`{node.text}` is nothing that a member does"
        context.findings.add("event_without_rules", node, message, _DECIDED)
        return ""
    if not kind.decided:
        refuse(context.findings, node, f"event: {node.text}", _DECIDED)
    return node.text


def earning_kinds(context: Context) -> tuple[str, ...]:
    """Every kind of event that earns, and redemptions."""
    earning = {name for name, kind in context.kinds.items() if kind.rank == EARNING_RANK}
    return tuple(sorted((earning - {"draw"}) | {"redemption"}))


def has_lines(kinds: tuple[str, ...], key: Scalar, context: Context) -> bool:
    """Whether all ``kinds`` are about orders, of which ``key`` (items or tenders) may choose a part."""
    if all(context.kinds[kind].about == "order" for kind in kinds):
        return True
    context.findings.add(
        "no_lines",
        key,
        f"`{key.text}` chooses from an order, and not every event here has one",
        "write `event: purchase`, or leave it out",
    )
    return False


def _kind_meant(node: Scalar, context: Context, is_rule: bool) -> str:
    findings = context.findings
    if findings.is_wrong(node):
        return _USUAL
    allowed = [name for name in context.kinds if name not in NEVER]
    if node.text in NEVER:
        findings.add(
            "event_without_rules",
            node,
            f"no rule fires on `{node.text}`: it takes back or corrects what rules gave",
            _DECIDED,
        )
        return _USUAL
    if node.text == "clock" and not is_rule:
        message = "`clock` is nothing that a member does, so nothing counts it"
        findings.add("event_without_rules", node, message, _DECIDED)
        return _USUAL
    kind = context.kinds.get(node.text)
    if kind is None:
        meant = _MEANT.get(node.text.strip().casefold())
        meant = meant if meant in allowed else nearest(node.text, allowed)
        help = choice(sorted(set(allowed))) if meant is None else f"did you mean `{meant}`?"
        if is_rule and meant is None and node.text in _TURNS:
            help = f"write `event: clock` and beside it `every: {node.text}`"
        if "," in (several := list_meant(node.text)):
            help = f"write a list: `[{several}]`"
        findings.add("unknown_event", node, f"unknown event `{node.text}`", help)
        return meant or _USUAL
    if not kind.decided:
        refuse(findings, node, f"event: {node.text}", _DECIDED)
    return node.text
