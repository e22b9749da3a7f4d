"""Codes of coupons as they are decided: those that an order presents, those that are imported, and what a
return gives back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

from loyalty_rules.base.records import replace
from loyalty_rules.base.windows import end_of
from loyalty_rules.domain.codes import (
    CODES,
    Code,
    code_of,
    imported_code,
    imported_counter,
    own_code,
    own_used_counter,
    own_uses,
    second_of,
    used_by_others,
    used_counter,
)
from loyalty_rules.domain.effects import CounterAdded, Effect, Granted, TimerSet
from loyalty_rules.domain.event import Event, Purchase
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.coupon import Coupon
from loyalty_rules.engine.fixing import fixing_timer
from loyalty_rules.engine.plan import Plan
from loyalty_rules.engine.refused import Refused

if TYPE_CHECKING:
    from loyalty_rules.engine.facts import Case

_PATH: Final = "coupons"
_TEXT_MAX: Final = 64


def used_once(code: str) -> str:
    """The word under which it is remembered that a member has used a code of his: nobody takes it from him
    any more."""
    return f"code {code}"


def coupon_of(coupons: Mapping[str, Coupon], code: str) -> Coupon | None:
    """The coupon that a code is one of, by how it begins; None if it is no code of any."""
    return next((one for one in coupons.values() if code.startswith(one.prefix)), None)


def presented(plan: Plan, event: Event, coupon: str) -> int:
    """How many different codes of a coupon come with an event."""
    return sum(one.id == coupon for one, _ in _codes(plan, event))


def use_codes(case: Case) -> Iterator[Effect]:
    """The codes that an order presents, used once more each.

    Errors: refused as ``unknown_code``, ``code_expired``, ``code_used``, ``too_many_codes`` and
    ``codes_exclude_each_other``.
    """
    plan, event, state = case.plan, case.event, case.state
    found = tuple(_codes(plan, event))
    _check_together(found)
    for coupon, text in found:
        own = own_code(state, coupon.id, text)
        code = own or imported_code(state, coupon.id, text)
        used = own_uses if own is not None else used_by_others
        _check(coupon, text, code, used(state, coupon.id, text), event.occurred_at)
        yield CounterAdded(_counter_of(state, coupon, text), "sum", case.day, 1)
        if own is not None:
            yield TimerSet(fixing_timer(used_once(text)), event.occurred_at)


def _counter_of(state: MemberState, coupon: Coupon, text: str) -> str:
    """Where the uses of a code are counted."""
    counter = used_counter if own_code(state, coupon.id, text) is None else own_used_counter
    return counter(coupon.id, text)


def _codes(plan: Plan, event: Event) -> Iterator[tuple[Coupon, str]]:
    coupons = plan.index.coupons
    if coupons and isinstance(event, Purchase):
        for text in sorted({*event.coupons}):
            if (coupon := coupon_of(coupons, text)) is not None:
                yield coupon, text


def _check_together(found: Iterable[tuple[Coupon, str]]) -> None:
    count: dict[str, int] = {}
    coupons = {one.id: one for one, _ in found}
    for one, _ in found:
        count[one.id] = count.get(one.id, 0) + 1
        if count[one.id] > one.per_order:
            reason = f"an order takes no more than {one.per_order} of the codes of `{one.id}`"
            raise Refused("too_many_codes", _PATH, reason)
    alone = [one.id for one in coupons.values() if not one.stacks]
    if alone and len(coupons) > 1:
        reason = f"a code of `{alone[0]}` takes no code of another coupon beside it"
        raise Refused("codes_exclude_each_other", _PATH, reason)


def _check(coupon: Coupon, text: str, code: Code | None, used: int, at: datetime) -> None:
    if code is None:
        reason = f"`{text}` is no code of `{coupon.id}` that this member has"
        raise Refused("unknown_code", _PATH, reason)
    if used >= code.uses:
        raise Refused("code_used", _PATH, f"the code `{text}` was used before")
    if code.is_over(at):
        raise Refused("code_expired", _PATH, f"the code `{text}` is not valid any more")


def import_codes(case: Case) -> Iterator[Effect]:
    """The codes that an event brings, known from then on to all members.

    Errors: refused as ``unknown_coupon``, ``foreign_code``, ``code_exists``, ``wrong_field``.
    """
    event, coupons = case.event, case.plan.index.coupons
    if event.type != CODES:
        return
    name = str(case.fields["coupon"])
    coupon = coupons.get(name)
    if coupon is None:
        raise Refused("unknown_coupon", "coupon", f"the rule set has no coupon `{name}`")
    texts = case.fields["codes"]
    assert isinstance(texts, tuple), "codes stand in a list"
    ends = second_of(_ends_of(case.plan, coupon, event.occurred_at))
    for text in sorted({str(one) for one in texts}):
        _check_new(case, coupon, text)
        counter = imported_counter(coupon.id, text)
        yield CounterAdded(counter, "sum", ends, coupon.uses)


def _check_new(case: Case, coupon: Coupon, text: str) -> None:
    if not text.startswith(coupon.prefix) or len(text) == len(coupon.prefix):
        reason = f"`{text}` does not begin with `{coupon.prefix}` and go on, so it is no code"
        raise Refused("foreign_code", "codes", f"{reason} of `{coupon.id}`")
    if len(text) > _TEXT_MAX:
        reason = f"a code has at most {_TEXT_MAX} characters, `{text[:_TEXT_MAX]}` goes on"
        raise Refused("wrong_field", "codes", reason)
    if imported_code(case.state, coupon.id, text) is not None:
        raise Refused("code_exists", "codes", f"the code `{text}` was imported before")


def _ends_of(plan: Plan, coupon: Coupon, since: datetime) -> datetime | None:
    """The first instant at which a code is over that is given or imported at an instant."""
    if coupon.valid is None:
        return None
    return end_of(since, coupon.valid, plan.calendar, plan.zone, plan.model.leap_day)


def as_code(plan: Plan, coupon: Coupon, given: Granted) -> Granted:
    """A grant of a coupon as the code that it is; several units are one code that may be used so often."""
    code = code_of(coupon.prefix, given.grant)
    return replace(
        given,
        name=code,
        quantity=given.quantity * coupon.uses,
        valid_until=_ends_of(plan, coupon, given.granted_at),
        fixed_after=used_once(code),
    )


def codes_back(plan: Plan, state: MemberState, order: BookedOrder, day: int) -> Iterator[Effect]:
    """What it means for the codes of an order that all of it came back; ``day`` is that of the order."""
    for coupon, text in _codes(plan, order.purchase):
        if coupon.on_return == "give_back":
            yield CounterAdded(_counter_of(state, coupon, text), "sum", day, -1)
            timer = fixing_timer(used_once(text))
            if timer in state.timers:
                yield TimerSet(timer, None)
