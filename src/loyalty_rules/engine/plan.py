"""A plan: the model and everything that was decided about it at load; and what deciding returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Literal
from zoneinfo import ZoneInfo

from loyalty_rules.base.period import Calendar
from loyalty_rules.base.records import Record
from loyalty_rules.domain.effects import Effect, Value
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.redemption_record import BookedRedemption
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.index import Index, index_of
from loyalty_rules.engine.model import Model

Facts = Mapping[str, Value]
Code = Callable[[Facts, Facts], Value]
"""Runs one formula: ``code(facts, row)``. Facts are subscripted and may fill themselves on demand; rows may
lack a key (unknown). ``facts`` maps fact keys (``order.total``, ``amount``,
``beans.eligible``, ``within(spend, last 90 days)``) to values; ``row`` holds the fields of one item or
tender (``sku``) and is empty elsewhere. The iterating functions find the chosen lines' rows in
``facts["~lines"]`` and all lines' rows in ``facts["~all_lines"]``."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What ``decide`` works from. ``code[formula.slot]`` runs a formula; nothing here is mutable."""

    model: Model
    code: tuple[Code, ...]
    calendar: Calendar
    zone: ZoneInfo
    digest: str
    index: Index = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # frozen to everybody else: the index says nothing that the model does not say
        object.__setattr__(self, "index", index_of(self.model))


class Refusal(Record, frozen=True):
    """Why an event was not decided. ``path`` points into the event (``lines[0].amount``)."""

    code: str
    path: str
    reason: str


class Given(Record, frozen=True):
    """What one rule gave of one program. ``exact`` is unrounded points; ``rounded`` its whole share before
    limits and ``points`` after, both in units of the scale; ``extra`` marks a multiplier's award."""

    rule: str
    program: str
    exact: Fraction
    rounded: int
    points: int
    extra: bool = False


class Trace(Record, frozen=True):
    """What became of one rule. ``reason`` is a stable word; ``detail`` names its object: the winner of a
    group, the limit or budget that trimmed, the fact that was missing.

    outcome ``gave`` (perhaps trimmed: see ``reason``), ``not_gave``, ``lost`` (to the rule ``detail``).
    Of a return: ``taken`` (``given`` holds what was taken as points below zero, what the rest is worth as
    ``exact`` and what the rule keeps as ``rounded``), ``kept`` (nothing was taken), ``gave`` (the rest
    pays this rule more than the whole did, at the cost of others). Of time: ``passed`` (``rule`` is empty).
    Of a redemption: ``redeemed`` (``rule`` is the reward, the points that it took are below zero).

    reasons: condition_false, missing, outside_during, no_items, no_tenders, no_table_row, exclusive_group,
    outdone (by the multiplier ``detail``, where its program takes only one), limit, budget, below_minimum,
    nothing_to_multiply, zero, plugin_error, holdout (the member is of the group `detail`). Of a return also:
    nothing_left (of the order), remainder (what is left earns less), proportional, not_taken_back
    (``claw_back: none``), worth_more (the rest would earn more, and a return never gives), nothing_booked,
    plan_unavailable (in proportion, because the plan that decided the order cannot be had again). Of time:
    expired (``given`` holds the points of the lot ``detail`` below zero), rest_dropped (the same of what the
    clock had left over), freed (the lot ``detail`` waits no longer; ``rounded`` is what it holds),
    each_turn (it gave the same at each of ``detail`` turns). Of points
    that a redemption had taken: restored_original (to the lot ``detail``, which is still valid),
    restored_new (with an end of their own), restored_grace (it had ended), restored_ended (and so have
    they); undone (what it had given in the lot ``detail`` is taken back).
    """

    rule: str
    outcome: Literal["gave", "not_gave", "lost", "taken", "kept", "passed", "redeemed"]
    reason: str = ""
    detail: str = ""
    given: tuple[Given, ...] = ()
    trimmed: int = 0


class Due(Record, frozen=True):
    """What falls due at an instant, and why."""

    effects: tuple[Effect, ...] = ()
    traces: tuple[Trace, ...] = ()


class Followed(Record, frozen=True):
    """An event made here that followed from another: the state that it met, and what became of its rules."""

    event: Event
    before: MemberState
    trace: tuple[Trace, ...]


class Outcome(Record, frozen=True):
    """The result of deciding one event. ``points`` is in points units of the scale by program id (below
    zero where a return takes); ``facts`` holds every state value that was read; ``order`` is the record of
    a purchase, or of the purchase that a return is of, ``redemptions`` those that were booked, cancelled or
    given back in part, as they are from now on; a refused outcome
    has no effects and the old state. ``passed`` is what fell due before the event: ``effects`` are the
    event's own, ``state`` is after both. ``at`` is the instant of what falls due by itself, ``since`` the
    first of those of a stretch at which the same happened. ``followed`` are the events made here that it
    caused; their effects, points and traces stand behind its own.

    status ``decided``, ``refused``, or ``not_yet_decided`` (a kind that this version only accepts).
    """

    status: Literal["decided", "refused", "not_yet_decided"]
    state: MemberState
    effects: tuple[Effect, ...] = ()
    points: Mapping[str, int] | None = None
    facts: Mapping[str, Value] | None = None
    trace: tuple[Trace, ...] = ()
    refusal: Refusal | None = None
    order: BookedOrder | None = None
    redemptions: tuple[BookedRedemption, ...] = ()
    passed: tuple[Outcome, ...] = ()
    followed: tuple[Followed, ...] = ()
    at: datetime | None = None
    since: datetime | None = None

    @property
    def own_trace(self) -> tuple[Trace, ...]:
        """What became of the rules that the event itself met."""
        return self.trace[: len(self.trace) - sum(len(one.trace) for one in self.followed)]

    @property
    def all_effects(self) -> tuple[Effect, ...]:
        """What fell due before the event, and then the event's own."""
        return (*(one for past in self.passed for one in past.effects), *self.effects)
