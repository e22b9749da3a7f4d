"""What an editor shows beside a key: its meaning, out of the tables of ``docs/language.md``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

PLACES: Final[Mapping[tuple[str, int], tuple[str, ...]]] = {
    ("The whole file", 0): (),
    ("`type: points`", 0): ("$defs", "program_points"),
    ("`type: points`", 1): ("$defs", "program_points", "properties", "basis"),
    ("`type: points`", 2): ("$defs", "program_points", "properties", "expiry", "anyOf", "1"),
    ("`type: tiers`", 0): ("$defs", "program_tiers"),
    ("`type: spend`", 0): ("$defs", "program_spend"),
    ("`type: challenge`", 0): ("$defs", "program_challenge"),
    ("`type: partner`", 0): ("$defs", "program_partner"),
    ("`type: membership`", 0): ("$defs", "program_membership"),
    ("`type: raffle`", 0): ("$defs", "program_raffle"),
    ("`type: referral`", 0): ("$defs", "program_referral"),
    ("`type: referral`", 1): ("$defs", "program_referral", "properties", "rewards", "items"),
    ("`type: coupon`", 0): ("$defs", "program_coupon"),
    ("Rules", 0): ("properties", "rules", "items"),
    ("Rules", 1): ("$defs", "during"),
    ("Rules of the clock", 0): ("$defs", "every", "anyOf", "2"),
    ("Limits", 0): ("$defs", "limit", "anyOf", "1"),
    ("Rewards", 0): ("properties", "rewards", "additionalProperties"),
    ("Groups", 0): ("properties", "groups", "additionalProperties"),
    ("Tables", 0): ("properties", "tables", "additionalProperties"),
    ("Counters", 0): ("$defs", "counter", "anyOf", "1"),
    ("Events", 0): ("properties", "events", "additionalProperties"),
}
"""By heading and number of its table (of those that have keys): the map of the schema that it describes."""

INNER: Final[Mapping[str, tuple[str, ...]]] = {
    "in `rounding`": ("properties", "rounding"),
    "in `transfers`": ("properties", "transfers"),
    "in `multipliers`": ("properties", "multipliers"),
    "in `returns`": ("properties", "returns"),
    "in `restore`": ("properties", "restore"),
    "in `pending`": ("properties", "pending", "anyOf", "2"),
    "beside `after`": (),
    "beside `by`": (),
    "beside `every`": (),
    "in `holdout`": ("properties", "holdout", "anyOf", "1"),
    "in `plans`": ("properties", "plans", "additionalProperties"),
    "in `keep`": ("properties", "keep"),
    "of a level": ("properties", "levels", "items"),
    "of a field": ("properties", "fields", "additionalProperties", "anyOf", "1"),
}
"""Behind a key in its cell: the map within the map of the table that the key belongs to."""

_TABLE = re.compile(r"^\| key[^\n]*\n\|[-| ]+\n((?:\|[^\n]*\n)+)", re.MULTILINE)


def describe(schema: dict[str, Any], page: str) -> dict[str, Any]:
    """The schema, with ``description`` at every key that a table of the page tells of. Changes ``schema``.

    Errors: ``KeyError`` for a table or a key that the schema does not have.
    """
    for heading, number, rows in _tables(page):
        place = PLACES[heading, number]
        for cell, meaning in rows:
            behind = next((words for words in INNER if cell.endswith(words)), "")
            properties = _at(schema, (*place, *INNER.get(behind, ())))["properties"]
            for key in re.findall(r"`(\w+)`", cell.removesuffix(behind)):
                properties[key] = {**properties[key], "description": meaning}
    return schema


def _tables(page: str) -> Iterator[tuple[str, int, list[tuple[str, str]]]]:
    """Heading, number and rows (key cell, meaning) of every table of keys."""
    for part in re.split(r"^##+ ", page, flags=re.MULTILINE)[1:]:
        heading, _, text = part.partition("\n")
        for number, table in enumerate(_TABLE.findall(text)):
            cells = [line.strip("|").split("|") for line in table.splitlines()]
            yield heading, number, [(row[0].strip(), _plain(row)) for row in cells]


def _plain(row: list[str]) -> str:
    """The meaning without links, and what holds where nothing is written."""
    meaning = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", row[-1].strip()).removesuffix(", see below")
    if len(row) < 3 or not row[1].strip():
        return meaning
    default = row[1].strip()
    return (
        f"{meaning} ({default})"
        if default.startswith("must")
        else f"{meaning} (default: {default})"
    )


def _at(schema: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        schema = schema[int(step) if isinstance(schema, list) else step]
    return schema
