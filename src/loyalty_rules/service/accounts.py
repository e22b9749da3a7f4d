"""What a member has, and how he came to it: balances and the statement of an account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from loyalty_rules.base.zones import local_day
from loyalty_rules.domain.errors import EventError
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.level_holds import last_standing
from loyalty_rules.engine.levels import missing_figures, rank
from loyalty_rules.engine.lots import ends_at, pending
from loyalty_rules.engine.model import LotAccount
from loyalty_rules.engine.plan import Plan
from loyalty_rules.ledger.accounts import BOOKED, HELD, Account, whole, words
from loyalty_rules.ledger.receipts import receipt_of
from loyalty_rules.ledger.records import instant_of
from loyalty_rules.ledger.statements import HELD_OF_MEMBER, LIST_EVENTS, Row, Work
from loyalty_rules.service.attempts import Locks
from loyalty_rules.service.decision import in_points
from loyalty_rules.service.group import Group
from loyalty_rules.service.member_standings import MemberStanding, member_standings
from loyalty_rules.service.open_challenges import OpenChallenge, open_challenges
from loyalty_rules.service.open_codes import OpenCode, open_codes
from loyalty_rules.service.pooling import pool_points
from loyalty_rules.service.setting import Setting
from loyalty_rules.service.wording import Words

Points = int | Decimal


@dataclass(frozen=True, slots=True)
class HeldLot:
    """Points that were granted together: how many, how many are left, since when and until when, as far as is
    known now. ``waits``: they may not be spent yet, but from ``usable_at`` on, if that is known."""

    id: str
    granted: Points
    left: Points
    opened_at: datetime
    expires_at: datetime | None
    waits: bool
    usable_at: datetime | None


@dataclass(frozen=True, slots=True)
class Balance:
    """Points of one program. ``available`` may be spent; ``owed`` were taken back when they were spent
    already, and the next earning pays them; ``pending`` may be spent later; ``total`` is what is left when
    what is owed is paid (it may be below zero). ``lots``: oldest first. ``household``: what the member may
    spend together with his household, None where he shares nothing. That of a member of his who was active
    after the instant is what he has now."""

    available: Points
    owed: Points
    lots: tuple[HeldLot, ...]
    pending: Points = 0
    household: Points | None = None

    @property
    def total(self) -> Points:
        """What is available or pending, less what is owed."""
        return self.available + self.pending - self.owed


@dataclass(frozen=True, slots=True)
class Standing:
    """A member's level in a tiers program, since an instant and through a day of the rule set's calendar
    (empty: nothing ends it); ``missing`` says what the level ``next`` (empty: there is none above) still
    asks for, each as a text."""

    program: str
    level: str
    since: datetime | None
    next: str
    missing: tuple[str, ...]
    through: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """Points of a program that one rule gave in an event (below zero: took). ``reason``: a word of the
    trace where the rule gave other than it says."""

    rule: str
    program: str
    points: Points
    reason: str


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """One booked event, in the order of booking. ``points`` by program; ``order`` if it speaks of one."""

    sequence: int
    event: str
    type: str
    occurred_at: datetime
    order: str
    points: Mapping[str, Points]
    gave: tuple[Given, ...]
    late: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WaitingReturn:
    """A return that waits for its purchase."""

    event: str
    type: str
    occurred_at: datetime
    order: str


@dataclass(frozen=True, slots=True)
class Statement:
    """Everything about one member's account at an instant. ``known``: anything was ever booked for him."""

    member: str
    at: datetime
    known: bool
    balances: Mapping[str, Balance]
    levels: tuple[Standing, ...]
    history: tuple[HistoryItem, ...]
    waiting: tuple[WaitingReturn, ...]
    challenges: tuple[OpenChallenge, ...] = ()
    memberships: tuple[MemberStanding, ...] = ()
    codes: tuple[OpenCode, ...] = ()


def balances(
    setting: Setting, member: str, now: datetime, at: datetime | None = None
) -> Work[Mapping[str, Balance]]:
    """A member's balance in every points program of the rule set, at an instant (default: now).

    Errors: ``EventError`` at ``at`` for an instant before his last event, or one without an offset.
    """
    group = Group(setting, now, Locks(looks_on=True))
    account = yield from group.account(member)
    state = yield from _state_at(group, account, at)
    pools = yield from pool_points(group, account, state, now if at is None else at)
    return _balances(setting.versions.present.accounts, state, pools)


def statement(
    setting: Setting, member: str, now: datetime, at: datetime | None = None
) -> Work[Statement]:
    """A member's account as it stands at an instant (default: now), if nothing happens until then.

    Errors: ``EventError`` at ``at`` for an instant before his last event, or one without an offset.
    """
    rules, looked_at = setting.versions.present, now if at is None else at
    group = Group(setting, now, Locks(looks_on=True))
    account = yield from group.account(member)
    state = yield from _state_at(group, account, at)
    plan, accounts = rules.in_force(looked_at).plan, {one.id: one for one in rules.accounts}
    pools = yield from pool_points(group, account, state, looked_at)
    events: Sequence[Row] = ()
    held: Sequence[Row] = ()
    if account.id is not None and not account.is_erased:
        events = yield LIST_EVENTS, [(account.id, BOOKED)]
        held = yield HELD_OF_MEMBER, [(account.id, HELD)]
    return Statement(
        account.member,
        looked_at,
        account.sequence > 0,
        _balances(rules.accounts, state, pools),
        tuple(_standings(plan, state, looked_at)),
        tuple(_item(accounts, row) for row in events),
        tuple(
            WaitingReturn(words(row[1]), words(row[2]), instant_of(whole(row[3])), words(row[5]))
            for row in held
        ),
        open_challenges(plan, state, looked_at),
        tuple(member_standings(plan, state)),
        open_codes(plan, state, looked_at),
    )


def _state_at(group: Group, account: Account, at: datetime | None) -> Work[MemberState]:
    """The state of an account with what falls due until then; nothing is booked."""
    state, now, rules = account.state, group.received_at, group.setting.versions.present
    if at is None:  # the clock of this machine may be behind that of another one
        at = now if state.clock is None else max(now, state.clock)
    until = at
    try:
        passed = yield from group.lane.decide(state, lambda lent: rules.advance(lent, until))
    except EventError as problem:  # whoever asks knows the instant under its name here
        raise EventError(problem.code, "at", problem.reason) from None
    return passed[-1].state if passed else state


def _balances(
    accounts: Iterable[LotAccount], state: MemberState, pools: Mapping[str, int]
) -> Mapping[str, Balance]:
    return MappingProxyType(
        {one.id: _balance(state, one.id, one.scale, pools.get(one.id)) for one in accounts}
    )


def _balance(state: MemberState, program: str, scale: int, pool: int | None) -> Balance:
    lots = state.lots.get(program, ())
    return Balance(
        in_points(sum(lot.left for lot in lots if not lot.waits), scale),
        in_points(state.deficits.get(program, 0), scale),
        tuple(
            HeldLot(
                lot.id,
                in_points(lot.granted, scale),
                in_points(lot.left, scale),
                lot.opened_at,
                ends_at(state, lot),
                lot.waits,
                lot.usable_at,
            )
            for lot in lots
        ),
        in_points(pending(state, program), scale),
        None if pool is None else in_points(pool, scale),
    )


def _standings(plan: Plan, state: MemberState, now: datetime) -> Iterator[Standing]:
    says, day = Words(plan), local_day(now, plan.zone)
    for table in plan.model.level_tables:
        present = rank(plan, state, table, day)
        level = table.levels[present].id
        recorded = state.levels.get(table.id)
        if recorded is not None and recorded.id != level:  # of rules of another time
            recorded = None
        last = None if recorded is None else last_standing(plan, table, recorded)
        above = table.levels[present + 1].id if present + 1 < len(table.levels) else ""
        missing = tuple(
            says.missing(plan.index.counters[name], lacking)
            for name, lacking in missing_figures(plan, state, table, day)
        )
        since = None if recorded is None else recorded.since
        through = "" if last is None else plan.calendar.write(last)
        yield Standing(table.id, level, since, above, missing, through)


def _item(accounts: Mapping[str, LotAccount], row: Row) -> HistoryItem:
    kept = receipt_of(words(row[8]))
    points = {
        name: in_points(units, accounts[name].scale)
        for name, units in kept.points
        if name in accounts
    }
    return HistoryItem(
        whole(row[0]),
        words(row[2]),
        words(row[3]),
        instant_of(whole(row[4])),
        kept.order,
        MappingProxyType(points),
        tuple(
            Given(
                one.rule,
                one.program,
                in_points(one.points, accounts[one.program].scale),
                one.reason,
            )
            for one in kept.gave
            if one.program in accounts
        ),
        kept.late,
        kept.notes,
    )
