"""A draw, which needs the entries of all members: they are read and locked together, and each who takes part
gets an event of his own, in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple

from loyalty_rules.base.records import replace
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.raffles import (
    DRAW,
    DRAWN_BY,
    digest_of,
    entries_of,
    numbers_of,
    winners,
)
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.plan import Refusal
from loyalty_rules.engine.raffle import Raffle
from loyalty_rules.engine.raffles import WON
from loyalty_rules.ledger.accounts import Account, whole
from loyalty_rules.ledger.statements import LIST_MEMBERS, Work
from loyalty_rules.service.decision import Decision
from loyalty_rules.service.group import Group
from loyalty_rules.service.receipt import Receipt
from loyalty_rules.service.settling import refused, settled

ENTRIES: Final = "entries"
"""The field of the record of a draw that says how many entries took part; ``digest`` says which."""


class Held(NamedTuple):
    """Entries of one member."""

    account: Account
    entries: tuple[str, ...]


def record_draw(group: Group, event: Event, account: Account) -> Work[Receipt]:
    """Book a draw: the event itself, the record of the draw, and for each who takes part what he wins.

    Errors: ``PluginError``; ``CorruptLedger``; ``Unlocked`` where accounts have to be locked first.
    """
    present = group.setting.versions.present
    decision = yield from group.lane.decide(
        account.state, lambda state: present.decide(event, state)
    )
    raffle = present.in_force(event.occurred_at).plan.index.raffles.get(_text(event, "raffle"))
    if decision.status != "decided" or raffle is None:
        return (yield from settled(group, event, account, [decision]))
    if (before := (yield from _seed_before(group, raffle))) is not None:
        return refused(group, event, _again(raffle, before, _text(event, "seed")))
    receipt = yield from settled(group, event, account, [decision])
    held = yield from _held(group, raffle, event.occurred_at)
    won = _won(raffle, _text(event, "seed"), held)
    there = [entry for one in held for entry in one.entries]
    record: dict[str, int | str] = {ENTRIES: len(there), "digest": digest_of(there)}
    yield from _book(group, event, account, raffle.id, record, _note(_text(event, "seed")))
    own: list[Receipt] = []
    for number, one in enumerate(held, 1):
        name, wins = f"{raffle.id}/{number}", {WON: won.get(number, 0)}
        own.append((yield from _book(group, event, one.account, name, wins)))
    return replace(receipt, released=tuple(own))


def _seed_before(group: Group, raffle: Raffle) -> Work[str | None]:
    """The note of the draw with which a raffle was drawn already; None if it was not."""
    claim = yield from group.claim((DRAWN_BY, raffle.id))
    return None if claim is None else "".join(claim.kept.notes)


def _note(seed: str) -> str:
    return f"drawn with the seed {seed}"


def _again(raffle: Raffle, before: str, seed: str) -> Refusal:
    if before == _note(seed):
        return Refusal("already_drawn", "raffle", f"`{raffle.id}` was drawn with this seed before")
    reason = f"`{raffle.id}` was drawn with another seed, and is not drawn anew"
    return Refusal("drawn_with_another_seed", "seed", reason)


def _held(group: Group, raffle: Raffle, at: datetime) -> Work[list[Held]]:
    """Everybody who has entries at the instant of the draw, with what falls due until then, in the order of
    their accounts, locked."""
    numbers: list[int] = []
    while True:
        after = numbers[-1] if numbers else 0
        rows = yield LIST_MEMBERS, [(group.setting.ledger, after)]
        numbers += [whole(row[0]) for row in rows]
        if not rows:
            break
    yield from group.locks.take(numbers)
    found: list[Account] = []
    for number in numbers:
        found.append((yield from group.account_of(number)))
    known = {id(one) for one in found}
    found += [one for one in group.accounts_here() if id(one) not in known]
    there: list[tuple[Account, MemberState]] = []
    with group.lane.tried():  # one after another, as they are booked
        for one in found:
            passed = () if one.is_erased else (yield from _passed(group, one, at))
            state = passed[-1].state if passed else one.state
            if not one.is_erased and numbers_of(state, raffle.id):
                there.append((one, state))
                group.lane.use(effect for each in passed for effect in each.outcome.effects)
    entries = entries_of((state for _, state in there), raffle.id)
    return [Held(one, own) for (one, _), own in zip(there, entries, strict=True)]


def _passed(group: Group, account: Account, at: datetime) -> Work[tuple[Decision, ...]]:
    """What falls due for a member until the draw; his part of it books that. Who has done something since
    stands where he does."""
    present, state = group.setting.versions.present, account.state
    if state.clock is not None and at < state.clock:
        return ()
    return (yield from group.lane.decide(state, lambda lent: present.advance(lent, at)))


def _won(raffle: Raffle, seed: str, held: list[Held]) -> dict[int, int]:
    """How many prizes each wins, by his number among those who take part."""
    pairs = [(entry, str(number)) for number, one in enumerate(held, 1) for entry in one.entries]
    found: dict[int, int] = {}
    for _, member in winners(seed, pairs, raffle.winners, raffle.per_member):
        found[int(member)] = found.get(int(member), 0) + 1
    return found


def _book(
    group: Group,
    cause: Event,
    account: Account,
    name: str,
    more: Mapping[str, int | str],
    *notes: str,
) -> Work[Receipt]:
    """An event that a draw makes, booked for its member."""
    said = {"raffle": cause.fields["raffle"], "seed": cause.fields["seed"], **more}
    event = Event(
        name, DRAW, account.member, cause.occurred_at, DRAWN_BY, fields=MappingProxyType(said)
    )
    present = group.setting.versions.present
    decision = yield from group.lane.decide(
        account.state, lambda state: present.decide(event, state)
    )
    return (yield from settled(group, event, account, [decision], notes))


def _text(event: Event, field: str) -> str:
    return str(event.fields[field])
