"""The same operations in a ledger and in the plain model, compared after each; and what is told then."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from loyalty_rules import ConflictingEvent, Ledger, open_ledger, parse_event
from loyalty_rules.base.records import replace
from loyalty_rules.service.loading import load_text
from tests.torture.operations import BEGIN, Drawing
from tests.torture.plain_budgets import POINTS, STOCK
from tests.torture.plain_shop import Operation, Raw, Shop
from tests.torture.policies import LEVELS, Policy, policy_of, rules_text

MEMBERS = 24
AUDIT_EVERY = 1_000


@dataclass
class Pair:
    """A ledger and a plain shop that see the same operations."""

    shop: Shop
    ledger: Ledger
    now: datetime = BEGIN
    played: int = 0

    @classmethod
    def under(cls, policy: Policy, plain: Policy | None = None, url: str = "memory:") -> Pair:
        """A new pair, its ledger in an empty store; ``plain`` is the policy of the plain shop, if it is to be
        another one."""
        shop = Shop(plain or policy)
        pair: Pair

        def now() -> datetime:
            return pair.now if "pair" in held else BEGIN

        held: dict[str, Pair] = {}
        ledger = open_ledger(url, load_text(rules_text(policy)), now=now)
        pair = held["pair"] = cls(shop, ledger)
        return pair

    def play(self, operation: Operation) -> str:
        """One operation in both; what differs then, empty: nothing."""
        self.played += 1
        self.now = datetime.fromisoformat(operation["now"])
        if "advance" in operation:
            self.ledger.advance(self.now)
            return ""
        if "look" in operation:
            return self._look(operation["look"])
        again = operation.get("again")
        if again is not None and again["id"] not in self.shop.received:
            return ""  # the first time was left out
        events = operation["deliver"] if again is None else [again]
        for event in events:
            expected, got = self.shop.receive(event), self._send(event)
            if expected != got:
                return f"the receipt of `{event['id']}`: plain {expected}, ledger {got}"
        return self._compare(events[0]["member"])

    def audit(self) -> str:
        """What is wrong with the whole ledger, or differs from all that the plain shop knows."""
        report = self.ledger.verify()
        if report.findings:
            return "; ".join(one.text for one in report.findings)
        if not self.ledger.rebuild().is_identical:
            return "a rebuild differs"
        for name in self.shop.members:
            if wrong := self._look(name):
                return wrong
        if wrong := self._shared():
            return wrong
        # the ledger's own books: what falls due until now is booked first
        self.ledger.advance(self.now)
        books = self.ledger.verify(seal=False).books.get("beans", {})
        plain = self.shop.books()
        named = {"issued": -books.get("issued", 0), "owed": -books.get("deficit", 0)}
        for book in ("spent", "expired", "reversed", "lots"):
            named[book] = books.get(book, 0)
        parted = [f"{one} {plain[one]}, {named[one]}" for one in named if plain[one] != named[one]]
        if parted:
            return f"the books (plain, ledger): {'; '.join(parted)}"
        left = plain["spent"] + plain["expired"] + plain["reversed"] + plain["lots"] - plain["owed"]
        return "" if plain["issued"] == left else "the plain model itself loses points"

    def _shared(self) -> str:
        """What all members together have used up, in both."""
        named = {"~all.budget.rule.base.points": POINTS, "~all.budget.reward.mug.times": STOCK}
        used = {
            named[counter.partition(" ")[0]]: sum(days.values())
            for counter, days in self.ledger.shared().counters.items()
        }
        used = {name: amount for name, amount in used.items() if amount}
        plain = self.shop.shared.total()
        return "" if used == plain else f"what all have used up: plain {plain}, ledger {used}"

    def _send(self, event: Raw) -> tuple[str, str]:
        try:
            receipt = self.ledger.record(parse_event(event))
        except ConflictingEvent:
            return "refused", "conflicting_event"
        return receipt.status, "" if receipt.refusal is None else receipt.refusal.code

    def _compare(self, name: str) -> str:
        """A member's points and lots in both."""
        member = self.shop.member(name)
        member.pass_to(self.now)
        balance = self.ledger.balance(name)["beans"]
        lots = member.lots
        plain = sorted(
            (lot.opened_at, str(lots.end(lot)), lot.granted, lot.left, lot.waits)
            for lot in lots.lots
            if lot.left
        )
        got = sorted(
            (lot.opened_at, str(lot.expires_at), lot.granted, lot.left, lot.waits)
            for lot in balance.lots
        )
        points = (lots.available, lots.pending, lots.owes)
        if points != (balance.available, balance.pending, balance.owed):
            has = (balance.available, balance.pending, balance.owed)
            return f"`{name}` (available, pending, owed): plain {points}, ledger {has}"
        if [one[:2] + one[3:] for one in plain] != [one[:2] + one[3:] for one in got]:
            return f"lots of `{name}`: plain {_texts(plain)}, ledger {_texts(got)}"
        if any(not 0 < lot.left <= lot.granted for lot in balance.lots):
            return f"a lot of `{name}` is below nothing or above its grant"
        return ""

    def _look(self, name: str) -> str:
        """A member's statement."""
        wrong = self._compare(name)
        statement = self.ledger.statement(name)
        [standing] = statement.levels
        level = LEVELS[self.shop.member(name).levels.stands]
        if standing.level != level:
            wrong = wrong or f"the level of `{name}`: plain {level}, ledger {standing.level}"
        return wrong


def _texts(lots: Sequence[tuple[object, ...]]) -> str:
    return "\n    ".join(["", *(" ".join(map(str, one)) for one in lots)])


@dataclass
class Failure:
    """Where they part: the seed, what differs, and the operations up to there (``drawn`` at first)."""

    seed: int
    policy: Policy
    wrong: str
    operations: list[Operation]
    plain: Policy | None = None
    drawn: int = 0

    def shrunk(self) -> Failure:
        """The same thing that differs, with as few operations as can be found by leaving some out."""
        differs = self.wrong.partition("`")[0]
        kept, size = self.operations, len(self.operations) // 2
        while size:
            place = 0
            while place < len(kept):
                fewer = kept[:place] + kept[place + size :]
                wrong, count = replay(self.policy, fewer, self.plain)
                if wrong and wrong.startswith(differs):
                    kept = fewer[:count]
                else:
                    place += size
            size //= 2
        wrong, _ = replay(self.policy, kept, self.plain)
        return replace(self, wrong=wrong, operations=kept)

    def __str__(self) -> str:
        told = [f"seed {self.seed}: {self.wrong}", rules_text(self.policy)]
        told += [json.dumps(one) for one in self.operations]
        told.append(f"again: .venv/bin/python -m tests.torture.again {self.seed} {self.drawn}")
        return "\n".join(told)


def torture(
    seed: int,
    operations: int,
    policy: Policy | None = None,
    plain: Policy | None = None,
    url: str = "memory:",
) -> Failure | None:
    """So many random operations of a seed; where the two part first. The policy is that of the seed, or
    another one; or the plain model has one of its own. The ledger is made in an empty store."""
    random = Random(seed)
    drawn = policy_of(random)
    policy = policy or drawn
    pair = Pair.under(policy, plain, url)
    drawing = Drawing(random, pair.shop, MEMBERS)
    played: list[Operation] = []
    with pair.ledger:
        for number in range(1, operations + 1):
            played.append(drawing.draw())
            wrong = pair.play(played[-1])
            if not wrong and (number % AUDIT_EVERY == 0 or number == operations):
                wrong = pair.audit()
            if wrong:
                return Failure(seed, policy, wrong, played, plain, number)
    return None


def replay(
    policy: Policy, operations: Sequence[Operation], plain: Policy | None
) -> tuple[str, int]:
    """What goes wrong when operations are played again, and after how many of them."""
    pair = Pair.under(policy, plain)
    for number, operation in enumerate(operations, 1):
        if wrong := pair.play(operation):
            return wrong, number
    return pair.audit(), len(operations)
