"""A small club that shows every way in which a rule gives, loses or stays silent."""

from __future__ import annotations

from collections.abc import Mapping

import loyalty_rules as lr
from loyalty_rules.service.loading import load_text

CLUB = """\
ruleset: club
version: "1"
currency: EUR
timezone: Europe/Berlin
programs:
  beans: {type: points, value: 0.01, basis: {tax: included}, expiry: never}
  qualifying: {type: points, title: qualifying points, value: 0.01, basis: {tax: included}, expiry: never}
  status:
    type: tiers
    window: ever
    levels:
      - {id: green}
      - {id: gold, at: {beans.earned: 650, qualifying.earned: 325}}
    keep: {through: window}
  refill: {type: spend, window: month, per_full: 50.00, rest: drop,
           give: {type: bonus, program: beans, points: 5}}
events:
  purchase: {fields: {table: {type: text, optional: true}}}
define:
  at_a_table: event.table == "t-1"
groups:
  campaign: {choose: best}
rules:
  - {id: base, title: One for every euro, event: purchase,
     give: {type: points, program: beans, points: 1, per: 1.00}, limit: {points: 100, per: month}}
  - {id: double, event: purchase, group: campaign, give: {type: multiplier, program: beans, times: 2}}
  - {id: triple, event: purchase, group: campaign, during: {weekdays: [sat]},
     give: {type: multiplier, program: beans, times: 3}}
  - {id: big, event: purchase, when: beans.eligible >= 50.00,
     give: {type: bonus, program: beans, points: 10}}
  - {id: table, event: purchase, when: at_a_table and order.total > 1.00,
     give: {type: bonus, program: beans, points: 1}}
  - id: cake
    event: purchase
    items: item.category == "cake"
    give: {type: bonus, program: beans, points: 1, per_full: 2.00, of: amount}
  - {id: card, event: purchase, tenders: tender.type == "card",
     give: {type: points, program: qualifying, points: 1, per: 1.00}}
  - {id: cents, event: purchase, give: {type: bonus, program: qualifying, points: 1, per: 1000.00}}
"""


def club(rules: str = CLUB) -> lr.RuleSet:
    return load_text(rules)


def purchase(amount: str = "30.00", at: str = "2026-03-06T10:00", **more: object) -> lr.Purchase:
    """An order of one line on a Friday, if nothing else is said."""
    line = {"id": "1", "quantity": 1, "amount": amount, **_some(more.pop("line", {}))}
    event = lr.parse_event(
        {
            "id": "e-1",
            "type": "purchase",
            "member": "ana",
            "occurred_at": f"{at}:00+01:00",
            "currency": "EUR",
            "lines": [line],
            **more,
        }
    )
    assert isinstance(event, lr.Purchase)
    return event


def _some(mapping: object) -> Mapping[str, object]:
    assert isinstance(mapping, Mapping)
    return mapping
