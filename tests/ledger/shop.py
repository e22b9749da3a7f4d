"""A shop with a ledger for tests: events from a few words, ledgers on every store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from loyalty_rules import Event, RuleSet, parse_event
from loyalty_rules.service.ledger import Ledger, open_ledger
from tests.postgres.shared import new_url
from tests.semantics.shop import purchase, rules

NOW = datetime(2026, 12, 31, 12, tzinfo=UTC)
RULES = rules()
STORES = ("memory", "sqlite", "postgres")

Opener = Callable[..., Ledger]


def opener(store: str, folder: Path) -> Opener:
    """Opens ledgers on a store: each call a new empty one, or, by ``file``, one that is there already."""
    numbers = count()

    def open_one(rule_set: RuleSet = RULES, *, file: str = "", **options: object) -> Ledger:
        url = "memory:"
        if store == "sqlite":
            url = f"sqlite:///{folder / (file or f'{next(numbers)}.db')}"
        if store == "postgres":
            url = new_url(str(folder / file) if file else "")
        return open_ledger(url, rule_set, **{"now": lambda: NOW, **options})  # type: ignore[arg-type]

    return open_one


def bought(*amounts: str, id: str = "p-1", day: str = "2026-03-10", **fields: object) -> Event:
    """A purchase at noon of a day."""
    return parse_event(purchase(*amounts, id=id, at=f"{day}T12:00:00Z", **fields))


def back(
    order: str,
    *lines: tuple[str, int],
    id: str = "r-1",
    day: str = "2026-03-12",
    member: str = "m-1",
) -> Event:
    """A return of some lines of an order; of all of it (a cancellation) without lines."""
    head = {"id": id, "member": member, "occurred_at": f"{day}T12:00:00Z", "order": order}
    if not lines:
        return parse_event({**head, "type": "cancellation"})
    named = [{"line": line, "quantity": quantity} for line, quantity in lines]
    return parse_event({**head, "type": "return", "lines": named})


def brought(
    *items: tuple[str, int, str],
    id: str = "r-1",
    day: str = "2026-03-12",
    member: str = "m-1",
) -> Event:
    """A return without an order: items, quantities, amounts."""
    lines = [{"sku": sku, "quantity": number, "amount": amount} for sku, number, amount in items]
    return parse_event(
        {
            "id": id,
            "type": "return",
            "member": member,
            "occurred_at": f"{day}T12:00:00Z",
            "lines": lines,
        }
    )


def beans(ledger: Ledger, member: str = "m-1") -> object:
    """What a member has, less what he owes."""
    return ledger.balance(member)["beans"].total


@contextmanager
def sound(ledger: Ledger) -> Iterator[Ledger]:
    """The ledger; checked when the block is left."""
    with ledger:
        yield ledger
        report = ledger.verify()
        assert report.findings == []
        assert ledger.rebuild().is_identical
