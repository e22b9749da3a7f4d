"""What checking a ledger comes to: one finding for each thing that is wrong, and the sums."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from loyalty_rules.domain.errors import LoyaltyError, Retry

UNREADABLE: Final = (
    LoyaltyError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RecursionError,
)
"""What reading damaged texts and rows may raise."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, at a place of the store: an account, an order, the seals."""

    place: str
    text: str


@dataclass(slots=True)
class Report:
    """What checking a ledger came to. ``books`` are the sums of all postings by program and book;
    ``unsealed`` counts the entries that no seal covers yet, of accounts in ``unsealed_accounts``."""

    accounts: int = 0
    entries: int = 0
    orders: int = 0
    seals: int = 0
    unsealed: int = 0
    unsealed_accounts: list[int] = field(default_factory=list)
    books: dict[str, dict[str, int]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Nothing is wrong."""
        return not self.findings

    def found(self, place: str, text: str) -> None:
        """Write down one finding."""
        self.findings.append(Finding(place, text))

    def unreadable(self, place: str, problem: Exception) -> None:
        """Write down what could not be read, unless nothing is wrong with it: somebody writes."""
        if isinstance(problem, Retry):
            raise problem
        self.found(place, f"cannot be read: {problem}")
