"""LIMITs: caps for each member and for all members together, and the counters that hold their uses."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Final, Literal

from loyalty_rules.base.period import Window
from loyalty_rules.base.windows import MEMBER_YEAR
from loyalty_rules.domain.effects import SHARED
from loyalty_rules.engine.membership_standing import is_period
from loyalty_rules.engine.model import Formula, Limit
from loyalty_rules.ruleset.context import Context
from loyalty_rules.ruleset.expressions import Expressions
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.nodes import Node, Scalar, Sequence
from loyalty_rules.ruleset.scopes import Scopes

What = Literal["times", "points", "amount", "quantity"]
WHATS: Final[tuple[What, ...]] = ("times", "points", "amount", "quantity")


def _says(node: Node | None, word: str) -> bool:
    return isinstance(node, Scalar) and node.text == word


class Limits:
    """Reads the limits of one rule set."""

    def __init__(self, context: Context, expressions: Expressions, scopes: Scopes) -> None:
        self._context = context
        self._expressions = expressions
        self._scopes = scopes

    def read(self, node: Node, owner: str, kinds: tuple[str, ...]) -> tuple[Limit, ...]:
        """One limit, a list of them, or ``none``, in canonical order; ``owner`` stands in the names of their
        counters, which say what is counted and over which window, so that a cap keeps its uses when its
        figure is changed or the list is put in another order."""
        return self._all(node, f"limit.{owner}", kinds)

    def budgets(self, node: Node, owner: str, kinds: tuple[str, ...]) -> tuple[Limit, ...]:
        """The same for all members together, who share the counters."""
        return self._all(node, f"{SHARED}budget.{owner}", kinds)

    def _all(self, node: Node, owner: str, kinds: tuple[str, ...]) -> tuple[Limit, ...]:
        nodes = node.items if isinstance(node, Sequence) else (node,)
        read = (self._one(one, owner, kinds) for one in nodes if isinstance(one, MappingNode))
        limits = sorted(
            (limit for limit in read if limit is not None),
            key=lambda limit: (limit.key, limit.cap, limit.over),
        )
        keys = [limit.key for limit in limits]
        return tuple(
            replace(limit, key=f"{limit.key}.{same}")
            if (same := keys[:at].count(limit.key))
            else limit
            for at, limit in enumerate(limits)
        )

    def _one(self, node: MappingNode, owner: str, kinds: tuple[str, ...]) -> Limit | None:
        values = {one.text: value for one, value in node.entries}
        written: list[What] = [what for what in WHATS if what in values]
        misspelled = any(self._context.findings.is_wrong(key) for key, _ in node.entries)
        if not written and (node.incomplete or misspelled):
            return None  # the figure was meant to be there, and what is wrong with it was reported
        if len(written) != 1:
            word = "budget" if owner.startswith(SHARED) else "limit"
            self._context.findings.add(
                "limit_figures",
                node,
                f"a {word} caps one figure, and "
                + ("none is written" if not written else f"{len(written)} are written"),
                "write one of `times`, `points`, `amount`, `quantity`; for several caps write a list",
            )
            return None
        what = written[0]
        amount = values[what]
        number = amount.number if isinstance(amount, Scalar) else None
        if number is None:
            return None
        scale = 10**self._context.setting.currency.scale if what == "amount" else 1
        per, by = self._per(values.get("per"), kinds)
        if per is None:
            return None
        if owner.startswith(SHARED):
            self._check_shared_window(per, node)
        else:
            self._check_window(what, per, node)
        skip, gross = _says(values.get("over"), "skip"), _says(values.get("cap_counts"), "gross")
        key = f"{owner}.{what} per {per}" + ("" if by is None else f" and {by.text}")
        return Limit(
            key,
            what,
            Fraction(number) * scale,
            per,
            by,
            "skip" if skip else "trim",
            "gross" if gross else "net",
            span=node.span,
        )

    def _per(
        self, node: Node | None, kinds: tuple[str, ...]
    ) -> tuple[Window | None, Formula | None]:
        if node is None:
            return Window("ever"), None
        nodes = node.items if isinstance(node, Sequence) else (node,)
        first = nodes[0] if nodes else None
        if not isinstance(first, Scalar) or self._context.findings.is_wrong(first):
            return None, None
        window = self._context.window(first.text)
        if isinstance(window, str):
            self._context.refuse_window(first, first.text, window)
            return None, None
        by = None
        if len(nodes) > 1:
            by = self._expressions.formula(nodes[1], self._scopes.of(kinds), "value")
        return window, by

    def _check_shared_window(self, per: Window, node: MappingNode) -> None:
        """Years of a member's own, and orders, are no windows of all members together."""
        if per.unit == MEMBER_YEAR or is_period(per.unit) or per.form in ("order", "line"):
            self._context.findings.add(
                "window_not_here",
                node,
                f"`{per}` belongs to one member, and a budget is for all of them together",
                "write a box such as `month`, `last 30 days` or `ever`; or `limit`, for each member",
            )

    def _check_window(self, what: What, per: Window, node: MappingNode) -> None:
        if per.form == "line" and what in ("times", "points"):
            self._context.findings.add(
                "limit_not_per_line",
                node,
                f"`{what}` belong to the order, not to one line",
                "write `per: order`, or cap `amount` or `quantity` per line",
            )
