"""What a step came to for one member, and how it is held against what was expected."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple, cast

from loyalty_rules.domain.effects import Effect, Granted
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.plan import Trace
from loyalty_rules.engine.return_lines import RETURNS
from loyalty_rules.service.accounts import HeldLot, Statement
from loyalty_rules.service.decision import Decision, in_points
from loyalty_rules.service.receipt import Receipt
from loyalty_rules.service.rule_set import RuleSet
from loyalty_rules.service.wording import Words
from loyalty_rules.testing.scenarios.effects import is_like, shown
from loyalty_rules.testing.scenarios.expect import NEVER, NOT_ASKED
from loyalty_rules.testing.scenarios.model import Expected, Scalar, WantedQuote, Word

Points = int | Decimal


class Difference(NamedTuple):
    """What was expected and what was there, as texts; ``rules`` are those that it is about (none: all).
    ``why``: the explanation, where it is none of an event."""

    what: str
    expected: str
    got: str
    rules: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """Where a member stands after a step (in ``state`` with what his household shares), what fell due by
    itself before it, and the receipts of his events in it."""

    rules: RuleSet
    passed: tuple[Decision, ...]
    receipts: tuple[Receipt, ...]
    statement: Statement
    state: MemberState

    def decisions(self) -> Iterator[Decision]:
        """What was decided in this step for the member: time first."""
        yield from self.passed
        for receipt in self.receipts:
            for one in (receipt, *receipt.released):
                if one.decision is not None and one.status == "booked":
                    yield one.decision

    def effects(self) -> Iterator[Effect]:
        for decision in self.decisions():
            yield from decision.outcome.effects  # what fell due before it is there already

    def traces(self, rule: str) -> Iterator[Trace]:
        """What became of a rule in each event that it was asked for."""
        for decision in self.decisions():
            yield from (trace for trace in decision.trace if trace.rule == rule)

    def given(self, rule: str) -> dict[str, Points]:
        """What a rule gave (below zero: what was taken of it), by program; programs with nothing left out."""
        accounts = self.rules.plan.index.accounts
        units = dict[str, int]()
        for trace in self.traces(rule):
            for one in trace.given:
                units[one.program] = units.get(one.program, 0) + one.points
        return {
            name: in_points(own, accounts[name].scale)
            for name, own in units.items()
            if own and name in accounts
        }


def difference(expected: Expected, seen: Seen) -> Difference | None:
    """How what is there differs from what was expected; None if it does not."""
    return _COMPARE[expected.word](expected, seen)


def _balance(expected: Expected, seen: Seen) -> Difference | None:
    balance = seen.statement.balances[expected.subject]
    got = balance.available - balance.owed
    return _numbers(f"balance of `{expected.subject}`", expected.wanted, got)


def _pending(expected: Expected, seen: Seen) -> Difference | None:
    got = seen.statement.balances[expected.subject].pending
    return _numbers(f"pending points of `{expected.subject}`", expected.wanted, got)


def _household(expected: Expected, seen: Seen) -> Difference | None:
    what = f"points of `{expected.subject}` in the household"
    got = seen.statement.balances[expected.subject].household
    if got is None:
        return Difference(what, str(expected.wanted), "nothing that is shared")
    return _numbers(what, expected.wanted, got)


def _level(expected: Expected, seen: Seen) -> Difference | None:
    got = next(one.level for one in seen.statement.levels if one.program == expected.subject)
    if got == expected.wanted:
        return None
    return Difference(f"level of `{expected.subject}`", str(expected.wanted), got)


def _gave(expected: Expected, seen: Seen) -> Difference | None:
    rule, given = expected.subject, seen.given(expected.subject)
    wanted = expected.wanted
    if isinstance(wanted, Mapping):
        same = all(Fraction(cast(Points, wanted[name])) == given.get(name, 0) for name in wanted)
        text = _listed(cast(Mapping[str, Points], wanted))
    else:
        same = len(given) <= 1 and Fraction(sum(given.values())) == Fraction(cast(Points, wanted))
        text = str(wanted)
    if same:
        return None
    got = str(next(iter(given.values()), 0)) if len(given) <= 1 else _listed(given)
    return Difference(f"points of rule `{rule}`", text, got, (rule,))


def _not_gave(expected: Expected, seen: Seen) -> Difference | None:
    rule, given = expected.subject, seen.given(expected.subject)
    reasons = {trace.reason for trace in seen.traces(rule)} or {NOT_ASKED}
    if not given and expected.wanted in reasons:
        return None
    got = _listed(given) if given else f"nothing because of {_words(reasons)}"
    return Difference(f"rule `{rule}`", f"nothing because of `{expected.wanted}`", got, (rule,))


def _refused(expected: Expected, seen: Seen) -> Difference | None:
    refusals = [one.refusal.code for one in seen.receipts if one.refusal is not None]
    if expected.wanted in refusals:
        return None
    got = _words(refusals) if refusals else _words({one.status for one in seen.receipts})
    return Difference("refusal", f"`{expected.wanted}`", got if seen.receipts else "no event")


def _refund(expected: Expected, seen: Seen) -> Difference | None:
    minor = Fraction(0)
    for decision in seen.decisions():
        if decision.event.type in RETURNS:
            minor += Fraction(_number(decision.facts.get("~refund_minor")))
            minor -= Fraction(_number(decision.facts.get("~refund_less_minor")))
    minor += _settled(seen, "refund")
    return _money("refund", minor, expected, seen)


def _fee(expected: Expected, seen: Seen) -> Difference | None:
    return _money("fee", Fraction(_settled(seen, "fee")), expected, seen)


def _settled(seen: Seen, kind: str) -> int:
    """What is to be paid for memberships, or paid back, in minor units."""
    return sum(
        one.amount_minor or 0
        for one in seen.effects()
        if isinstance(one, Granted) and one.kind == kind
    )


def _money(what: str, minor: Fraction, expected: Expected, seen: Seen) -> Difference | None:
    scale = seen.rules.plan.model.currency.scale
    if minor == Fraction(cast(Points, expected.wanted)) * 10**scale:
        return None
    return Difference(what, str(expected.wanted), Words(seen.rules.plan).money(minor))


def _lots(expected: Expected, seen: Seen) -> Difference | None:
    wanted = cast(tuple[Mapping[str, Scalar], ...], expected.wanted)
    there = [
        (program, lot)
        for program, balance in seen.statement.balances.items()
        for lot in balance.lots
        if not wanted or program in {one["program"] for one in wanted}
    ]
    same = len(wanted) == len(there) and all(
        _is_lot(one, program, lot) for one, (program, lot) in zip(wanted, there, strict=True)
    )
    if same:
        return None
    words = Words(seen.rules.plan)
    said = [_lot_text(program, lot, words) for program, lot in there]
    asked = [_wanted_lot(one, words) for one in wanted]
    return Difference("lots", "; ".join(asked) or "none", "; ".join(said) or "none")


def _effects(expected: Expected, seen: Seen) -> Difference | None:
    plan, effects = seen.rules.plan, list(seen.effects())
    rest: Sequence[Effect] = effects
    for number, wanted in enumerate(cast(tuple[Mapping[str, Scalar], ...], expected.wanted), 1):
        at = next((at for at, one in enumerate(rest) if is_like(one, wanted, plan)), None)
        if at is None:
            near = [one for one in effects if is_like(one, {"type": wanted["type"]}, plan)]
            said = "; ".join(shown(one, plan) for one in near) or "none of that type"
            text = ", ".join(f"{key}: {value}" for key, value in wanted.items())
            where = " behind those before it" if number > 1 else ""
            return Difference(f"effect {number}", f"{{{text}}}{where}", said)
        rest = rest[at + 1 :]
    return None


def _quote(expected: Expected, seen: Seen) -> Difference | None:
    wanted = expected.wanted
    assert isinstance(wanted, WantedQuote), "the reader made it"
    quote, scale = seen.rules.quote(wanted.cart, seen.state), seen.rules.plan.model.currency.scale
    cash = quote.quoted.cash_minor
    says: Mapping[str, object] = {
        "take": dict(quote.take),
        "points": dict(quote.points),
        "worth": Decimal(quote.worth_minor).scaleb(-scale),
        "cash": None if cash is None else Decimal(int(cash)).scaleb(-scale),
        "binding": {one.reward: tuple(one.binding) for one in quote.options},
    }
    got = says[expected.subject]
    if expected.subject == "binding" and isinstance(wanted.says, Mapping) and isinstance(got, dict):
        got = {name: got.get(name, ()) for name in wanted.says}
    if got == wanted.says:
        return None
    what = f"`{expected.subject}` of the quote"
    return Difference(what, _spoken(wanted.says), _spoken(got), why=str(quote))


def _spoken(value: object) -> str:
    if isinstance(value, Mapping):
        return " and ".join(f"{name}: {_spoken(one)}" for name, one in value.items()) or "nothing"
    if isinstance(value, tuple):
        return " then ".join(f"`{one}`" for one in value) or "nothing"
    return "nothing" if value is None else str(value)


_COMPARE: Final[Mapping[Word, Callable[[Expected, Seen], Difference | None]]] = {
    "balance": _balance,
    "pending": _pending,
    "household": _household,
    "level": _level,
    "gave": _gave,
    "not_gave": _not_gave,
    "refused": _refused,
    "refund": _refund,
    "fee": _fee,
    "lots": _lots,
    "effects": _effects,
    "quote": _quote,
}


def _numbers(what: str, wanted: object, got: Points) -> Difference | None:
    if Fraction(cast(Points, wanted)) == Fraction(got):
        return None
    return Difference(what, str(wanted), str(got))


def _is_lot(wanted: Mapping[str, Scalar], program: str, lot: HeldLot) -> bool:
    end = NEVER if lot.expires_at is None else lot.expires_at
    is_: dict[str, Scalar] = {
        "program": program,
        "granted": lot.granted,
        "left": lot.left,
        "opened": lot.opened_at,
        "usable": lot.usable_at,
        "expires": end,
    }
    return all(is_[key] == value for key, value in wanted.items())


def _wanted_lot(wanted: Mapping[str, Scalar], words: Words) -> str:
    said = [
        f"{key} {words.instant(value) if isinstance(value, datetime) else value}"
        for key, value in wanted.items()
        if key != "program"
    ]
    return f"{wanted['program']} with {', '.join(said) or 'anything'}"


def _lot_text(program: str, lot: HeldLot, words: Words) -> str:
    end = NEVER if lot.expires_at is None else words.instant(lot.expires_at)
    opened = words.instant(lot.opened_at)
    usable = "" if lot.usable_at is None else f", usable {words.instant(lot.usable_at)}"
    return f"{program} with granted {lot.granted}, left {lot.left}, opened {opened}{usable}, expires {end}"


def _listed(points: Mapping[str, Points]) -> str:
    return " and ".join(f"{own} {name}" for name, own in points.items()) or "nothing"


def _words(words: Sequence[str] | set[str]) -> str:
    return " and ".join(f"`{one or 'no reason'}`" for one in sorted(set(words)))


def _number(value: object) -> int | Fraction:
    return value if isinstance(value, int | Fraction) else 0
