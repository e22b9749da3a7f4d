"""What caps a rule, as a part of the rule model: limits of each member, budgets of all members together. See
``engine/model.py``."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from loyalty_rules.base.diagnostics import Span
from loyalty_rules.base.period import Window
from loyalty_rules.domain.effects import SHARED
from loyalty_rules.engine.awards import NOWHERE, Formula


@dataclass(frozen=True, slots=True)
class Limit:
    """A cap for each member, or a budget, for all of them together. ``key`` is the counter that holds its
    uses (with the value of ``by`` behind a ``|`` if the cap is per value of a field). ``cap`` is in times,
    points, minor units or pieces."""

    key: str
    what: Literal["times", "points", "amount", "quantity"]
    cap: Fraction
    per: Window
    by: Formula | None = None
    over: Literal["trim", "skip"] = "trim"
    cap_counts: Literal["net", "gross"] = "net"
    span: Span = NOWHERE

    @property
    def lasts(self) -> bool:
        """Whether its uses outlive the event."""
        return self.per.form not in ("order", "line")

    @property
    def word(self) -> Literal["limit", "budget"]:
        """What it is, by the word of the language: a ``budget`` caps all members together."""
        return "budget" if self.key.startswith(SHARED) else "limit"
