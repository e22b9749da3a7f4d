"""What a return took of each rule, and why: the trace of a return."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Literal

from loyalty_rules.base.records import replace
from loyalty_rules.domain.order_record import BookedOrder, Share
from loyalty_rules.engine.keeping import Kept
from loyalty_rules.engine.plan import Given, Trace
from loyalty_rules.engine.remainder import Remainder

NOT_ASKED = Trace("", "not_gave", "nothing_booked")


def shares_taken(order: BookedOrder, kept: Kept) -> tuple[tuple[str, int], ...]:
    """The points of a program that each rule loses, below zero for one that gains by the loss of others."""
    points: dict[str, int] = {}
    for share in order.shares:
        if share.program == kept.program:
            points[share.rule] = points.get(share.rule, 0) + share.points
    for share in kept.shares:
        points[share.rule] = points.get(share.rule, 0) - share.points
    return tuple((rule, one) for rule, one in points.items() if one)


def return_traces(
    rules: Iterable[str], order: BookedOrder, rest: Remainder, kept: Sequence[Kept]
) -> tuple[Trace, ...]:
    """One trace for each of the rules, in their order."""
    judged = {trace.rule: trace for trace in rest.traces}
    return tuple(_trace(rule, order, judged.get(rule, NOT_ASKED), kept) for rule in rules)


def _trace(rule: str, order: BookedOrder, judged: Trace, kept: Sequence[Kept]) -> Trace:
    given: list[Given] = []
    reasons: dict[str, str] = {}
    for program in kept:
        own = tuple(_givens(rule, order, judged, program))
        given += own
        for one in own:
            reasons.setdefault(_outcome(one), program.how)
    held = next((word for word in ("taken", "gave", "kept") if word in reasons), None)
    if held is None:
        return replace(judged, rule=rule, given=())
    how, detail = reasons[held], ""
    if how == "remainder" and held == "taken" and (judged.outcome != "gave" or judged.reason):
        how, detail = judged.reason, judged.detail
    elif how == "remainder" and held != "taken":
        how = ""
    outcomes: Mapping[str, Literal["taken", "gave", "kept"]] = {
        "taken": "taken",
        "gave": "gave",
        "kept": "kept",
    }
    return Trace(rule, outcomes[held], how, detail, tuple(given))


def _outcome(given: Given) -> str:
    if given.points < 0:
        return "taken"
    return "gave" if given.points else "kept"


def _givens(rule: str, order: BookedOrder, judged: Trace, kept: Kept) -> Iterator[Given]:
    """What a rule keeps and loses of a program, its own awards before its extras."""
    before = _share(order.shares, kept.program, rule)
    after = _share(kept.shares, kept.program, rule)
    for extra in (False, True):
        had = before.extra if extra else before.base + before.bonus
        has = after.extra if extra else after.base + after.bonus
        if had or has:
            worth = (
                one.exact
                for one in judged.given
                if one.program == kept.program and one.extra == extra
            )
            exact = sum(worth, Fraction(0))
            yield Given(rule, kept.program, exact, has, has - had, extra)


def _share(shares: Sequence[Share], program: str, rule: str) -> Share:
    own = (share for share in shares if (share.program, share.rule) == (program, rule))
    return next(own, Share(program, rule, 0))
