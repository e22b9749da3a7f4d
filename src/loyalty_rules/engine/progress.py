"""How far an instance of a challenge has come, and when its target is reached: arithmetic alone, of one entry
after the other, so that what is counted again after a return follows the same steps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from loyalty_rules.base.period import Window
from loyalty_rules.base.records import replace
from loyalty_rules.base.windows import MEMBER_YEAR, box_days
from loyalty_rules.base.zones import local_day, start_of_day
from loyalty_rules.domain.instances import Entry, Instance
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.counters import joined
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


class Boxes(NamedTuple):
    """The boxes of a member's calendar; ``joined`` is the day from which his own years count, ``clock`` how
    far time has passed for him."""

    plan: Plan
    joined: int | None
    clock: datetime | None

    def holding(self, window: Window, day: int) -> tuple[int, int]:
        """The box that holds a day: its first day and the day after it."""
        model = self.plan.model
        return box_days(
            window, day, self.plan.calendar, model.week_starts, model.leap_day, self.joined
        )


def boxes_of(plan: Plan, state: MemberState) -> Boxes:
    """The boxes of a member."""
    return Boxes(plan, joined(state), state.clock)


def has_boxes(boxes: Boxes, challenge: Challenge) -> bool:
    """Whether the boxes of a challenge are known: nobody has years of his own who never joined."""
    window = challenge.window
    return window is None or window.unit != MEMBER_YEAR or boxes.joined is not None


def box_of(boxes: Boxes, challenge: Challenge, at: datetime) -> tuple[int, int]:
    """The box of a streak, or of the window, that holds an instant: its first day and the day after it."""
    window = Window("box", challenge.streak) if challenge.streak else challenge.window
    assert window is not None, f"`{challenge.id}` counts no boxes"
    return boxes.holding(window, local_day(at, boxes.plan.zone))


def step(boxes: Boxes, challenge: Challenge, instance: Instance, entry: Entry) -> Progress:
    """What one more entry makes of an instance."""
    if challenge.streak:
        return _streak(boxes, challenge, instance, entry)
    if challenge.pays == "at_end":
        box = box_of(boxes, challenge, entry.at)[0] if instance.box is None else instance.box
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


def recount(boxes: Boxes, challenge: Challenge, instance: Instance) -> Recounted:
    """The entries of an instance counted once more; what an earlier award used up is not counted again."""
    fresh = replace(instance, counted=0, box=None, status="open")
    if challenge.streak:
        return _streaks(boxes, challenge, fresh, instance.entries)
    reaches: list[tuple[str, int]] = []
    for entry in instance.entries:
        if challenge.pays == "at_end" and fresh.box is not None:
            first = box_of(boxes, challenge, entry.at)[0]
            if first > fresh.box:
                fresh = _closed(challenge, fresh, reaches)
        left = replace(entry, amount=max(0, entry.amount - entry.used)) if entry.used else entry
        one = step(boxes, challenge, fresh, left)
        fresh = _moved(challenge, fresh, one)
        if one.times:
            reaches.append((entry.event, one.times))
    if (
        challenge.pays == "at_end"
        and fresh.box is not None
        and _is_over(boxes, challenge, fresh.box)
    ):
        fresh = _closed(challenge, fresh, reaches)  # it was paid; the one after it has lost all
    return Recounted(Progress(fresh.counted, fresh.box), tuple(reaches))


def box_name(first_day: int) -> str:
    """What stands for the event of an award that the end of a box brings."""
    return f"~{first_day}"


def box_ends(boxes: Boxes, challenge: Challenge, first_day: int) -> datetime:
    """The first instant after the box that begins with a day."""
    assert challenge.window is not None, f"`{challenge.id}` counts no boxes"
    return start_of_day(boxes.holding(challenge.window, first_day)[1], boxes.plan.zone)


def _is_over(boxes: Boxes, challenge: Challenge, first_day: int) -> bool:
    return boxes.clock is not None and box_ends(boxes, challenge, first_day) <= boxes.clock


def lacking(boxes: Boxes, challenge: Challenge, instance: Instance, at: datetime) -> Number:
    """What an instance still lacks of its target at an instant. A streak whose box before has passed
    unused lacks all of it."""
    counted = instance.counted
    if challenge.streak and instance.box is not None:
        first, _ = box_of(boxes, challenge, at)
        if first > _next_box(boxes, challenge, instance.box):
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


def _next_box(boxes: Boxes, challenge: Challenge, first_day: int) -> int:
    return boxes.holding(Window("box", challenge.streak), first_day)[1]


def _streak(boxes: Boxes, challenge: Challenge, instance: Instance, entry: Entry) -> Progress:
    box, _ = box_of(boxes, challenge, entry.at)
    last = instance.box
    if instance.status == "reached" or entry.amount <= 0:
        return Progress(instance.counted, last)
    if last is not None and box < last:  # it came late, and may close a gap
        again = recount(boxes, challenge, replace(instance, entries=(*instance.entries, entry)))
        before = sum(one.times for one in instance.reaches)
        times = sum(often for _, often in again.reaches) - before
        return replace(again.progress, times=max(0, times))
    return _one_more_box(boxes, challenge, instance, box)


def _one_more_box(boxes: Boxes, challenge: Challenge, instance: Instance, box: int) -> Progress:
    last = instance.box
    if box == last:
        return Progress(instance.counted, box)
    follows = last is not None and _next_box(boxes, challenge, last) == box
    counted = instance.counted + 1 if follows else 1
    if counted < instance.target:
        return Progress(counted, box)
    return Progress(0 if challenge.repeat else counted, box, 1)


def _streaks(
    boxes: Boxes, challenge: Challenge, fresh: Instance, entries: Iterable[Entry]
) -> Recounted:
    filled: dict[int, list[Entry]] = {}
    for entry in entries:
        filled.setdefault(box_of(boxes, challenge, entry.at)[0], []).append(entry)
    reaches: list[tuple[str, int]] = []
    for box in sorted(filled):
        counting = [entry for entry in filled[box] if entry.amount > 0]
        if not counting or total(entry.amount for entry in counting) <= 0:
            continue
        if fresh.status == "reached":
            break
        one = _one_more_box(boxes, challenge, fresh, box)
        fresh = _moved(challenge, fresh, one)
        if one.times:
            reaches.append((counting[0].event, one.times))
    return Recounted(Progress(fresh.counted, fresh.box), tuple(reaches))
