"""The words that the language keeps for itself."""

from __future__ import annotations

import keyword
from typing import Final

FUNCTIONS: Final[tuple[str, ...]] = (
    "abs",
    "amount_of",
    "any_item",
    "count_of",
    "days_since",
    "default",
    "has",
    "known",
    "len",
    "max",
    "min",
    "round",
    "sum_of",
    "within",
)
"""The functions of the language itself."""

HEADS: Final[tuple[str, ...]] = (
    "amount",
    "event",
    "friend",
    "item",
    "member",
    "opened",
    "order",
    "previous",
    "quantity",
    "tender",
)
"""Words that stand alone or before a dot."""

RESERVED: Final[frozenset[str]] = frozenset(
    {*keyword.kwlist, *FUNCTIONS, *HEADS, "true", "false", "eligible"}
)
"""Words that nothing in a rule set may be called: each would be read as something else in an expression."""
