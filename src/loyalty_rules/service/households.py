"""Joining a household and leaving it, in the ledger: who has a place in it, and who leaves with what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from loyalty_rules.base.records import replace
from loyalty_rules.domain.effects import Effect
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.households import HOUSEHOLD, household_of
from loyalty_rules.domain.merges import MERGED
from loyalty_rules.domain.pools import MEMBERS_MAX, place
from loyalty_rules.domain.state import MemberState
from loyalty_rules.domain.transfers import RECEIVED, TRANSFER
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.lots import pending
from loyalty_rules.engine.model import LotAccount
from loyalty_rules.engine.plan import Refusal
from loyalty_rules.engine.pools import moves_of_leaving
from loyalty_rules.engine.transfers import given_away, leaving_with
from loyalty_rules.ledger.accounts import Account
from loyalty_rules.ledger.history import PastEntry, everything
from loyalty_rules.ledger.postings import postings
from loyalty_rules.ledger.statements import Work
from loyalty_rules.service.deriving import record_derived
from loyalty_rules.service.group import Group
from loyalty_rules.service.past import past_of
from loyalty_rules.service.pooling import (
    NOBODY,
    CannotMoveError,
    Movement,
    arrival,
    others_of,
    places_of,
    shared_accounts,
    state_at,
)
from loyalty_rules.service.receipt import Receipt
from loyalty_rules.service.settling import refused

FULL: Final = "household_full"

HELD: Final = frozenset({"lots", "deficit"})
ISSUED: Final = frozenset({"issued", "reversed"})
GIFTS: Final = frozenset({TRANSFER, RECEIVED})
"""Books of what a member has, and of what he got and lost by his own doing; and kinds of events that bring
points from outside of a household or take them there."""


class Going(NamedTuple):
    """Points (units of the scale) that go from one account to another."""

    program: LotAccount
    giver: Account
    taker: Account
    points: int


class Parting(NamedTuple):
    """What goes out of the account of an erased member, and the events that bring it to others."""

    effects: tuple[Effect, ...]
    arriving: tuple[tuple[Event, Account], ...]

    def book(self, group: Group) -> Work[tuple[Receipt, ...]]:
        """Book what others receive; the receipts."""
        found: list[Receipt] = []
        for event, account in self.arriving:
            found.append((yield from record_derived(group, event, account)))
        return tuple(found)


def record_household(group: Group, event: Event, account: Account) -> Work[Receipt]:
    """Book that a member joins a household or leaves it, and what that means for the others.

    Errors: ``PluginError``; ``CorruptLedger``.
    """
    if event.fields.get("action") == "leave":
        return (yield from _leaves(group, event, account))
    household = str(event.fields["household"])
    places = yield from places_of(group, household)
    has_one = any(one is account for one in places)
    if not has_one and len(places) >= MEMBERS_MAX and not household_of(account.state):
        reason = f"{MEMBERS_MAX} members have been in that household"
        return refused(group, event, Refusal(FULL, "household", reason))
    receipt = yield from record_derived(group, event, account)
    if receipt.status != "booked" or has_one:
        return receipt
    own = place(household, len(places) + 1, event)
    return replace(receipt, released=((yield from record_derived(group, own, account)),))


def _leaves(group: Group, event: Event, account: Account) -> Work[Receipt]:
    """He leaves with his part: first it is decided what goes from one to another, then all is booked."""
    moving = Movement(group, event)
    is_there = event.fields["household"] == household_of(account.state)
    if is_there:
        try:
            for program, giver, taker, points in (yield from leaving(group, account, event)):
                yield from moving.move(giver, taker, program.id, points)
        except CannotMoveError as problem:
            return refused(group, event, problem.refusal)
    receipt = yield from record_derived(group, event, account)
    if receipt.status != "booked":
        return receipt
    also = yield from moving.book()
    return replace(receipt, released=also) if also else receipt


def leaving(group: Group, account: Account, event: Event) -> Work[list[Going]]:
    """What goes from whom to whom of each program, in units of the scale, when a member leaves."""
    programs = shared_accounts(group, event.occurred_at)
    others = (yield from others_of(group, account)) if programs else NOBODY
    if not others:
        return []
    members = (account, *others)
    states: list[MemberState] = []
    pasts: list[list[PastEntry]] = []
    for one in members:
        states.append((yield from state_at(group, one.state, event.occurred_at)))
        pasts.append((yield from past_of(group, one)))
    found: list[Going] = []
    for program in programs:
        brought = [
            contribution(past, program.id, pending(state, program.id))
            for past, state in zip(pasts, states, strict=True)
        ]
        found += (
            Going(program, members[move.giver], members[move.taker], move.points)
            for move in moves_of_leaving(program, states, brought, 0)
        )
    return found


def parting(group: Group, event: Event, account: Account) -> Work[Parting]:
    """What a member who is erased leaves to the others: what he has beyond his part. The part itself is
    forfeited with whatever else is his, so nobody gives him anything for it."""
    state = yield from state_at(group, account.state, event.occurred_at)
    effects: list[Effect] = []
    arriving: list[tuple[Event, Account]] = []
    for program, giver, taker, points in (yield from leaving(group, account, event)):
        if giver is not account:
            continue
        gone = given_away(program, state, points)
        moved = tuple(leaving_with(state, program.id, gone))
        arriving.append((arrival(event, len(arriving) + 1, taker.member, program.id, moved), taker))
        state = fold(state, gone)
        effects += gone
    return Parting(tuple(effects), tuple(arriving))


def contribution(past: Sequence[PastEntry], program: str, waiting: int) -> int:
    """What a member has brought into the household in which he is: what he had when he joined it, what was
    issued to him since less what was taken back, and what came from outside less what he gave away; and what
    came with another account of his. Points that wait are not in it yet. In units of the scale; never below
    zero.

    It is counted in the order of booking, so what was decided again counts when that was booked.
    """
    joined = _joined(past)
    had = issued = 0
    for number, one in enumerate(past):
        for posting in postings(one.effects):
            if posting.program != program:
                continue
            if number < joined or one.event.type == MERGED:
                had += posting.points if posting.book in HELD else 0
            elif posting.book in ISSUED or (posting.book == "spent" and one.event.type in GIFTS):
                issued -= posting.points
    return max(0, had + issued - waiting)


def _joined(past: Sequence[PastEntry]) -> int:
    """The entry with which he came into his household, or with which that of another name of his came; what
    came with a name that was in the same household moves nothing."""
    joined, home = 0, ""
    for number, one in enumerate(past):
        for event in (each.event for each in everything([one])):
            if event.type != HOUSEHOLD:
                continue
            is_own, named = event is one.event, str(event.fields["household"])
            if event.fields.get("action") != "leave":
                joined = number if is_own or named != home else joined
                home = named
            elif is_own:
                home = ""
    return joined
