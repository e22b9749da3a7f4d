"""How far an instance of a challenge has come, and when its target is reached: arithmetic alone, of one entry
after the other, so that what is counted again after a return follows the same steps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from loyalty_rules.base.period import Window
from loyalty_rules.base.windows import box_days
from loyalty_rules.base.zones import local_day, start_of_day
from loyalty_rules.domain.instances import Entry, Instance
from loyalty_rules.engine.model import Challenge
from loyalty_rules.engine.number import Number, total, whole
from loyalty_rules.engine.plan import Plan


@dataclass(frozen=True, slots=True)
class Progress:
    """``counted`` and ``box`` as an `Instance` holds them; ``times`` is how often the target was reached
    on the way there."""

    counted: Number
    box: int | None
    times: int = 0


@dataclass(frozen=True, slots=True)
class Recounted:
    """All entries counted from the first one on. ``reaches`` are the entries (by event) that reached the
    target, each with how often."""

    progress: Progress
    reaches: tuple[tuple[str, int], ...]


def box_of(plan: Plan, challenge: Challenge, at: datetime) -> tuple[int, int]:
    """The box of a streak, or of the window, that holds an instant: its first day and the day after it."""
    window = Window("box", challenge.streak) if challenge.streak else challenge.window
    assert window is not None, f"`{challenge.id}` counts no boxes"
    return box_days(window, local_day(at, plan.zone), plan.calendar, plan.model.week_starts)


def step(plan: Plan, challenge: Challenge, instance: Instance, entry: Entry) -> Progress:
    """What one more entry makes of an instance."""
    if challenge.streak:
        return _streak(plan, challenge, instance, entry)
    if challenge.pays == "at_end":
        box = box_of(plan, challenge, entry.at)[0] if instance.box is None else instance.box
        return Progress(whole(instance.counted + entry.amount), box)
    if instance.status == "reached":
        return Progress(instance.counted, None)
    counted = instance.counted + entry.amount
    if counted < instance.target:
        return Progress(whole(counted), None)
    if not challenge.repeat:
        return Progress(whole(counted), None, 1)
    if challenge.rest == "drop":
        return Progress(0, None, 1)
    return Progress(whole(counted % instance.target), None, int(counted // instance.target))


def end_of_box(challenge: Challenge, instance: Instance) -> Progress:
    """What the end of a box makes of an instance that is paid then."""
    times = max(0, int(instance.counted // instance.target))
    if challenge.rest == "drop":
        return Progress(0, None, times)
    return Progress(whole(instance.counted - times * instance.target), None, times)


def recount(plan: Plan, challenge: Challenge, instance: Instance) -> Recounted:
    """The entries of an instance counted once more; what an earlier award used up is not counted again."""
    fresh = replace(instance, counted=0, box=None, status="open")
    if challenge.streak:
        return _streaks(plan, challenge, fresh, instance.entries)
    reaches: list[tuple[str, int]] = []
    for entry in instance.entries:
        if challenge.pays == "at_end" and fresh.box is not None:
            first = box_of(plan, challenge, entry.at)[0]
            if first > fresh.box:
                fresh = _closed(challenge, fresh, reaches)
        left = replace(entry, amount=max(0, entry.amount - entry.used)) if entry.used else entry
        one = step(plan, challenge, fresh, left)
        fresh = _moved(challenge, fresh, one)
        if one.times:
            reaches.append((entry.event, one.times))
    if challenge.pays == "at_end" and instance.box is None and fresh.box is not None:
        fresh = _closed(challenge, fresh, reaches)
    return Recounted(Progress(fresh.counted, fresh.box), tuple(reaches))


def box_name(first_day: int) -> str:
    """What stands for the event of an award that the end of a box brings."""
    return f"~{first_day}"


def box_ends(plan: Plan, challenge: Challenge, first_day: int) -> datetime:
    """The first instant after the box that begins with a day."""
    assert challenge.window is not None, f"`{challenge.id}` counts no boxes"
    window, model = challenge.window, plan.model
    return start_of_day(box_days(window, first_day, plan.calendar, model.week_starts)[1], plan.zone)


def lacking(plan: Plan, challenge: Challenge, instance: Instance, at: datetime) -> Number:
    """What an instance still lacks of its target at an instant. A streak whose box before has passed
    unused lacks all of it."""
    counted = instance.counted
    if challenge.streak and instance.box is not None:
        first, _ = box_of(plan, challenge, at)
        if first > _next_box(plan, challenge, instance.box):
            counted = 0
    return max(0, whole(instance.target - counted))


def _closed(challenge: Challenge, fresh: Instance, reaches: list[tuple[str, int]]) -> Instance:
    assert fresh.box is not None, "a box that is closed was open"
    one = end_of_box(challenge, fresh)
    if one.times:
        reaches.append((box_name(fresh.box), one.times))
    return _moved(challenge, fresh, one)


def _moved(challenge: Challenge, instance: Instance, one: Progress) -> Instance:
    reached = bool(one.times) and not challenge.repeat and challenge.pays == "reached"
    status = "reached" if reached else instance.status
    return replace(instance, counted=one.counted, box=one.box, status=status)


def _next_box(plan: Plan, challenge: Challenge, first_day: int) -> int:
    unit = Window("box", challenge.streak)
    return box_days(unit, first_day, plan.calendar, plan.model.week_starts)[1]


def _streak(plan: Plan, challenge: Challenge, instance: Instance, entry: Entry) -> Progress:
    box, _ = box_of(plan, challenge, entry.at)
    last = instance.box
    if instance.status == "reached" or entry.amount <= 0:
        return Progress(instance.counted, last)
    if last is not None and box < last:  # it came late, and may close a gap
        again = recount(plan, challenge, replace(instance, entries=(*instance.entries, entry)))
        before = sum(one.times for one in instance.reaches)
        times = sum(often for _, often in again.reaches) - before
        return replace(again.progress, times=max(0, times))
    return _one_more_box(plan, challenge, instance, box)


def _one_more_box(plan: Plan, challenge: Challenge, instance: Instance, box: int) -> Progress:
    last = instance.box
    if box == last:
        return Progress(instance.counted, box)
    follows = last is not None and _next_box(plan, challenge, last) == box
    counted = instance.counted + 1 if follows else 1
    if counted < instance.target:
        return Progress(counted, box)
    return Progress(0 if challenge.repeat else counted, box, 1)


def _streaks(
    plan: Plan, challenge: Challenge, fresh: Instance, entries: Iterable[Entry]
) -> Recounted:
    boxes: dict[int, list[Entry]] = {}
    for entry in entries:
        boxes.setdefault(box_of(plan, challenge, entry.at)[0], []).append(entry)
    reaches: list[tuple[str, int]] = []
    for box in sorted(boxes):
        counting = [entry for entry in boxes[box] if entry.amount > 0]
        if not counting or total(entry.amount for entry in counting) <= 0:
            continue
        if fresh.status == "reached":
            break
        one = _one_more_box(plan, challenge, fresh, box)
        fresh = _moved(challenge, fresh, one)
        if one.times:
            reaches.append((counting[0].event, one.times))
    return Recounted(Progress(fresh.counted, fresh.box), tuple(reaches))
