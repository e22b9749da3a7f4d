"""``level_changed``: what follows from another level. It is an event made here, with an id from its cause,
decided right behind it, after all levels are settled; what it gives belongs to the entry of its cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

from loyalty_rules.base.records import replace
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.kinds import KINDS_BY_NAME
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.crossing import segments
from loyalty_rules.engine.facts import Segment, whole_facts
from loyalty_rules.engine.feeding import additions
from loyalty_rules.engine.level_figures import rank_of_id
from loyalty_rules.engine.model import LevelTable
from loyalty_rules.engine.opening import open_case
from loyalty_rules.engine.outcomes import outcome_of
from loyalty_rules.engine.plan import Followed, Outcome, Plan

LEVEL_CHANGED: Final = "level_changed"


def with_level_events(plan: Plan, before: MemberState, cause: Event, outcome: Outcome) -> Outcome:
    """An outcome of ``cause``, which met the state ``before``, with everything that follows from the levels
    that it changed, and from the levels that this changed in turn.

    Errors: refused as ``points_out_of_range``; what a plugin's function raises.
    """
    if outcome.status != "decided":
        return outcome
    # each round but the first changes only levels that the one before it feeds; the first may also find
    # some that were due for a change, such as with an age that was reached since; the last finds nothing
    told: Counter[str] = Counter()
    for _ in range(len(plan.model.level_tables) + 2):
        events = list(_events(plan, cause, before, outcome.state, told))
        if not events:
            return outcome
        before = outcome.state
        for event in events:
            more = decide_own(plan, outcome.state, event)
            if more.effects or more.trace:
                outcome = _joined(outcome, event, more)
    raise AssertionError(
        "levels change each other round and round, which the check of rules forbids"
    )


def _events(
    plan: Plan, cause: Event, before: MemberState, after: MemberState, told: Counter[str]
) -> Iterator[Event]:
    """One for each level that is another than before, in the order of the programs; ``told`` counts those of
    each program, so that one that changes again because of others has an event of its own."""
    for table in plan.model.level_tables:
        left, reached = _level(table, before), _level(table, after)
        if left != reached:
            told[table.id] += 1
            again = f"/{told[table.id]}" if told[table.id] > 1 else ""
            fields = {"program": table.id, "from": left, "to": reached}
            yield Event(
                f"~{LEVEL_CHANGED}/{cause.source}/{cause.id}/{table.id}{again}",
                LEVEL_CHANGED,
                cause.member,
                cause.occurred_at,
                fields=MappingProxyType(fields),
            )


def _level(table: LevelTable, state: MemberState) -> str:
    """The level on record; whoever has none stands on the lowest."""
    recorded = state.levels.get(table.id)
    return table.levels[0 if recorded is None else rank_of_id(table, recorded.id)].id


def decide_own(plan: Plan, state: MemberState, event: Event) -> Outcome:
    """What an event gives that is made here, not told by anybody.

    Errors: refused as ``points_out_of_range``; what a plugin's function raises.
    """
    case = open_case(plan, state, event, KINDS_BY_NAME[event.type])
    facts = whole_facts(case, Segment())
    added = additions(case, facts)
    return outcome_of(case, segments(case, facts, added), added)


def _joined(outcome: Outcome, event: Event, more: Outcome) -> Outcome:
    """An outcome with what followed from it as a part of it."""
    points = dict(outcome.points or {})
    for program, units in (more.points or {}).items():
        points[program] = points.get(program, 0) + units
    return replace(
        outcome,
        state=more.state,
        effects=(*outcome.effects, *more.effects),
        points=MappingProxyType(points),
        trace=(*outcome.trace, *more.trace),
        followed=(*outcome.followed, Followed(event, outcome.state, more.trace)),
    )
