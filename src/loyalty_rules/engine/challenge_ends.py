"""Challenges that time ends: instances that lapse, and windows that are paid when they close."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from loyalty_rules.domain.effects import Effect, InstanceClosed
from loyalty_rules.domain.instances import Entry, Instance
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.challenges import Met, open_offers, reached
from loyalty_rules.engine.level_setting import level_changes
from loyalty_rules.engine.model import Challenge
from loyalty_rules.engine.plan import Due, Plan, Trace
from loyalty_rules.engine.prizes import Known, prize, prize_event
from loyalty_rules.engine.progress import Boxes, box_ends, box_name, box_of, boxes_of, end_of_box


def next_challenge_end(plan: Plan, state: MemberState) -> datetime | None:
    """When the next instance lapses, or the next window closes that is paid at its end."""
    boxes = boxes_of(plan, state)
    ends = [at for name, one in _instances(state) if (at := _ends_at(boxes, name, one)) is not None]
    return min(ends, default=None)


def challenges_ended(plan: Plan, state: MemberState, at: datetime) -> Due:
    """The instances that lapse up to an instant, and what the windows give that close.

    Errors: as `prize`.
    """
    effects: list[Effect] = []
    traces: list[Trace] = []
    boxes = boxes_of(plan, state)
    before = state
    for name, one in sorted(_instances(state), key=lambda found: (found[0], found[1].id)):
        ends = _ends_at(boxes, name, one)
        if ends is None or ends > at:
            continue
        challenge = plan.index.challenges.get(name)
        if challenge is not None and challenge.pays == "at_end":
            paid, trace = _paid(plan, state, challenge, one, at)
            met = Met(state)
            met.put(*paid)
            open_offers(plan, met, paid)
            effects += met.effects
            state = met.state
        else:
            effects.append(InstanceClosed(name, one.id, "lapsed"))
            trace = Trace(name, "passed", "lapsed", one.id)
        traces.append(trace)
    if any(trace.given for trace in traces):  # what is given may count for a level
        effects += level_changes(plan, before, state)
    return Due(tuple(effects), tuple(traces))


def asked_at_end(boxes: Boxes, challenge: Challenge, instance: Instance, box: int) -> Known:
    """What the award of a box asks of the member: what was known when the last entry of the box counted."""

    def lies_in(entry: Entry) -> bool:
        return box_of(boxes, challenge, entry.at)[0] == box

    last = next((one for one in reversed(instance.entries) if lies_in(one)), None)
    return () if last is None else last.facts


def _instances(state: MemberState) -> Iterator[tuple[str, Instance]]:
    return ((name, one) for name, held in state.instances.items() for one in held)


def _ends_at(boxes: Boxes, name: str, instance: Instance) -> datetime | None:
    """When time does something to an instance."""
    if instance.status != "open":
        return None
    challenge = boxes.plan.index.challenges.get(name)
    if challenge is not None and challenge.pays == "at_end":
        return None if instance.box is None else box_ends(boxes, challenge, instance.box)
    return instance.ends_at


def _paid(
    plan: Plan, state: MemberState, challenge: Challenge, instance: Instance, at: datetime
) -> tuple[tuple[Effect, ...], Trace]:
    assert instance.box is not None, "a window that closes was open"
    rule = plan.index.rules_of_time[challenge.id]
    one = end_of_box(challenge, instance)
    known = asked_at_end(boxes_of(plan, state), challenge, instance, instance.box)
    name = box_name(instance.box)
    event = prize_event(state.member, rule.id, 1, name, at)
    found = prize(plan, state, rule, event, known, one.times)
    closed = reached(challenge, instance.id, (name, at), one, found)
    return (*found.effects, closed), found.trace
