"""What a household shares: who belongs to it, what they have, and points on their way between them.

Points stay in the account of who has earned them. When another one spends them they first go to him, as
points do that are given away, by a pair of events that is made here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from loyalty_rules.base.records import replace
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.households import household_of, live_together
from loyalty_rules.domain.pools import FROM_POOL, PLACES, POOL, given, place_name
from loyalty_rules.domain.referrals import event_name
from loyalty_rules.domain.state import MemberState
from loyalty_rules.domain.transfers import Moved, received
from loyalty_rules.engine.model import LotAccount
from loyalty_rules.engine.plan import Refusal
from loyalty_rules.engine.pools import parts_of_others, shared_balance, spent_in, together
from loyalty_rules.engine.transfers import leaving_with
from loyalty_rules.ledger.accounts import Account
from loyalty_rules.ledger.statements import Work
from loyalty_rules.service.decision import Decision
from loyalty_rules.service.deriving import record_derived
from loyalty_rules.service.group import Group
from loyalty_rules.service.late import retold
from loyalty_rules.service.receipt import Receipt
from loyalty_rules.service.rule_set import RuleSet
from loyalty_rules.service.settling import refused, settled

NOBODY: Final[tuple[Account, ...]] = ()


class CannotMoveError(Exception):
    """The rules do not let points go from one to another; ``refusal`` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


def shared_accounts(group: Group, at: datetime) -> tuple[LotAccount, ...]:
    """The points programs that households share by the rules in force at an instant."""
    plan = group.setting.versions.present.in_force(at).plan
    return tuple(one for one in plan.model.accounts if one.is_shared)


def places_of(group: Group, household: str) -> Work[list[Account]]:
    """The accounts that ever had a place in a household, in the order in which they took them; of who had a
    place under two names the one that he has, twice."""
    numbers: list[int] = []
    found: list[Account | int] = []
    while True:
        name = (PLACES, place_name(household, len(found) + 1))
        claim = yield from group.claim(name)
        if claim is None:
            break
        here = group.booked_as(name)
        found.append(_number(claim.member) if here is None else here)
        numbers += () if claim.member is None else (claim.member,)
    yield from group.locks.take(numbers)  # all at once: a member is not waited for one by one
    accounts: list[Account] = []
    for one in found:
        account = (yield from group.account_of(one)) if isinstance(one, int) else one
        accounts.append((yield from group.survivor(account)))
    return accounts


def _number(member: int | None) -> int:
    assert member is not None, "who has a place that is written has a number"
    return member


def others_of(group: Group, account: Account) -> Work[tuple[Account, ...]]:
    """Who else is in the household of a member."""
    household = household_of(account.state)
    if not household:
        return NOBODY
    places = yield from places_of(group, household)
    there = {id(one): one for one in places if not one.is_erased}
    return tuple(
        one for one in there.values() if one is not account and household_of(one.state) == household
    )


def state_at(group: Group, state: MemberState, at: datetime) -> Work[MemberState]:
    """A state with what falls due until an instant, if that is not behind it; nothing is booked."""
    if state.clock is not None and at <= state.clock:
        return state
    present = group.setting.versions.present
    passed = yield from group.lane.decide(state, lambda lent: present.advance(lent, at))
    return passed[-1].state if passed else state


def with_household(
    rules: RuleSet, state: MemberState, states: Iterable[MemberState], at: datetime
) -> MemberState:
    """Where a member stands, with all that others of ``states`` share with him at an instant: for a quote."""
    accounts = [one for one in rules.in_force(at).plan.model.accounts if one.is_shared]
    others = [one for one in states if one.member != state.member and live_together(one, state)]
    return together(state, others, accounts) if accounts and others else state


def pool_points(
    group: Group, account: Account, state: MemberState, at: datetime
) -> Work[Mapping[str, int]]:
    """What the household of a member has of each program that it shares, in units of the scale; nothing for
    a member who is in none. ``state`` is his at that instant."""
    accounts = shared_accounts(group, at)
    if not accounts or not household_of(state):
        return {}
    others = yield from others_of(group, account)
    states = [state]
    for one in others:
        states.append((yield from state_at(group, one.state, at)))
    return {one.id: max(0, shared_balance(states, one.id)) for one in accounts}


def arrival(cause: Event, number: int, member: str, program: str, moved: Iterable[Moved]) -> Event:
    """The event that brings points to a member of a household, the ``number``-th of its cause."""
    name = event_name(f"in/{number}", cause)
    return received(name, cause, member, program, moved, FROM_POOL, POOL)


class Movement:
    """Points on their way: first all of it is decided, then all of it is booked, or nothing."""

    def __init__(self, group: Group, cause: Event) -> None:
        self._group, self._cause = group, cause
        self._states: dict[int, MemberState] = {}
        self._steps: list[tuple[Event, Account]] = []

    def arrived(self, account: Account) -> tuple[Event, ...]:
        """What an account has received, not booked yet."""
        return tuple(
            event for event, one in self._steps if one is account and event.type == FROM_POOL
        )

    def state(self, account: Account) -> MemberState:
        """Where a member stands after what was decided so far."""
        return self._states.get(id(account), account.state)

    def move(self, giver: Account, taker: Account, program: str, points: int) -> Work[None]:
        """Take points out of one account and bring them into another.

        Errors: ``CannotMoveError`` where the rules do not let them; ``PluginError``.
        """
        number = len(self._steps) // 2 + 1
        name = event_name(f"out/{number}", self._cause)
        out = given(name, self._at_clock(giver), giver.member, program, points)
        left = yield from self._decided(out, giver)
        moved = tuple(leaving_with(left.judged, program, left.outcome.effects))
        into = arrival(self._cause, number, taker.member, program, moved)
        yield from self._decided(into, taker)

    def book(self) -> Work[tuple[Receipt, ...]]:
        """Book all of it; the receipts."""
        found: list[Receipt] = []
        for event, account in self._steps:
            if event.type == FROM_POOL:
                receipt = yield from record_derived(self._group, event, account)
            else:
                decision = yield from self._decide(event, account.state)
                receipt = yield from settled(self._group, event, account, [decision])
            assert receipt.status == "booked", f"`{event.id}` was decided before"
            found.append(receipt)
        return tuple(found)

    def _at_clock(self, account: Account) -> Event:
        """The cause, not before anything that a member did: what he gives is of what he has now."""
        clock = self.state(account).clock
        at = self._cause.occurred_at
        return replace(self._cause, occurred_at=at if clock is None else max(at, clock))

    def _decided(self, event: Event, account: Account) -> Work[Decision]:
        decision = yield from self._decide(event, self.state(account))
        if decision.refusal is not None:
            raise CannotMoveError(decision.refusal)
        self._states[id(account)] = decision.outcome.state
        self._steps.append((event, account))
        return decision

    def _decide(self, event: Event, state: MemberState) -> Work[Decision]:
        present = self._group.setting.versions.present
        return (yield from self._group.lane.decide(state, lambda lent: present.decide(event, lent)))


def drawn_from_pool(
    group: Group, event: Event, account: Account
) -> Work[Receipt | tuple[Receipt, ...]]:
    """What comes from others of the household before a redemption is decided, booked; or the receipt of its
    refusal, and nothing is.

    Errors: ``PluginError``; ``CorruptLedger``.
    """
    accounts = shared_accounts(group, event.occurred_at)
    others = (yield from others_of(group, account)) if accounts else NOBODY
    if not others:
        return ()
    at = event.occurred_at
    state = yield from state_at(group, account.state, at)
    states: list[MemberState] = []
    for one in others:
        states.append((yield from state_at(group, one.state, at)))
    present = group.setting.versions.present
    all_of_it = together(state, states, accounts)
    decision = yield from group.lane.decide(all_of_it, lambda lent: present.decide(event, lent))
    if decision.refusal is not None:
        return () if account.is_late(event) else refused(group, event, decision.refusal)
    moving = Movement(group, event)
    try:
        for program in accounts:
            points = spent_in(decision.outcome, event.id, program.id)
            parts = parts_of_others(program, state, states, points)
            for other, part in zip(others, parts, strict=True):
                if part:
                    yield from moving.move(other, account, program.id, part)
    except CannotMoveError as problem:
        return refused(group, event, problem.refusal)
    refusal = yield from _refusal_after(group, event, account, moving)
    if refusal is not None:
        return refused(group, event, refusal)
    return (yield from moving.book())


def _refusal_after(
    group: Group, event: Event, account: Account, moving: Movement
) -> Work[Refusal | None]:
    """Why a redemption would be refused all the same, with what came for it."""
    if account.is_late(event):
        difference = yield from retold(group, event, account, moving.arrived(account))
        if difference is not None:
            return difference.now.refused.get((event.source, event.id))
    present = group.setting.versions.present
    state = moving.state(account)
    decision = yield from group.lane.decide(state, lambda lent: present.decide(event, lent))
    return decision.refusal
