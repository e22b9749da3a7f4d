"""From decisions to a receipt: what was decided is booked, what was refused is written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from loyalty_rules.base.records import replace
from loyalty_rules.domain.canonical import content_text
from loyalty_rules.domain.effects import ClockMoved, Effect, TimerSet
from loyalty_rules.domain.errors import CorruptLedger
from loyalty_rules.domain.event import Event, Purchase
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.redemption_record import BookedRedemption
from loyalty_rules.domain.state import MemberState
from loyalty_rules.domain.values import shown
from loyalty_rules.engine.adjusting import ADJUSTMENT
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.clock_boxes import PASSED
from loyalty_rules.engine.plan import Outcome, Refusal, Trace
from loyalty_rules.engine.returning import PLAN_UNAVAILABLE
from loyalty_rules.engine.time import clock_event
from loyalty_rules.ledger.accounts import Account, Claim
from loyalty_rules.ledger.receipts import Gave, Kept
from loyalty_rules.ledger.statements import Work
from loyalty_rules.service.by_hand import hand_notes
from loyalty_rules.service.decision import Decision, told_points
from loyalty_rules.service.group import Group
from loyalty_rules.service.naming import as_kept, named
from loyalty_rules.service.receipt import Receipt
from loyalty_rules.service.rule_set import RuleSet
from loyalty_rules.service.setting import Booking
from loyalty_rules.service.unlinked import joined

CONFLICT = "conflicting_event"
LOST_PLAN: Final = "plan_unavailable: "
"""How the note begins that a return was decided without the rules of its purchase."""


def settled(
    group: Group,
    event: Event,
    account: Account,
    decisions: Sequence[Decision],
    notes: tuple[str, ...] = (),
) -> Work[Receipt]:
    """Book what was decided of one event (of a return without an order: for each order that it touches), or
    write down the refusal."""
    notes += lost_plan_notes(decisions)
    if len(decisions) == 1:
        return (yield from settled_alone(group, event, account, decisions[0], notes))
    decision = joined(event, decisions)
    orders = tuple([one.outcome.order for one in decisions if one.outcome.order is not None])
    taken = tuple([record for one in decisions for record in one.outcome.redemptions])
    if decision.outcome.status == "decided":
        yield from book_passed(group, account, decision.outcome.passed)
    return _booked(group, event, account, decision, notes, orders, taken)


def settled_alone(
    group: Group, event: Event, account: Account, decision: Decision, notes: tuple[str, ...] = ()
) -> Work[Receipt]:
    """Book the one decision that was made of an event, or write down the refusal."""
    if decision.outcome.status == "decided":
        yield from book_passed(group, account, decision.outcome.passed)
    return settled_at_once(group, event, account, decision, notes)


def settled_at_once(
    group: Group, event: Event, account: Account, decision: Decision, notes: tuple[str, ...] = ()
) -> Receipt:
    """The same, where nothing fell due before the event, or is booked: then nothing has to be asked."""
    order = decision.outcome.order
    orders = () if order is None else (order,)
    return _booked(group, event, account, decision, notes, orders, decision.outcome.redemptions)


def _booked(
    group: Group,
    event: Event,
    account: Account,
    decision: Decision,
    notes: tuple[str, ...],
    orders: tuple[BookedOrder, ...],
    taken: tuple[BookedRedemption, ...],
) -> Receipt:
    outcome, rules, clock = decision.outcome, decision.rules, account.state.clock
    if event.type == ADJUSTMENT:
        notes = (*hand_notes(event), *notes)
    if outcome.status != "decided":
        why = not_decided(event) if outcome.refusal is None else outcome.refusal
        return refused(group, event, why, decision)
    late = clock is not None and event.occurred_at < clock
    kept = _kept(event, outcome, late, notes)
    effects, state = no_later_than(group.received_at, account.state, outcome)
    booking = Booking(effects, state, orders, rules.digest, kept, taken)
    sequence = group.book(event, account, booking)
    return Receipt(
        "booked",
        event.id,
        event.member,
        event.source,
        sequence,
        decision,
        given=told_points(_scales(group, decision), kept.points),
        late=late,
        notes=notes,
    )


def _scales(group: Group, decision: Decision) -> Mapping[str, int]:
    """The scales of all programs that a decision may speak of: a return also of those of its order."""
    known = group.setting.versions.scales
    return known if decision.today is None else {**decision.rules.plan.index.scales, **known}


def book_passed(group: Group, account: Account, passed: Sequence[Outcome]) -> Work[None]:
    """Book what fell due by itself, each instant as one event. It is the same entry whoever books it: the
    member's next event, or somebody who advances the clock.

    An instant may pass once more: other rules have found something there since, or something late has told
    that nothing fell due there, and then something else does. That entry has a name of its own."""
    for outcome in passed:
        assert outcome.at is not None, "what falls due does so at an instant"
        event = replace(clock_event(account.member, outcome.at), source=account.time_source)
        clock, claim = account.state.clock, (yield from group.claim((event.source, event.id)))
        if claim is not None or (clock is not None and outcome.at <= clock):
            event = replace(event, id=f"{event.id}/{account.sequence + 1}")
        effects, state = no_later_than(group.received_at, account.state, outcome)
        plan = group.setting.versions.present.in_force(outcome.at).digest
        kept = _kept(event, outcome, late=False, notes=())
        taken = of_time(outcome, account.time_source)
        group.book(event, account, Booking(effects, state, (), plan, kept, taken))


def of_time(outcome: Outcome, source: str) -> tuple[BookedRedemption, ...]:
    """The redemptions of what fell due by itself, under the source of what time does for their member."""
    return tuple(replace(one, source=source) for one in outcome.redemptions)


def taken_since(rules: RuleSet, state: MemberState, event: Event) -> BookedRedemption | None:
    """The redemption that an event cancels, if the clock takes it between the state and the event."""
    if state.clock is None or event.occurred_at < state.clock:
        return None
    for decision in rules.advance(state, event.occurred_at):
        for one in decision.outcome.redemptions:
            if one.redemption == event.fields["redemption"]:
                return one
    return None


def never_taken(name: str) -> Refusal:
    """Why a redemption cannot be cancelled that has a name of ours."""
    reason = f"no time that passed has taken {shown(name)}"
    return Refusal("unknown_redemption", "redemption", reason)


def not_decided(event: Event) -> Refusal:
    """Why an event of a kind that waits is refused."""
    reason = f"events of type `{event.type}` are not decided by this version"
    return Refusal("not_yet_decided", "type", reason)


def lost_plan_notes(decisions: Sequence[Decision]) -> tuple[str, ...]:
    """For each order that was taken back without the rules that had decided it, a sentence that says so."""
    notes: list[str] = []
    for one in decisions:
        order = one.outcome.order
        if order is not None and PLAN_UNAVAILABLE in (one.outcome.facts or ()):
            notes.append(
                f"{LOST_PLAN}the rules that decided the order {shown(order.order)} cannot be had again,"
                " so points are taken in proportion to what came back"
            )
    return tuple(notes)


def refused(
    group: Group, event: Event, refusal: Refusal, decision: Decision | None = None
) -> Receipt:
    """The receipt of an event that changes nothing."""
    group.refuse((event.source, event.id), refusal, event.member)
    return Receipt(
        "refused", event.id, event.member, event.source, decision=decision, refusal=refusal
    )


def damaged(event: Event, problem: CorruptLedger) -> Receipt:
    """The receipt of an event that cannot be decided, because what the store holds about it is not what was
    written. Nothing of it is kept: when that was put right, it can be sent again."""
    refusal = Refusal("damaged_account", "", str(problem))
    return Receipt("refused", event.id, event.member, event.source, refusal=refusal)


def received_again(group: Group, event: Event, account: Account, claim: Claim) -> Work[Receipt]:
    """The first receipt again; or a refusal, if the id stands for other content."""
    notes, others = claim.kept.notes, dict[str, Account]()
    if (name := named(event)) is not None:
        others[name] = yield from group.account_named(name)
    sender = yield from _sender(group, event, account)
    is_erased = any(one.is_erased for one in (sender, *others.values()))
    if is_erased and claim.member == sender.id:
        notes = (*notes, "what it said was erased, so it cannot be compared")
    elif sender.digest(content_text(as_kept(event, others))) != claim.digest:
        reason = f"the id `{event.id}` stands for other content already"
        return refused(group, event, Refusal(CONFLICT, "id", reason))
    return Receipt(
        "duplicate",
        event.id,
        event.member,
        event.source,
        claim.sequence,
        given=told_points(group.setting.versions.scales, claim.kept.points),
        first=claim.status,
        late=claim.kept.late,
        notes=notes,
    )


def _sender(group: Group, event: Event, account: Account) -> Work[Account]:
    """In whose log the event with the id of this one is to be looked for: the member's, or that of who became
    him since. Of two who were erased nobody can tell any more whether they were one."""
    owner = yield from group.owner_of((event.source, event.id))
    if owner is None or owner.is_erased:
        return owner if owner is not None and account.is_erased else account
    return owner if (yield from group.survivor(owner)) is account else account


def _kept(event: Event, outcome: Outcome, late: bool, notes: tuple[str, ...]) -> Kept:
    points = () if outcome.points is None else outcome.points.items()
    order = event.order if isinstance(event, Purchase) else event.fields.get("order")
    return Kept(
        gave=gave_of(outcome.trace),
        late=late,
        notes=notes,
        order=order if isinstance(order, str) else "",
        points=tuple([pair for pair in points if pair[1]]),
    )


def gave_of(traces: Sequence[Trace]) -> tuple[Gave, ...]:
    """What each rule gave, as the log keeps it."""
    gave = []
    for trace in traces:
        for given in trace.given:
            if given.points:
                gave.append(Gave(given.rule, given.program, given.points, trace.reason))
    return tuple(gave)


def no_later_than(
    received_at: datetime, before: MemberState, outcome: Outcome
) -> tuple[tuple[Effect, ...], MemberState]:
    """The effects with a clock that does not run ahead of the one that received the event."""
    clock = outcome.state.clock
    if clock is None or clock <= received_at:
        return outcome.effects, outcome.state
    effects = tuple(
        replace(effect, to=min(effect.to, received_at))
        if isinstance(effect, ClockMoved)
        else effect
        for effect in outcome.effects
    )
    if outcome.at is not None:  # it has passed all the same, and must not pass again
        effects += (TimerSet(PASSED, outcome.at),)
    return effects, fold(before, effects)
