"""All members in the plain model: which events are known, which wait for another one, and what each does."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from tests.torture.plain_budgets import Shared
from tests.torture.plain_member import Answer, Member
from tests.torture.policies import LEVELS, Policy

Raw = dict[str, Any]
Operation = dict[str, Any]


@dataclass
class Shop:
    """Members under one policy."""

    policy: Policy
    members: dict[str, Member] = field(default_factory=dict)
    received: dict[str, Raw] = field(default_factory=dict)
    waiting: dict[str, list[Raw]] = field(default_factory=dict)
    booked: list[Raw] = field(default_factory=list)
    shared: Shared = field(init=False)

    def __post_init__(self) -> None:
        self.shared = Shared(self.policy)

    def member(self, name: str) -> Member:
        """A member, new if nobody has heard of him."""
        return self.members.setdefault(name, Member.under(self.policy, self.shared))

    def receive(self, event: Raw) -> Answer:
        """What an event does, and the answer to it."""
        known = self.received.get(event["id"])
        if known is not None:
            return ("duplicate", "") if known == event else ("refused", "conflicting_event")
        answer = self._decide(event)
        if answer[0] != "refused":
            self.received[event["id"]] = event
        if answer[0] == "held":
            names = event.get("order") or event["redemption"]
            self.waiting.setdefault(names, []).append(event)
        elif answer[0] == "booked":
            self.booked.append(event)
            for one in self.waiting.pop(event["id"], []):
                self._decide(one)
        return answer

    def books(self) -> Counter[str]:
        """Where the points of all members came from and where they are."""
        found: Counter[str] = Counter()
        for member in self.members.values():
            lots = member.lots
            found.update(lots.books)
            found.update({"lots": lots.available + lots.pending, "owed": lots.owes})
        return found

    def _decide(self, event: Raw) -> Answer:
        member, at = self.member(event["member"]), datetime.fromisoformat(event["occurred_at"])
        id = event["id"]
        match event["type"]:
            case "purchase":
                lines = [(one["quantity"], minor(one["amount"])) for one in event["lines"]]
                tenders = [one for one in event.get("tenders", ()) if one["type"] == "points"]
                paid = sum(minor(one["amount"]) for one in tenders)
                return member.purchase(
                    id, at, lines, paid, tenders[0]["redemption"] if paid else ""
                )
            case "return":
                pieces = {one["line"]: one["quantity"] for one in event["lines"]}
                return member.bring_back(id, at, event["order"], pieces)
            case "cancellation":
                return member.bring_back(id, at, event["order"], None)
            case "redemption":
                return member.redeem(id, at, event["take"])
            case "redemption_cancelled":
                return member.cancel_redemption(id, at, event["redemption"])
            case "adjustment" if "level" in event:
                last = event.get("through")
                day = None if last is None else date.fromisoformat(last)
                return member.put_on(at, LEVELS.index(event["level"]), day, event["floor"])
            case "adjustment":
                return member.adjust(id, at, event["points"])
            case "delivery":
                return member.deliver(at, event.get("order"))
            case "profile":
                return member.profile(at, "vip" in event["segments"])
            case kind:
                raise AssertionError(f"the plain model knows no `{kind}`")


def minor(amount: str) -> int:
    """An amount of two decimals in cents."""
    return int(amount.replace(".", ""))
