"""A mistaken version corrected backwards: what occurred since an instant is decided again by other rules, and
the difference is shown, or booked for each member as an entry of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from types import MappingProxyType
from typing import Final, Literal

from loyalty_rules.base.records import replace
from loyalty_rules.domain.errors import CorruptLedger, LedgerError
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.kinds import CORRECTION, OWN_KINDS
from loyalty_rules.domain.spelling import write_instant
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.apply import fold
from loyalty_rules.ledger.accounts import Account, whole
from loyalty_rules.ledger.drivers.store import DamagedStore, Store
from loyalty_rules.ledger.history import PastEntry, everything
from loyalty_rules.ledger.receipts import Gave, Kept
from loyalty_rules.ledger.records import micros
from loyalty_rules.ledger.statements import LIST_MEMBERS, Work
from loyalty_rules.service.attempts import Locks, seen, written
from loyalty_rules.service.deriving import derive
from loyalty_rules.service.drawn_entries import took_part
from loyalty_rules.service.fallen import fallen_of
from loyalty_rules.service.group import Group
from loyalty_rules.service.late import Difference, note_of, records_now
from loyalty_rules.service.opening import opened
from loyalty_rules.service.past import (
    before_all,
    effects_of,
    orders_before,
    past_of,
    places_of,
    redemptions_before,
    split_at,
    told_again,
    versions_of,
)
from loyalty_rules.service.retelling import CannotRetellError, Retelling
from loyalty_rules.service.rule_set import RuleSet
from loyalty_rules.service.setting import Booking, Setting
from loyalty_rules.service.settling import gave_of

TOGETHER: Final = 50
"""So many members share a commit."""

Points = tuple[tuple[str, int], ...]
"""By program, in units of its scale."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What is to be corrected: from when on, by which version in place of those in force, why, who says."""

    since: datetime
    rules: RuleSet
    reason: str = ""
    author: str = ""


@dataclass(frozen=True, slots=True)
class Corrected:
    """What a correction makes of one member: points by program, and by rule (above zero: more). ``events``
    are decided by other rules now. ``wrong``: why nothing can be done about him (empty: something can)."""

    member: str
    account: int
    points: Points = ()
    by_rule: tuple[Gave, ...] = ()
    events: int = 0
    status: Literal["shown", "booked", "left"] = "shown"
    wrong: str = ""


def corrected(
    store: Store, setting: Setting, name: str, correction: Correction, now: datetime, *, book: bool
) -> Iterator[Corrected]:
    """Each member for whom something changes, or to whom nothing can be done; booked with ``book``, some
    members a commit. Begun and not ended, it can be run again: what was booked is not booked twice.

    Errors: ``LedgerError`` for rules that are not one version of the ledger's, or an instant that lies ahead.
    """
    _check(setting, correction, now)
    setting.versions.meet(correction.rules)
    if book:
        opened(store, correction.rules, name, micros(now))
    numbers = _members(store, setting.ledger)
    while some := list(islice(numbers, TOGETHER)):
        yield from _some(store, setting, some, correction, now, book=book)


def _some(
    store: Store,
    setting: Setting,
    numbers: Sequence[int],
    correction: Correction,
    now: datetime,
    *,
    book: bool,
) -> list[Corrected]:
    if not book:
        return seen(store.reading, lambda: _look(setting, numbers, correction, now))
    return written(
        store.writing,
        lambda known: _correct(setting, numbers, correction, now, Locks(known, looks_on=True)),
    )


def _check(setting: Setting, correction: Correction, now: datetime) -> None:
    present = setting.versions.present
    if not isinstance(correction.rules, RuleSet):
        kind = type(correction.rules).__name__
        raise LedgerError(f"a correction is made by a rule set, not by `{kind}`")
    if correction.rules.id != present.id:
        raise LedgerError(
            f"the ledger belongs to the rule set `{present.id}`, not to `{correction.rules.id}`"
        )
    if len(correction.rules.versions) > 1:
        raise LedgerError("a correction is made by one version: name its file, not the folder")
    if present.has_budgets or correction.rules.has_budgets:
        raise LedgerError(
            "rules with budgets or stocks are not corrected backwards: what all members share was served in"
            " the order of booking, and is not served again"
        )
    if correction.since > now:
        raise LedgerError("a correction begins in the past")


def _members(store: Store, ledger: int) -> Iterator[int]:
    last = 0
    while True:
        with store.reading() as execute:
            rows = execute(LIST_MEMBERS, [(ledger, last)])
        if not rows:
            return
        yield from (whole(number) for number, _, salt in rows if salt)
        last = whole(rows[-1][0])


def _look(
    setting: Setting, numbers: Sequence[int], correction: Correction, now: datetime
) -> Work[list[Corrected]]:
    return (yield from _each(Group(setting, now), numbers, correction))


def _correct(
    setting: Setting, numbers: Sequence[int], correction: Correction, now: datetime, locks: Locks
) -> Work[list[Corrected]]:
    group = Group(setting, now, locks)
    yield from locks.take(numbers)
    found = yield from _each(group, numbers, correction, book=True)
    locks.check()
    yield from group.writes()
    return found


def _each(
    group: Group, numbers: Iterable[int], correction: Correction, *, book: bool = False
) -> Work[list[Corrected]]:
    found: list[Corrected] = []
    for number in numbers:
        try:
            account = yield from group.account_of(number)
            one = yield from _of_member(group, account, correction, book=book)
        except CorruptLedger as problem:
            if isinstance(problem, DamagedStore):
                raise
            one = Corrected("", number, status="left", wrong=str(problem))
        if one is not None:
            found.append(one)
    return found


def _of_member(
    group: Group, account: Account, correction: Correction, *, book: bool
) -> Work[Corrected | None]:
    if account.is_merged:
        return None
    past = yield from past_of(group, account)
    split = split_at(places_of(past), before_all(correction.since))
    plan = correction.rules.digest
    others = [
        one
        for one in everything(past[split:])
        if one.event.type not in OWN_KINDS
        and one.event.occurred_at >= correction.since
        and one.plan != plan
    ]
    if not others:
        return None
    assert account.id is not None, "who has a past has a number"
    at = Corrected(account.member, account.id, events=len(others))
    present = group.setting.versions.present
    before = yield from _told(group, account, past, split, present, None)
    now = yield from _told(
        group, account, past, split, _in_its_place(present, correction), correction
    )
    if before is None or now is None:
        wrong = (
            "the rules of some events cannot be had again, or what was booked would be refused now"
        )
        return replace(at, status="left", wrong=wrong)
    difference = Difference(past, split, now)
    changed = tuple(difference.changed())
    points: Counter[str] = Counter()
    for one in changed:
        points[one.program] += one.points
    total = tuple((program, units) for program, units in sorted(points.items()) if units)
    by_rule = tuple(_by_rule(before, now))
    if book:
        first = f"corrected from {write_instant(correction.since)} on: {_why(correction)}"
        notes = (first, *(note_of(one, correction.rules.plan) for one in changed))
        kept = Kept(points=total, gave=by_rule, notes=notes, changed=changed)
        orders, redemptions = yield from records_now(group, difference)
        effects = difference.effects(account)
        state = fold(account.state, effects)
        booking = Booking(effects, state, orders, plan, kept, redemptions)
        event = yield from _event(group, account, correction)
        group.book(event, account, booking)
        yield from derive(group)
    return replace(at, points=total, by_rule=by_rule, status="booked" if book else "shown")


def _told(
    group: Group,
    account: Account,
    past: Sequence[PastEntry],
    split: int,
    rules: RuleSet,
    correction: Correction | None,
) -> Work[Retelling | None]:
    """The stretch told again: with a correction by its rules, without one as it was."""
    versions = yield from versions_of(group, past)
    if versions is None:
        return None
    retelling = Retelling(
        fold(MemberState(account.member), effects_of(past[:split])),
        rules,
        {**versions, **{one.digest: one for one in rules.versions}},
        orders_before(past[:split], past),
        redemptions_before(past[:split], account.member),
        time_source=account.time_source,
        corrected_from=None if correction is None else correction.since,
        fallen=fallen_of(past),
        took_part=took_part(past),
    )
    again = told_again(past, split)
    again.sort(key=lambda one: one[0])
    try:
        retelling.tell(told for _, told in again)
        retelling.close(account.state.clock)
    except CannotRetellError:
        return None
    return retelling


def _in_its_place(present: RuleSet, correction: Correction) -> RuleSet:
    """The versions that were in force before the correction, and the one that is from then on."""
    since = correction.since
    before = [
        _cut(one, one.plan.model.start, since)
        for one in present.versions
        if one.plan.model.start is None or one.plan.model.start < since
    ]
    after = _cut(correction.rules, since, None)
    return replace(after, _joined=(*before, after)) if before else after


def _cut(rules: RuleSet, start: datetime | None, before: datetime | None) -> RuleSet:
    """The same rules, in force at other times; still known by their digest."""
    own = rules.plan.model.before
    ends = own if before is None or (own is not None and own < before) else before
    model = replace(rules.plan.model, start=start, before=ends)
    return replace(rules, plan=replace(rules.plan, model=model))


def _by_rule(before: Retelling, now: Retelling) -> Iterator[Gave]:
    """What each rule gives more or less of each program."""
    sums: Counter[tuple[str, str]] = Counter()
    for sign, told in ((-1, before), (1, now)):
        for decisions in told.decisions.values():
            for decision in decisions:
                for one in gave_of(decision.trace):
                    sums[one.rule, one.program] += sign * one.points
    for (rule, program), points in sorted(sums.items()):
        if points:
            yield Gave(rule, program, points, CORRECTION)


def _why(correction: Correction) -> str:
    said = f"version {correction.rules.version} was put in place"
    if correction.reason:
        said += f", because {correction.reason}"
    return f"{said} ({correction.author})" if correction.author else said


def _event(group: Group, account: Account, correction: Correction) -> Work[Event]:
    """The event of the entry; its id says what was put in place and from when on."""
    since = write_instant(correction.since)
    name = f"~correction/{correction.rules.digest[:12]}/{since}"
    fields = {"from": since, "reason": correction.reason, "author": correction.author}
    said = MappingProxyType({key: text for key, text in fields.items() if text})
    event = Event(name, CORRECTION, account.member, group.received_at, fields=said)
    event = replace(event, source=account.time_source)
    if (yield from group.claim((event.source, event.id))) is None:
        return event
    return replace(
        event, id=f"{name}/{account.sequence + 1}"
    )  # more came under the old rules since
